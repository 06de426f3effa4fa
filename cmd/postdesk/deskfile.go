package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	_ "time/tzdata" // time zones of desk files on machines without a zone database

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"postdesk/core"
)

// maxDeskFile bounds what is read as a desk file; ten thousand people take about one megabyte.
const maxDeskFile = 16 << 20

// deskDocument is a desk file with what is needed to say where in it something is wrong.
type deskDocument struct {
	name string
	file core.DeskFile
	root ast.Node // nil = an empty file
}

// readDeskFile reads and checks a file by itself. Its errors begin with file:line:column.
func readDeskFile(path string) (*deskDocument, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxDeskFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(data) > maxDeskFile {
		return nil, fmt.Errorf("%s is larger than %d MiB: this is no desk file", path, maxDeskFile>>20)
	}
	return parseDeskFile(filepath.Base(path), data)
}

// parseDeskFile is readDeskFile for a file in memory.
func parseDeskFile(name string, data []byte) (*deskDocument, error) {
	d := &deskDocument{name: name}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, d.syntax(err)
	}
	for _, doc := range parsed.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.CommentGroupType {
			continue
		}
		if d.root != nil {
			return nil, d.at(doc.Body.GetToken(), "a desk file is one document: take out the --- line")
		}
		d.root = doc.Body
	}
	if d.root == nil {
		return d, nil
	}
	strict := &scalarCheck{document: d}
	ast.Walk(strict, d.root)
	if strict.err != nil {
		return nil, strict.err
	}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&d.file); err != nil && !errors.Is(err, io.EOF) {
		return nil, d.syntax(err)
	}
	if err := d.file.Check(); err != nil {
		return nil, d.locate(err)
	}
	return d, nil
}

// scalarCheck finds what the decoder would take silently: a key without a value, and a fraction where a whole number is
// meant.
type scalarCheck struct {
	document *deskDocument
	err      error
}

// Visit looks at one node.
func (c *scalarCheck) Visit(n ast.Node) ast.Visitor {
	if c.err != nil {
		return nil
	}
	switch n := n.(type) {
	case *ast.NullNode:
		c.err = c.document.at(n.GetToken(), "a value is missing: write [] where there are none, or leave the key out")
	case *ast.FloatNode:
		c.err = c.document.at(n.GetToken(), "%s is no whole number (put a name in quotes)", n.GetToken().Value)
	}
	return c
}

func (d *deskDocument) at(t *token.Token, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if t == nil || t.Position == nil {
		return fmt.Errorf("%s: %s", d.name, text)
	}
	return fmt.Errorf("%s:%d:%d: %s", d.name, t.Position.Line, t.Position.Column, text)
}

