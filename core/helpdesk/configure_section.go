package helpdesk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"postdesk/core"
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

// pairs shows keys with their values, by key.
func pairs[T ~string](m map[string]T) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, key+"="+string(m[key]))
	}
	return strings.Join(parts, ", ")
}

// section is one noun of a configuration: how its entries are told apart, shown and written.
type section[T any] struct {
	noun            store.Noun
	audited         core.AuditNoun
	label           string // how a line calls it
	current, target []T
	id              func(*T) *int64
	unused          func(*T) bool   // archived or disabled
	unique          func(*T) string // what the database keeps unique
	name            func(*T) string // how a line names it
	fields          func(*T) []field
	write           func(e, old *T) error // old is nil for a new entry
	end             func(*T) error        // takes it out of use
}

// audit writes a change down with the fields that differ; nil stands for what is not there, before or after.
func (c *configuration) audit(noun core.AuditNoun, name string, action core.AuditAction, old, new []field) {
	e := core.AuditEntry{Noun: noun, Name: name, Action: action}
	value := func(in []field, key string) string {
		for _, f := range in {
			if f.key == key {
				return f.value
			}
		}
		return ""
	}
	put := func(into *map[string]string, in, other []field) {
		for _, f := range in {
			if f.value != value(other, f.key) {
				if *into == nil {
					*into = map[string]string{}
				}
				(*into)[f.key] = f.value
			}
		}
	}
	put(&e.Before, old, new)
	put(&e.After, new, old)
	c.h.audit(c.tx, c.actor, c.now, e)
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
			c.audit(s.audited, s.name(e), core.AuditRemoved, s.fields(e), nil)
			if err := s.end(e); err != nil {
				return err
			}
		}
	}
	c.tx.Rename(s.noun, renamed, names)
	for i := range s.target {
		e := &s.target[i]
		o := old[*s.id(e)]
		switch {
		case o == nil:
			c.line("+ %s %s", s.label, s.name(e))
			c.audit(s.audited, s.name(e), core.AuditAdded, nil, s.fields(e))
		case s.unused(o):
			c.line("+ %s %s (again)", s.label, s.name(e))
			c.audit(s.audited, s.name(e), core.AuditRestored, nil, s.fields(e))
		default:
			text := changed(s.fields(o), s.fields(e))
			if text == "" {
				continue
			}
			c.line("~ %s %s: %s", s.label, s.name(o), text)
			c.audit(s.audited, s.name(o), core.AuditChanged, s.fields(o), s.fields(e))
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

// apart tells what only one of two lists has.
func apart(old, new []string) (left, came []string) {
	had, has := setOf(old), setOf(new)
	left = slices.DeleteFunc(slices.Clone(old), func(x string) bool { return has[x] })
	return left, slices.DeleteFunc(slices.Clone(new), func(x string) bool { return had[x] })
}

func setOf(list []string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, x := range list {
		set[x] = true
	}
	return set
}

// cameAndWent shows two lists as what one has and the other lacks.
func cameAndWent(old, new []string) string {
	var parts []string
	left, came := apart(old, new)
	for _, x := range came {
		parts = append(parts, "+"+x)
	}
	for _, x := range left {
		parts = append(parts, "-"+x)
	}
	return strings.Join(parts, " ")
}
