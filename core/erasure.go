package core

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
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
	Names     []string // those that tell by themselves who is meant

	address, name *regexp.Regexp // nil = there is none
}

// NewForgotten readies the search for a person's addresses and names. A name counts by itself only where two of its words
// have two letters or more: "Al" or "Will" stand in anybody's texts.
func NewForgotten(id PersonID, addresses, names []string) *Forgotten {
	f := &Forgotten{ID: id, Addresses: addresses, Names: []string{}}
	for _, n := range names {
		if telling(n) {
			f.Names = append(f.Names, n)
		}
	}
	// joana@city.test is not ana@city.test, nor is ana@city.test.example.
	f.address = anyOf(`(^|[^\pL\pN._+-])`, f.Addresses, `($|\.$|\.[^\pL\pN]|[^\pL\pN.-])`)
	f.name = anyOf(`(^|[^\pL\pM\pN])`, f.Names, `($|[^\pL\pM\pN])`)
	return f
}

func telling(name string) bool {
	words := 0
	for _, w := range strings.Fields(name) {
		letters := 0
		for _, r := range w {
			if unicode.IsLetter(r) {
				letters++
			}
		}
		if letters >= 2 {
			words++
		}
	}
	return words >= 2
}

func anyOf(before string, words []string, after string) *regexp.Regexp {
	if len(words) == 0 {
		return nil
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = regexp.QuoteMeta(w)
	}
	return regexp.MustCompile(`(?i)` + before + `(` + strings.Join(quoted, "|") + `)` + after)
}

// Address is what stands in the place of all of their addresses and names.
func (f *Forgotten) Address() string { return ErasedAddress(f.ID) }

// Is tells whether the reference names them, also as the erased person that they are by now.
func (f *Forgotten) Is(r Ref) bool {
	if r.Email != "" {
		return r.Email == f.Address() || slices.Contains(f.Addresses, FoldAddress(r.Email))
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
	for f.address != nil { // neighbours share the character between them
		next := f.address.ReplaceAllString(s, "${1}"+f.Address()+"${3}")
		if next == s {
			break
		}
		s = next
	}
	return s
}

// Mentioned tells whether a text of anybody names them.
func (f *Forgotten) Mentioned(s string) bool {
	return f.address != nil && f.address.MatchString(s) || f.name != nil && f.name.MatchString(s)
}

// ErasedText stands where a text of theirs stood, so that the log is still seen to have had one.
const ErasedText = "…"

// plainFields are the fields whose changes hold words of the desk, numbers, or names. The others hold what somebody wrote.
var plainFields = []string{"status", "solver", "group", "priority", "category", "service", "approval", "participant", "follower", "delivery",
	"withdrawn", "spam", "parent", "child", "link", "forwarded", "presumed", "merged", "split", "internal_target", "organization",
	"first_response_due", "resolution_due", "first_response", "resolution", "template"}

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
