package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// whoCmd tells who would be told of an event (E4), without telling them.
type whoCmd struct {
	Ticket string `arg:"" help:"Number of the ticket, as in 1042 or #1042."`
	Event  string `arg:"" help:"What happens to it, as in ticket_created or public_reply."`
	JSON   bool   `name:"json" help:"Print {\"recipients\": […]}."`
}

// Run prints a line for each recipient.
func (c *whoCmd) Run(env *environment) error {
	n, err := strconv.ParseInt(strings.TrimPrefix(c.Ticket, "#"), 10, 64)
	if err != nil || n < 1 {
		return usageError{fmt.Errorf("%q is no number of a ticket: write it as 1042", c.Ticket)}
	}
	event := core.Event(c.Event)
	if len(core.NoticesOf(event)) == 0 {
		return usageError{fmt.Errorf("%q is no event of which people around a ticket are told: use one of %v", c.Event, core.ToldEvents())}
	}
	desk, s, err := env.openDesk()
	if err != nil {
		return err
	}
	defer s.Close()
	told, err := desk.Who(env.Ctx, nil, core.Number(n), event)
	if core.CodeOf(err) == core.NotFound {
		return fmt.Errorf("there is no ticket #%d", n)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(env.Stdout).Encode(struct {
			Recipients []helpdesk.Told `json:"recipients"`
		}{told})
	}
	if len(told) == 0 {
		fmt.Fprintf(env.Stdout, "nobody would be told of %s in #%d\n", event, n)
		return nil
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "to\trole\twhy\tlanguage\thidden")
	for _, t := range told {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.Email, t.Role, t.Reason, t.Language, strings.Join(t.Hidden, " "))
	}
	return w.Flush()
}
