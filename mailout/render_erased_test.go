package mailout

import (
	"encoding/json"
	"strings"
	"testing"

	"postdesk/core"
)

// Who was erased has a word of the mail's language, nowhere what stands in the place of the address.
func TestErasedPeopleHaveAWordInMails(t *testing.T) {
	t.Parallel()
	r, erased := newRenderer(t), core.ErasedAddress(7)
	erase := func(o *core.Outgoing) {
		raw, err := json.Marshal(o.Content) // the samples share their people
		if err != nil {
			t.Fatal(err)
		}
		o.Content = core.Content{}
		if err := json.Unmarshal(raw, &o.Content); err != nil {
			t.Fatal(err)
		}
		o.Content.EachPerson(func(p *core.Ref) { *p = core.Ref{Email: erased} })
	}
	for name, o := range samples() {
		if o.Event == core.EventAddress { // that somebody asked for just now
			continue
		}
		erase(&o)
		if o.Content.Previous != "" {
			o.Content.Previous = erased
		}
		o.Language = core.Spanish
		if l := letterOf(t, r, o); strings.Contains(l.Text+l.HTML+l.Subject, erased) {
			t.Errorf("%s shows the address:\n%s", name, l.Text)
		}
	}
	o := samples()["message_received-solver"]
	erase(&o)
	if l := letterOf(t, r, o); !strings.Contains(l.Text, "erased person") {
		t.Error(l.Text)
	}
	o.Language = core.Spanish
	if l := letterOf(t, r, o); !strings.Contains(l.Text, "persona borrada") {
		t.Error(l.Text)
	}
}
