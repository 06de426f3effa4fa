package mailin

import (
	"fmt"
	"strings"
	"testing"
)

func TestClasses(t *testing.T) {
	t.Parallel()
	own := Options{
		OwnAddresses: func(a string) bool { return a == "it@city.test" },
		OwnMessageID: func(id string) bool { return strings.HasSuffix(id, "@desk.city.test") },
		OwnLoop:      func(v string) bool { return v == "ours" },
	}
	for _, c := range []struct {
		name, header string
		options      Options
		class        Class
		mayAnswer    bool
		reasons      int
	}{
		{"person", "", own, ClassHuman, true, 0},
		{"own message id", "Message-ID: <1@desk.city.test>\n", own, ClassSelf, false, 1},
		{"own message id, nobody to ask", "Message-ID: <1@desk.city.test>\n", Options{}, ClassHuman, true, 0},
		{"own loop mark", "X-Postdesk-Loop: ours\n", own, ClassSelf, false, 2},
		{"foreign loop mark of the same program", "X-Postdesk-Loop: theirs\n", own, ClassDesk, false, 1},
		{"loop mark, nobody to ask", "X-Postdesk-Loop: ours\n", Options{}, ClassDesk, false, 1},
		{"own address", "From: IT <IT@city.test>\n", own, ClassSelf, false, 1},
		{"auto-replied", "Auto-Submitted: auto-replied\n", own, ClassAuto, false, 1},
		{"auto-generated with comment", "Auto-Submitted: (x) Auto-Generated\n", own, ClassAuto, false, 1},
		{"auto-submitted no", "Auto-Submitted: NO; x=y\n", own, ClassHuman, true, 0},
		{"auto-submitted no with comment", "Auto-Submitted: no (person)\n", own, ClassHuman, true, 0},
		{"null return path", "Return-Path: <>\n", own, ClassAuto, false, 1},
		{"return path", "Return-Path: <ana@city.test>\n", own, ClassHuman, true, 0},
		{"X-Autoreply", "X-Autoreply: yes\n", own, ClassAuto, false, 1},
		{"X-Autorespond", "X-Autorespond: vacation\n", own, ClassAuto, false, 1},
		{"X-FC-MachineGenerated", "X-FC-MachineGenerated: true\n", own, ClassAuto, false, 1},
		{"precedence auto_reply", "Precedence: auto_reply\n", own, ClassAuto, false, 1},
		{"precedence bulk", "Precedence: Bulk\n", own, ClassList, false, 1},
		{"precedence first-class", "Precedence: first-class\n", own, ClassHuman, true, 0},
		{"list", "List-Unsubscribe: <mailto:x@vendor.test>\n", own, ClassList, false, 1},
		{"feedback id", "Feedback-ID: 1:2\n", own, ClassList, false, 1},
		{"noreply", "From: No Reply <no-reply@vendor.test>\n", own, ClassMachine, false, 1},
		{"noreply with plus", "From: noreply+7@vendor.test\n", own, ClassMachine, false, 1},
		{"donotreply", "From: ci.donotreply@vendor.test\n", own, ClassMachine, false, 1},
		{"a person called Noreplay", "From: noreplay@vendor.test\n", own, ClassHuman, true, 0},
		{"other desk", "X-RT-Loop-Prevention: vendor\n", own, ClassDesk, false, 1},
		{"X-Loop", "X-Loop: vendor\n", own, ClassDesk, false, 1},
		{"suppress all", "X-Auto-Response-Suppress: All\n", own, ClassHuman, false, 1},
		{"suppress OOF", "X-Auto-Response-Suppress: DR, OOF\n", own, ClassHuman, false, 1},
		{"suppress only reports", "X-Auto-Response-Suppress: DR, RN, NRN\n", own, ClassHuman, true, 0},
		{"list robot: first row decides, both are recorded", "Precedence: bulk\nAuto-Submitted: auto-generated\nX-Loop: a\n", own, ClassAuto, false, 3},
		{"own before all", "From: it@city.test\nAuto-Submitted: auto-replied\n", own, ClassSelf, false, 2},
		{"many hops", strings.Repeat("Received: by x\n", 31), own, ClassHuman, false, 0},
		{"nobody", "From: \n", own, ClassHuman, false, 0},
		{"out of office by subject alone", "Subject: Automatic reply: printer\n", own, ClassHuman, true, 0},
		{"read receipt", "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n", own, ClassReceipt, false, 1},
		{"feedback report", "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n", own, ClassReceipt, false, 1},
		{"delivery report", "Content-Type: multipart/report; report-type=\"delivery-status\"; boundary=b\n", own, ClassBounce, false, 1},
	} {
		raw := c.header
		if !strings.Contains(raw, "From:") {
			raw += "From: Ana <ana@city.test>\n"
		}
		m := Read(strings.NewReader(raw+"To: it@city.test\n\nHello"), c.options)
		if m.Class != c.class || m.MayAnswer != c.mayAnswer || len(m.Reasons) != c.reasons {
			t.Errorf("%s: %s, may answer %v, %q; want %s, %v, %d reasons", c.name, m.Class, m.MayAnswer, m.Reasons, c.class, c.mayAnswer, c.reasons)
		}
	}
}