// syntax puts the library's errors into one line in the words of a desk file.
func (d *deskDocument) syntax(err error) error {
	var y yaml.Error
	if !errors.As(err, &y) {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	text := y.GetMessage()
	var wrongType *yaml.TypeError
	switch {
	case errors.As(err, new(*yaml.UnknownFieldError)):
		text = strings.Replace(text, "unknown field", "unknown key", 1)
	case errors.As(err, &wrongType):
		text = "wrong type: " + kindInWords(wrongType.DstType.String()) + " is needed here"
	}
	text, _, _ = strings.Cut(text, "\n")
	return d.at(y.GetToken(), "%s", text)
}

func kindInWords(goType string) string {
	switch {
	case strings.HasSuffix(goType, "int"):
		return "a whole number"
	case strings.HasSuffix(goType, "bool"):
		return "true or false"
	}
	return "a text"
}

// locate gives the faults that core found their lines and columns, in the order of the file.
func (d *deskDocument) locate(err error) error {
	var faults core.DeskFileErrors
	if !errors.As(err, &faults) {
		return err
	}
	type line struct {
		position token.Position
		err      error
	}
	lines := make([]line, len(faults))
	for i, f := range faults {
		l := line{err: fmt.Errorf("%s: %s", d.name, f.Text)}
		if t := tokenAt(d.root, f.Path); t != nil && len(f.Path) > 0 {
			l = line{position: *t.Position, err: d.at(t, "%s", f.Text)}
		}
		lines[i] = l
	}
	slices.SortStableFunc(lines, func(a, b line) int {
		if a.position.Line != b.position.Line {
			return a.position.Line - b.position.Line
		}
		return a.position.Column - b.position.Column
	})
	sorted := make([]error, len(lines))
	for i, l := range lines {
		sorted[i] = l.err
	}
	return errors.Join(sorted...)
}

// tokenAt goes down a path as far as the document has it: a key that is missing is reported where it should stand.
func tokenAt(n ast.Node, path []string) *token.Token {
	for _, step := range path {
		next := child(n, step)
		if next == nil {
			break
		}
		n = next
	}
	if n == nil {
		return nil
	}
	switch v := n.(type) {
	case *ast.MappingNode:
		if len(v.Values) > 0 {
			return v.Values[0].Key.GetToken() // where its first key stands, not the colon behind it
		}
	case *ast.MappingValueNode:
		return v.Key.GetToken()
	case *ast.SequenceNode:
		if len(v.Values) > 0 {
			return tokenAt(v.Values[0], nil)
		}
	}
	return n.GetToken()
}

func child(n ast.Node, step string) ast.Node {
	switch v := n.(type) {
	case *ast.AnchorNode:
		return child(v.Value, step)
	case *ast.TagNode:
		return child(v.Value, step)
	case *ast.MappingValueNode:
		if v.Key.GetToken().Value == step {
			return v.Value
		}
	case *ast.MappingNode:
		for _, pair := range v.Values {
			if pair.Key.GetToken().Value == step {
				return pair.Value
			}
		}
	case *ast.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i < len(v.Values) {
			return v.Values[i]
		}
	}
	return nil
}

// writeDeskFile writes a file in the layout of the documentation: one line for each small entry, one key a line for
// mailboxes and services. The same configuration always gives the same bytes.
func writeDeskFile(w io.Writer, f *core.DeskFile) error {
	out := &deskWriter{}
	if f.Desk != nil {
		out.flow("desk: ", f.Desk)
	}
	if f.Limits != nil {
		out.flow("limits: ", f.Limits)
	}
	section(out, "organizations", f.Organizations, out.item)
	section(out, "people", f.People, out.item)
	section(out, "requester_groups", f.RequesterGroups, out.item)
	section(out, "calendars", f.Calendars, func(v any) { out.calendar(v.(core.CalendarEntry)) })
	section(out, "slas", f.SLAs, out.item)
	section(out, "mailboxes", f.Mailboxes, func(v any) { out.mailbox(v.(core.MailboxEntry)) })
	section(out, "services", f.Services, func(v any) { out.service(v.(core.ServiceEntry)) })
	if out.err != nil {
		return fmt.Errorf("desk file: %w", out.err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// deskWriter lays a desk file out; the library writes the values themselves, so that quoting is right.
type deskWriter struct {
	bytes.Buffer
	err error
}

func section[T any](out *deskWriter, name string, entries []T, item func(any)) {
	switch {
	case entries == nil:
	case len(entries) == 0:
		fmt.Fprintf(out, "%s: []\n", name)
	default:
		fmt.Fprintf(out, "%s:\n", name)
		for _, e := range entries {
			item(e)
		}
	}
}

// flow writes a value on one line.
func (out *deskWriter) flow(before string, v any) {
	text, err := yaml.MarshalWithOptions(v, yaml.Flow(true))
	if err != nil && out.err == nil {
		out.err = err
	}
	fmt.Fprintf(out, "%s%s\n", before, bytes.TrimSpace(text))
}

func (out *deskWriter) item(v any) { out.flow("  - ", v) }

// block writes "key: value" lines under a dash, leaving out empty values.
func (out *deskWriter) block(pairs ...any) {
	before := "  - "
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != nil {
			out.flow(before+pairs[i].(string)+": ", pairs[i+1])
			before = "    "
		}
	}
}

// given is nil for a value that is not set, so that block leaves it out.
func given[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

func (out *deskWriter) calendar(c core.CalendarEntry) {
	hours := yaml.MapSlice{}
	for _, day := range slices.SortedFunc(maps.Keys(c.Hours), core.DayOrder) {
		hours = append(hours, yaml.MapItem{Key: day, Value: c.Hours[day]})
	}
	entry := yaml.MapSlice{{Key: "name", Value: c.Name}, {Key: "timezone", Value: c.Timezone}, {Key: "hours", Value: hours}}
	if len(c.Holidays) > 0 {
		entry = append(entry, yaml.MapItem{Key: "holidays", Value: c.Holidays})
	}
	out.item(entry)
}

func (out *deskWriter) mailbox(m core.MailboxEntry) {
	var auth any
	if m.Auth != nil {
		auth = *m.Auth
	}
	out.block("address", m.Address, "imap", m.IMAP, "smtp", m.SMTP, "auth", auth, "plus_addresses", *m.PlusAddresses,
		"reply_domain", given(m.ReplyDomain), "start", m.Start, "after", m.After, "opens", given(m.Opens), "trust", m.Trust)
}

func (out *deskWriter) service(s core.ServiceEntry) {
	var folder, description, sees, machines, waiting, notifications, retention any
	if len(s.Description) > 0 {
		description = s.Description
	}
	if s.Folder {
		folder = true
	}
	if len(s.RequesterSees) > 0 {
		sees = s.RequesterSees
	}
	if len(s.MachineSenders) > 0 {
		machines = s.MachineSenders
	}
	if len(s.Waiting.RemindDays) > 0 || s.Waiting.ResolveAfterDays > 0 {
		waiting = s.Waiting
	}
	if len(s.Notifications) > 0 {
		notifications = s.Notifications
	}
	if s.Retention != (core.Retention{}) {
		retention = s.Retention
	}
	out.block("name", s.Name, "description", description, "parent", given(s.Parent), "folder", folder, "mailbox", given(s.Mailbox), "language", s.Language,
		"reopen_days", *s.ReopenDays, "close_after_days", *s.CloseAfterDays, "unknown_senders", s.UnknownSenders, "machine_senders", machines,
		"after_deadline", s.AfterDeadline, "waiting", waiting, "notifications", notifications, "requester_sees", sees, "retention", retention, "inherit", *s.Inherit)
	if len(s.TicketFields) > 0 {
		fmt.Fprintln(out, "    ticket_fields:")
		for _, f := range s.TicketFields {
			out.flow("      - ", f)
		}
	}
	if len(s.Requesters) > 0 {
		out.flow("    requesters: ", s.Requesters)
	}
	if len(s.Categories) > 0 {
		out.flow("    categories: ", s.Categories)
	}
	if len(s.Roles) > 0 {
		fmt.Fprintln(out, "    roles:")
		for _, role := range s.Roles {
			out.flow("      - ", role)
		}
	}
}
