package helpdesk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"postdesk/core/store"
)

// field is one property of an entry, as it is shown.
type field struct{ key, value string }

// changed shows the properties that differ: "reopen_days 5 → 7, language en → es"; "" where none does.
func changed(old, new []field) string {
	var parts []string
	for i, f := range new {
		if f.value != old[i].value {
			parts = append(parts, fmt.Sprintf("%s %s → %s", f.key, shown(old[i].value), shown(f.value)))
		}
	}
	return strings.Join(parts, ", ")
}

func shown(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

// words shows a list; long ones, of members say, are compared by what came and went.
func words[T ~string](items []T) string {
	out := make([]string, len(items))
	for i, x := range items {
		out[i] = string(x)
	}
	return strings.Join(out, " ")
}

// section is one noun of a configuration: how its entries are told apart, shown and written.
type section[T any] struct {
	noun            store.Noun
	label           string // how a line calls it
	current, target []T
	id              func(*T) *int64
	unused          func(*T) bool   // archived or disabled
	unique          func(*T) string // what the database keeps unique
	name            func(*T) string // how a line names it
	fields          func(*T) []field
	write           func(e, old *T) error // old is nil for a new entry
	end             func(*T)              // takes it out of use
}

// saveSection compares entry by entry and writes what differs; when it is done, new entries have their ids.
func saveSection[T any](ctx context.Context, c *configuration, s section[T]) error {
	old, kept := map[int64]*T{}, map[int64]bool{}
	for i := range s.current {
		old[*s.id(&s.current[i])] = &s.current[i]
	}
	var renamed []int64
	var names []string
	for i := range s.target {
		e := &s.target[i]
		kept[*s.id(e)] = true
		if o := old[*s.id(e)]; o != nil && s.unique(o) != s.unique(e) {
			renamed, names = append(renamed, *s.id(e)), append(names, strings.ToLower(s.unique(e)))
		}
	}
	for i := range s.current {
		if e := &s.current[i]; !kept[*s.id(e)] && !s.unused(e) {
			c.line("- %s %s", s.label, s.name(e))
			s.end(e)
		}
	}
	c.tx.Rename(s.noun, renamed, names)
	for i := range s.target {
		e := &s.target[i]
		o := old[*s.id(e)]
		switch {
		case o == nil:
			c.line("+ %s %s", s.label, s.name(e))
		case s.unused(o):
			c.line("+ %s %s (again)", s.label, s.name(e))
		default:
			text := changed(s.fields(o), s.fields(e))
			if text == "" {
				continue
			}
			c.line("~ %s %s: %s", s.label, s.name(o), text)
		}
		if err := s.write(e, o); err != nil {
			return err
		}
	}
	return c.tx.Flush(ctx)
}

// idsOf indexes a section by name; where two bear one name, the last counts.
func idsOf[T any](entries []T, name func(*T) string, id func(*T) *int64) map[string]int64 {
	m := make(map[string]int64, len(entries))
	for i := range entries {
		m[name(&entries[i])] = *id(&entries[i])
	}
	return m
}

// without leaves out the people whom nobody talks about.
func (c *configuration) without(people []string) []string {
	return slices.DeleteFunc(slices.Clone(people), func(p string) bool { return c.absent[p] })
}

// cameAndWent shows two lists as what one has and the other lacks.
func cameAndWent(old, new []string) string {
	var parts []string
	for _, x := range new {
		if !slices.Contains(old, x) {
			parts = append(parts, "+"+x)
		}
	}
	for _, x := range old {
		if !slices.Contains(new, x) {
			parts = append(parts, "-"+x)
		}
	}
	return strings.Join(parts, " ")
}
