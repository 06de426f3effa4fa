package mailout

import (
	"net/mail"
	"strings"
	"testing"
	"time"
)

func TestProbeCarriesForgedResultsAndItsMarks(t *testing.T) {
	t.Parallel()
	good := Probe{MessageID: "pd.x@city.test", From: "it@city.test", To: "it+probe-1@city.test", Mark: "probe-1", Forge: []string{"mx.city.test", "none"},
		Domain: "city.test", Loop: "a1b2", Date: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}
	raw, err := good.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	forged := m.Header["Authentication-Results"]
	if len(forged) != 2 || forged[0] != "mx.city.test; dmarc=pass (probe-1) header.from=city.test" || forged[1] != "dmarc=pass (probe-1) header.from=city.test" || !strings.HasPrefix(string(raw), "Authentication-Results: ") {
		t.Errorf("forged %q", forged)
	}
	for name, want := range map[string]string{"Message-Id": "<pd.x@city.test>", "X-Postdesk-Loop": "a1b2", "Auto-Submitted": "auto-generated", "To": "it+probe-1@city.test"} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for what, spoil := range map[string]func(*Probe){
		"an id that ends the field": func(p *Probe) { p.Forge = []string{"mx\r\nBcc: ben@city.test"} },
		"no mark":                   func(p *Probe) { p.Mark = "" },
		"a recipient with a line":   func(p *Probe) { p.To = "it@city.test\r\nx" },
	} {
		p := good
		spoil(&p)
		if raw, err := p.Bytes(); err == nil {
			t.Errorf("%s: %q", what, raw)
		}
	}
}
