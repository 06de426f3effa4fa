package core

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// erasedDomain is a domain that never exists (RFC 6761 section 6.4): nothing can be delivered there, and no mail is from
// there.
const erasedDomain = "invalid"

// ErasedAddress stands where the address of an erased person stood.
func ErasedAddress(id PersonID) string { return fmt.Sprintf("erased-%d@%s", id, erasedDomain) }

// IsErased tells whether the address, or a name in its place, is that of an erased person. Each language has a word for it.
func IsErased(address string) bool {
	id, ok := strings.CutSuffix(address, "@"+erasedDomain)
	if id, marked := strings.CutPrefix(id, "erased-"); ok && marked {
		_, err := strconv.ParseUint(id, 10, 63)
		return err == nil
	}
	return false
}

// Forgotten is somebody who is being erased: it knows the words by which they are still to be found.
type Forgotten struct {
	ID        PersonID
	Addresses []string // folded
	Names     []string

	pattern *regexp.Regexp
}

// NewForgotten readies the search for a person's addresses and names.
func NewForgotten(id PersonID, addresses, names []string) *Forgotten {
	f := &Forgotten{ID: id, Addresses: addresses, Names: names}
	quoted := make([]string, len(addresses))
	for i, a := range addresses {
		quoted[i] = regexp.QuoteMeta(a)
	}
	// joana@city.test is not ana@city.test, nor is ana@city.test.example.
	f.pattern = regexp.MustCompile(`(?i)(^|[^\pL\pN._+-])(` + strings.Join(quoted, "|") + `)($|\.$|\.[^\pL\pN]|[^\pL\pN.-])`)
	return f
}

// Address is what stands in the place of all of their addresses and names.
func (f *Forgotten) Address() string { return ErasedAddress(f.ID) }

// Is tells whether the reference names them.
func (f *Forgotten) Is(r Ref) bool {
	if r.Email != "" {
		return slices.Contains(f.Addresses, FoldAddress(r.Email))
	}
	return slices.Contains(f.Names, r.Name)
}

// Named takes them out of a text that is made of names and addresses, as the desk itself writes: a single name, a list, or
// a sentence with an address in it. A name within a sentence is left: it may be a word of the language.
func (f *Forgotten) Named(s string) string {
	parts := strings.Split(s, ", ")
	for i, p := range parts {
		if slices.Contains(f.Names, p) {
			parts[i] = f.Address()
		}
	}
	s = strings.Join(parts, ", ")
	for len(f.Addresses) > 0 { // neighbours share the character between them
		next := f.pattern.ReplaceAllString(s, "${1}"+f.Address()+"${3}")
		if next == s {
			break
		}
		s = next
	}
	return s
}

// Mentioned tells whether a text of anybody names them.
func (f *Forgotten) Mentioned(s string) bool {
	return len(f.Addresses) > 0 && f.pattern.MatchString(s) || slices.ContainsFunc(f.Names, func(n string) bool { return n != "" && strings.Contains(s, n) })
}

// ErasedText stands where a text of theirs stood, so that the log is still seen to have had one.
const ErasedText = "…"

// plainFields are the fields whose changes hold words of the desk, numbers, or names. The others hold what somebody wrote.
var plainFields = []string{"status", "solver", "group", "priority", "category", "service", "approval", "participant", "follower", "delivery",
	"withdrawn", "spam", "parent", "child", "link", "forwarded", "presumed", "merged", "split", "internal_target", "organization",
	"first_response_due", "resolution_due"}

// Change takes them out of an event of the log. theirs says that the request is theirs, or that they did it: then texts go.
func (f *Forgotten) Change(c Change, theirs bool) Change {
	if theirs && !slices.Contains(plainFields, c.Field) {
		return Change{Field: c.Field, From: erasedText(c.From), To: erasedText(c.To)}
	}
	return Change{Field: c.Field, From: f.Named(c.From), To: f.Named(c.To)}
}

func erasedText(s string) string {
	if s == "" {
		return ""
	}
	return ErasedText
}
