package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

type mailCmd struct {
	Ls     mailLsCmd     `cmd:"" help:"List the ledger (in) or the outbox (out), newest first."`
	Show   mailShowCmd   `cmd:"" help:"Show one message: its line and, with --raw, its bytes."`
	Replay mailReplayCmd `cmd:"" help:"Read a held or parked message again, or send a parked mail again."`
}

type mailLsCmd struct {
	Way   string `arg:"" enum:"in,out" default:"in" help:"in = the ledger, out = the outbox."`
	State string `help:"Only this state, as in parked or quarantined; a wrong one is answered with all of them."`
	Limit int    `help:"How many lines." default:"50"`
}

// Run lists. Subjects are not shown: an operator without a role reads no tickets (D13).
func (c *mailLsCmd) Run(env *environment) error {
	states := map[string]string{"in": helpdesk.Choices(helpdesk.InboundStates), "out": helpdesk.Choices(helpdesk.OutboundStates)}[c.Way]
	if c.State != "" && !slices.Contains(strings.Split(states, ", "), c.State) {
		return usageError{fmt.Errorf("--state %s: not a state of such mail; choose one of %s", c.State, states)}
	}
	s, err := env.openStore()
	if err != nil {
		return err
	}
	defer s.Close()
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()
	if c.Way == "out" {
		rows, err := s.OutboundMail(env.Ctx, core.OutboundState(c.State), 0, c.Limit)
		if err != nil {
			return err
		}
		fmt.Fprintln(w, "id\twhen\tstate\tticket\tto\tevent\trole\tattempts\tresponse\tnote")
		for _, r := range rows {
			printOutbound(w, r)
		}
		return nil
	}
	rows, err := s.InboundMail(env.Ctx, core.InboundState(c.State), 0, c.Limit)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "id\treceived\tstate\tticket\tfrom\tattempts\treason")
	for _, r := range rows {
		printInbound(w, r)
	}
	return nil
}

func printInbound(w io.Writer, r *store.Inbound) {
	fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\t%d\t%s\n", r.ID, r.ReceivedAt.Format("2006-01-02 15:04:05"), r.State, r.Ticket, r.Sender, r.Attempts, r.Reason)
}

func printOutbound(w io.Writer, r *store.Outbound) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%d\t%s\t%s\n", r.ID, r.CreatedAt.Format("2006-01-02 15:04:05"), r.State, r.Ticket, r.Address, r.Event, r.Role, r.Attempts, r.Response, r.Note)
}

type mailShowCmd struct {
	ID  string `arg:"" help:"Number of an incoming message, or id of an outgoing one."`
	Raw bool   `help:"Print the raw bytes of an incoming message."`
}

// Run shows one message.
func (c *mailShowCmd) Run(env *environment) error {
	s, err := env.openStore()
	if err != nil {
		return err
	}
	defer s.Close()
	n, err := strconv.ParseInt(c.ID, 10, 64)
	if err != nil {
		row, err := s.Outbound(env.Ctx, c.ID)
		if err != nil {
			return missing(err, c.ID)
		}
		fmt.Fprintf(env.Stdout, "to %s\nevent %s as %s (%s)\nticket %d\nmessage id %s\nstate %s after %d attempts\n%s\n",
			row.Address, row.Event, row.Role, row.Reason, row.Ticket, row.MessageID, row.State, row.Attempts, row.Response)
		if row.Note != "" {
			fmt.Fprintf(env.Stdout, "heard of it: %s\n", row.Note)
		}
		if row.Dropped {
			fmt.Fprintln(env.Stdout, "content removed: its time was over (retention of its service), or a person was erased: it cannot be sent again")
		}
		return nil
	}
	row, err := s.Inbound(env.Ctx, n)
	if err != nil {
		return missing(err, c.ID)
	}
	if c.Raw {
		switch {
		case row.RawDropped:
			return fmt.Errorf("message %s: its bytes were removed: their time was over (retention of its service), or a person was erased", c.ID)
		case len(row.SHA256) == 0:
			return fmt.Errorf("message %s: its bytes were not taken (%s)", c.ID, row.Reason)
		}
		raw, err := s.OpenRaw(env.Ctx, row)
		if err != nil {
			return err
		}
		defer raw.Close()
		_, err = io.Copy(env.Stdout, raw)
		return err
	}
	fmt.Fprintf(env.Stdout, "uid %d of mailbox %d (uidvalidity %d)\nreceived %s, %d bytes, sha256 %x\nfrom %s\nmessage id %s\nclass %s\nevidence %s\nstate %s: %s\nticket %d, %d attempts\n",
		row.UID, row.Mailbox, row.UIDValidity, row.ReceivedAt.Format("2006-01-02 15:04:05 MST"), row.Size, row.SHA256, row.Sender, row.MessageID,
		row.Class, row.Evidence, row.State, row.Reason, row.Ticket, row.Attempts)
	if row.RawDropped {
		fmt.Fprintln(env.Stdout, "raw bytes removed: their time was over (retention of its service), or a person was erased")
	}
	return nil
}

type mailReplayCmd struct {
	ID string `arg:"" help:"Number of an incoming message, or id of an outgoing one."`
}

// Run puts a message back into its queue; the daemon takes it from there.
func (c *mailReplayCmd) Run(env *environment) error {
	desk, s, err := env.openDesk()
	if err != nil {
		return err
	}
	defer s.Close()
	if err := replay(env, desk, c.ID); err != nil {
		if refusal := new(core.Error); errors.As(err, &refusal) && refusal.Key == "error.retention.mail" {
			return fmt.Errorf("message %s cannot be replayed: its content is removed, for its age (retention of its service) or with a person who was erased", c.ID)
		}
		if core.CodeOf(err) == core.Conflict {
			return fmt.Errorf("message %s stands where it cannot be replayed: what was applied or accepted stays so (postdesk mail show %s)", c.ID, c.ID)
		}
		return missing(err, c.ID)
	}
	fmt.Fprintln(env.Stdout, "queued again")
	return nil
}

func replay(env *environment, desk *helpdesk.Helpdesk, id string) error {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		return desk.Replay(env.Ctx, n)
	}
	return desk.ReplayOutbound(env.Ctx, id)
}

func missing(err error, id string) error {
	if core.CodeOf(err) == core.NotFound {
		return fmt.Errorf("there is no message %s: `postdesk mail ls in` and `postdesk mail ls out` list them", id)
	}
	return err
}
