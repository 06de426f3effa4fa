package mailin

import (
	"strings"
	"testing"
)

// forwards are mails as programs pass them on: what stands above, the header lines, and what they pass on.
var forwards = map[string]struct {
	subject, body           string
	from, name, above, text string
}{
	"gmail": {"Fwd: Paper jam", "Please see to it.\n\n---------- Forwarded message ---------\nFrom: Pat Police <pat@city.test>\nDate: Wed, Mar 4, 2026 at 11:00 AM\nSubject: Paper jam\nTo: Sol Vega <sol@city.test>\n\n\nIt jams again.\n\nPat\n",
		"pat@city.test", "Pat Police", "Please see to it.", "It jams again.\n\nPat"},
	"gmail spanish": {"Fwd: Atasco", "Para ustedes\n\n---------- Forwarded message ---------\nDe: Pat Police <pat@city.test>\nDate: mié, 4 mar 2026 a las 11:00\nSubject: Atasco\nTo: <sol@city.test>\n\nSe atascó.\n",
		"pat@city.test", "Pat Police", "Para ustedes", "Se atascó."},
	"outlook": {"FW: Paper jam", "FYI\n\n________________________________\nFrom: Pat Police <pat@city.test>\nSent: Wednesday, March 4, 2026 11:00 AM\nTo: Sol Vega <sol@city.test>\nSubject: Paper jam\n\nIt jams again.\n",
		"pat@city.test", "Pat Police", "FYI", "It jams again."},
	"outlook spanish": {"RV: Atasco", "De: Pat Police <pat@city.test>\nEnviado el: miércoles, 4 de marzo de 2026 11:00\nPara: Sol Vega <sol@city.test>\nAsunto: Atasco\n\nSe atascó.\n",
		"pat@city.test", "Pat Police", "", "Se atascó."},
	"outlook german, old": {"WG: Papierstau", "Bitte.\n\n-----Ursprüngliche Nachricht-----\nVon: Pat Police [mailto:pat@city.test] \nGesendet: Mittwoch, 4. März 2026 11:00\nAn: Sol Vega\nBetreff: Papierstau\n\nEs klemmt.\n",
		"pat@city.test", "Pat Police", "Bitte.", "Es klemmt."},
	"outlook french": {"TR: Bourrage", "De : Pat Police <pat@city.test>\nEnvoyé : mercredi 4 mars 2026 11:00\nÀ : Sol Vega <sol@city.test>\nObjet : Bourrage\n\nÇa bloque.\n",
		"pat@city.test", "Pat Police", "", "Ça bloque."},
	"outlook portuguese": {"ENC: Papel", "De: Pat Police <pat@city.test>\nEnviada em: quarta-feira, 4 de março de 2026 11:00\nPara: Sol Vega <sol@city.test>\nAssunto: Papel\n\nPrendeu.\n",
		"pat@city.test", "Pat Police", "", "Prendeu."},
	"outlook italian": {"I: Carta", "Da: Pat Police <pat@city.test>\nInviato: mercoledì 4 marzo 2026 11:00\nA: Sol Vega <sol@city.test>\nOggetto: Carta\n\nÈ inceppata.\n",
		"pat@city.test", "Pat Police", "", "È inceppata."},
	"apple, quoted": {"Fwd: Paper jam", "Can you?\n\n> Begin forwarded message:\n> \n> From: Pat Police <pat@city.test>\n> Subject: Paper jam\n> Date: March 4, 2026 at 11:00:00 AM CST\n> To: sol@city.test\n> \n> It jams again.\n> \n> > older\n",
		"pat@city.test", "Pat Police", "Can you?", "It jams again.\n\n> older"},
	"thunderbird": {"Fwd: Paper jam", "\n\n-------- Forwarded Message --------\nSubject: \tPaper jam\nDate: \tWed, 4 Mar 2026 11:00:00 -0600\nFrom: \tPat Police <pat@city.test>\nTo: \tsol@city.test\n\n\nIt jams again.\n",
		"pat@city.test", "Pat Police", "", "It jams again."},
	"bold labels": {"FW: Paper jam", "*From:* Pat Police <pat@city.test>\n*Sent:* Wednesday\n*To:* Sol Vega\n*Subject:* Paper jam\n\nIt jams again.\n",
		"pat@city.test", "Pat Police", "", "It jams again."},
	"bare address":   {"FW: x", "From: PAT@City.test\nSent: Wednesday\nTo: Sol\nSubject: x\n\nText.\n", "pat@city.test", "", "", "Text."},
	"commands above": {"FW: x", "#priority high\nCall her.\n\nFrom: pat@city.test\nSent: Wednesday\nTo: Sol\nSubject: x\n\nText.\n", "pat@city.test", "", "#priority high\nCall her.", "Text."},
	// No mail of anybody's: nothing that names one address, or no forward at all.
	"no address":    {"FW: x", "From: Pat Police\nSent: Wednesday\nTo: Sol\nSubject: x\n\nText.\n", "", "", "", ""},
	"two addresses": {"FW: x", "From: eva@city.test on behalf of pat@city.test\nSent: Wednesday\nTo: Sol\nSubject: x\n\nText.\n", "", "", "", ""},
	"no forward":    {"Paper jam", "From: pat@city.test\nSent: Wednesday\nTo: Sol\nSubject: x\n\nText.\n", "", "", "", ""},
	"a reply":       {"Re: Paper jam", "Yes.\n\nFrom: pat@city.test\nSent: Wednesday\nTo: Sol\nSubject: x\n\nText.\n", "", "", "", ""},
	"prose":         {"FW: x", "From: the desk of nobody\nText.\n", "", "", "", ""},
}