// Row 9 of mail.md 2 in the ten languages.
func TestOutOfOfficeSubjects(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{
		"Automatic reply: Paper jam", "Out of Office: back on Monday", "Auto: Re: Paper jam", "I am out of the office", "Re: Out of office", "RE: SV: Autosvar",
		"Respuesta automática: Atasco", "Fuera de la oficina", "Ausente de la oficina hasta el lunes",
		"Automatische Antwort: Papierstau", "Abwesenheitsnotiz", "Abwesenheit", "AW: Abwesend: Papierstau",
		"Réponse automatique : Bourrage", "Absence du bureau", "Absent(e) du bureau",
		"Resposta automática: Papel", "Ausência temporária", "Fora do escritório",
		"Risposta automatica: Carta", "Fuori sede", "Fuori ufficio fino a lunedì",
		"Automatisch antwoord: Papier", "Afwezigheidsbericht", "Niet aanwezig",
		"Autosvar: Papper", "Automatiskt svar: Papper", "Frånvaro", "Automatisk svar: Papir", "Fravær", "Ikke til stede",
		"Odpowiedź automatyczna: Papier", "Nieobecność w biurze", "Poza biurem",
		"Automatická odpověď: Papír", "Mimo kancelář", "Nepřítomnost",
	} {
		if m := (&Message{Subject: subject}); !m.OutOfOffice() {
			t.Errorf("%q is not known", subject)
		}
	}
	for _, subject := range []string{"Paper jam", "Automatic door is stuck", "Office printer out of order", "The automatic reply of my phone is wrong", "Fuera de servicio", "Absences of May", "Abwesenheit eintragen?", "Automation",
		"Printer out of order", "Office is cold", "Antwort", "", "How do I set an automatic reply?"} {
		if m := (&Message{Subject: subject}); m.OutOfOffice() {
			t.Errorf("%q is taken for an out-of-office answer", subject)
		}
	}
}

func report(fields string) string {
	return "Return-Path: <>\nFrom: MAILER-DAEMON@mx.test\nSubject: report\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n" +
		"--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n" + fields + "\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <orig@desk.test>\nTo: luis@vendor.test\n\nbody\n--b--\n"
}

func TestDeliveryReports(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ raw, want string }{
		"failed":            {report("Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; luis@vendor.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no\n"), "failed 5.1.1 [luis@vendor.test] orig@desk.test 550 no"},
		"worst of several":  {report("Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@vendor.test\nAction: delivered\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; b@vendor.test\nAction: failed\nStatus: 5.2.2\n"), "failed 5.2.2 [a@vendor.test b@vendor.test] orig@desk.test Status: 5.2.2"},
		"delayed":           {report("Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@vendor.test\nAction: delayed\nStatus: 4.4.1 (no answer)\nDiagnostic-Code: smtp; timeout\n"), "delayed 4.4.1 [a@vendor.test] orig@desk.test timeout"},
		"relayed":           {report("Reporting-MTA: dns; mx\n\nOriginal-Recipient: rfc822;a@vendor.test\nAction: relayed (to mx2)\nStatus: 2.0.0\nDiagnostic-Code: smtp; 250 ok\n"), "relayed 2.0.0 [a@vendor.test] orig@desk.test 250 ok"},
		"expanded":          {report("Final-Recipient: rfc822; a@vendor.test\nAction: expanded\nStatus: 2.0.0\nDiagnostic-Code: x; y\n"), "expanded 2.0.0 [a@vendor.test] orig@desk.test y"},
		"vague status":      {report("Final-Recipient: rfc822; a@vendor.test\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.7.1 denied\n"), "failed 5.7.1 [a@vendor.test] orig@desk.test 550 5.7.1 denied"},
		"no status part":    {"Return-Path: <>\nFrom: postmaster@x.test\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nluis@vendor.test: 550 5.1.1 no such user\n--b--\n", "failed 5.1.1 [luis@vendor.test]  luis@vendor.test: 550 5.1.1 no such user"},
		"failed recipients": {"From: mailer-daemon@x.test\nX-Failed-Recipients: luis@vendor.test\nSubject: Mail delivery failed\n\nA message that you sent could not be delivered.\n\n  550 unknown user\n", "failed 5.0.0 [luis@vendor.test]  550 unknown user"},
	} {
		m := Read(strings.NewReader(c.raw), Options{})
		if m.Bounce == nil {
			t.Errorf("%s: class %s", name, m.Class)
			continue
		}
		b := m.Bounce
		if have := fmt.Sprint(b.Kind, " ", b.Status, " ", b.Recipients, " ", b.OriginalMessageID, " ", b.Diagnostic); have != c.want && !strings.HasPrefix(have, strings.TrimSuffix(c.want, "Status: 5.2.2")) {
			t.Errorf("%s: %s, want %s", name, have, c.want)
		}
	}
}

// TestPersonIsNoBounce guards against losing a person's mail about a bounce.
func TestPersonIsNoBounce(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"From: Ana <ana@city.test>\nSubject: Undelivered mail\n\nMy mail was returned: 550 5.1.1 user unknown\n",
		"From: Postmaster Gil <luis@vendor.test>\nSubject: Lunch\n\nShall we meet at one?\n",
		"From: postmaster@vendor.test\nSubject: New mail server\n\nWe move on Sunday.\n",
	} {
		if m := Read(strings.NewReader(raw), Options{}); m.Class != ClassHuman {
			t.Errorf("%q is %s, %q", raw, m.Class, m.Reasons)
		}
	}
}