func TestForwardedMailIsRead(t *testing.T) {
	t.Parallel()
	for name, want := range forwards {
		raw := "From: sol@city.test\r\nTo: it@city.test\r\nSubject: " + want.subject + "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
			strings.ReplaceAll(want.body, "\n", "\r\n")
		got, ok := readForward(Read(strings.NewReader(raw), Options{}))
		if ok != (want.from != "") {
			t.Errorf("%s: found %v: %+v", name, ok, got)
			continue
		}
		if got.from.Address != want.from || got.from.Name != want.name || got.above != want.above || got.text != want.text {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, want)
		}
	}
}

// An attached mail says by itself who it is from, whatever the subject of the one around it.
func TestForwardedAttachmentIsRead(t *testing.T) {
	t.Parallel()
	got, ok := readForward(Read(strings.NewReader(attachedForward("Look at this")), Options{}))
	if !ok || got.from.Address != "pat@city.test" || got.from.Name != "Pat Police" || got.above != "See the attached." || got.text != "It jams again." {
		t.Errorf("%v %+v", ok, got)
	}
}

func attachedForward(subject string) string {
	return strings.ReplaceAll("From: sol@city.test\nTo: it@city.test\nSubject: "+subject+"\nMessage-ID: <f1@city.test>\nDate: Wed, 04 Mar 2026 11:00:00 +0000\n"+
		"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nSee the attached.\n"+
		"--b\nContent-Type: message/rfc822\nContent-Disposition: attachment; filename=jam.eml\n\n"+
		"From: Pat Police <pat@city.test>\nTo: sol@city.test\nSubject: Paper jam\nMessage-ID: <p1@city.test>\nDate: Tue, 03 Mar 2026 11:00:00 +0000\n"+
		"Content-Type: text/plain; charset=utf-8\n\nIt jams again.\n--b--\n", "\n", "\r\n")
}

func TestPassedOnSubjects(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{"FW: Jam": "Jam", "Fwd: RE: Jam": "Jam", "RV:RV: Atasco": "Atasco", "Jam": "Jam", "Internet: slow": "Internet: slow"} {
		if got := passedOn(subject); got != want {
			t.Errorf("%q became %q", subject, got)
		}
	}
}

// Whatever the text, reading it ends, and what is found is an address.
func FuzzForward(f *testing.F) {
	for _, x := range forwards {
		f.Add(x.body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, ok := inlineMail(&Message{Text: body})
		if ok && (!strings.Contains(got.from.Address, "@") || strings.ContainsAny(got.from.Address, " <>\r\n")) {
			t.Errorf("from %q", got.from.Address)
		}
	})
}
