package desk_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// happening is an event record, and what it reads in both languages: with Mia as its author, and where the desk itself did
// it. Where nobody else can do it, or not without somebody, one of them is empty.
type happening struct {
	kind            core.RecordKind
	field, from, to string
	en, es          string
	enAlone         string
	esAlone         string
}

var happenings = []happening{
	{core.KindStatus, "status", "open", "waiting", "Mia Main set it to waiting", "Mia Main cambió el estado a «en espera»", "It is waiting now", "El estado es ahora «en espera»"},
	{core.KindStatus, "status", "open", "resolved", "Mia Main resolved it", "Mia Main lo resolvió", "It was resolved", "Se resolvió"},
	{core.KindStatus, "status", "resolved", "closed", "Mia Main closed it", "Mia Main lo cerró", "It was closed", "Se cerró"},
	{core.KindStatus, "status", "closed", "open", "Mia Main reopened it", "Mia Main lo reabrió", "It is open again", "Está abierto de nuevo"},
	{core.KindAssignment, "solver", "", "Mia Main", "Mia Main took it", "Mia Main lo tomó", "It was given to Mia Main", "Se le dio a Mia Main"},
	{core.KindAssignment, "solver", "Mia Main", "Field", "Mia Main gave it to Field", "Mia Main se lo dio a Field", "It was given to Field", "Se le dio a Field"},
	{core.KindAssignment, "solver", "Field", "", "Mia Main took it back from Field", "Mia Main se lo retiró a Field", "Field does not have it any more", "Field ya no lo tiene"},
	{core.KindAssignment, "solver", "", "", "Mia Main returned it to the main solvers", "Mia Main lo devolvió a los solvers principales", "It went back to the main solvers", "Volvió a los solvers principales"},
	{core.KindProperty, "priority", "low", "urgent", "Mia Main changed the priority from low to urgent", "Mia Main cambió la prioridad de baja a urgente", "The priority changed from low to urgent", "La prioridad cambió de baja a urgente"},
	{core.KindProperty, "category", "other", "phone", "Mia Main changed the category from other to phone", "Mia Main cambió la categoría de otra a telefonía", "The category changed from other to phone", "La categoría cambió de otra a telefonía"},
	{core.KindProperty, "template", "", "Toner round", "Mia Main opened it with the template “Toner round”", "Mia Main lo abrió con la plantilla “Toner round”", "It was opened with the template “Toner round”", "Se abrió con la plantilla “Toner round”"},
	{core.KindProperty, "withdrawn", "", "yes", "Mia Main withdrew the request", "Mia Main retiró la solicitud", "The request was withdrawn", "La solicitud se retiró"},
	{core.KindProperty, "spam", "", "yes", "Mia Main marked it as spam", "Mia Main lo marcó como spam", "It was marked as spam", "Se marcó como spam"},
	{core.KindProperty, "spam", "yes", "", "Mia Main said that it is no spam", "Mia Main indicó que no es spam", "It is no longer spam", "Ya no es spam"},
	{core.KindProperty, "internal_target", "", "2031-02-03T15:00:00Z", "Mia Main set the internal target to Feb 3, 2031, 15:00", "Mia Main fijó el objetivo interno para el 3 feb 2031 a las 15:00", "The internal target is Feb 3, 2031, 15:00 now", "El objetivo interno es ahora el 3 feb 2031 a las 15:00"},
	{core.KindProperty, "internal_target", "2031-02-03T15:00:00Z", "", "Mia Main took the internal target off", "Mia Main quitó el objetivo interno", "It has no internal target any more", "Ya no tiene objetivo interno"},
	{core.KindProperty, "organization", "", "Vendor", "Mia Main set the organization to Vendor", "Mia Main cambió la organización a Vendor", "Its organization is Vendor now", "Su organización es ahora Vendor"},
	{core.KindProperty, "organization", "Vendor", "", "Mia Main took the organization off", "Mia Main quitó la organización", "It has no organization any more", "Ya no tiene organización"},
	{core.KindProperty, "fields.asset tag", "A-1", "A-2", "Mia Main set asset tag to A-2", "Mia Main cambió asset tag a A-2", "asset tag is A-2 now", "asset tag es ahora A-2"},
	{core.KindProperty, "fields.asset tag", "A-1", "", "Mia Main cleared asset tag", "Mia Main borró asset tag", "asset tag is empty now", "asset tag quedó vacío"},
	{core.KindProperty, "subject", "Toner", "Paper", "Mia Main changed the subject from “Toner” to “Paper”", "Mia Main cambió el asunto de «Toner» a «Paper»", "The subject changed from “Toner” to “Paper”", "El asunto cambió de «Toner» a «Paper»"},
	{core.KindProperty, "text", "Empty.", "Full.", "Mia Main changed the text of the request", "Mia Main cambió el texto de la solicitud", "The text of the request changed", "El texto de la solicitud cambió"},
	{core.KindParticipant, "participant", "", "Pat Police", "Mia Main added Pat Police", "Mia Main agregó a Pat Police", "Pat Police takes part now", "Pat Police participa ahora"},
	{core.KindParticipant, "participant", "Pat Police", "", "Mia Main removed Pat Police", "Mia Main quitó a Pat Police", "Pat Police takes part no longer", "Pat Police ya no participa"},
	{core.KindParticipant, "follower", "", "Rea Der", "Mia Main added Rea Der as follower", "Mia Main agregó a Rea Der como seguidor", "Rea Der follows now", "Rea Der sigue el ticket ahora"},
	{core.KindParticipant, "follower", "Rea Der", "", "Mia Main removed Rea Der as follower", "Mia Main quitó a Rea Der como seguidor", "Rea Der follows no longer", "Rea Der ya no sigue el ticket"},
	{core.KindMoved, "service", "IT/Network", "IT/Printers", "Mia Main moved it from IT/Network to IT/Printers", "Mia Main lo trasladó de IT/Network a IT/Printers", "It was moved from IT/Network to IT/Printers", "Se trasladó de IT/Network a IT/Printers"},
	{core.KindMerged, "merged", "#7", "", "Mia Main merged #7 into it", "Mia Main fusionó #7 con este ticket", "#7 was merged into it", "#7 se fusionó con este ticket"},
	{core.KindSplit, "split", "", "#7", "Mia Main made a message of it a ticket of its own, #7", "Mia Main convirtió uno de sus mensajes en otro ticket, #7", "A message of it became a ticket of its own, #7", "Uno de sus mensajes pasó a ser otro ticket, #7"},
	{core.KindLink, "link", "", "#7", "Mia Main linked it to #7", "Mia Main lo vinculó con #7", "It was linked to #7", "Se vinculó con #7"},
	{core.KindLink, "link", "#7", "", "Mia Main took the link to #7 away", "Mia Main quitó el vínculo con #7", "It is no longer linked to #7", "Ya no está vinculado con #7"},
	{core.KindLink, "parent", "", "#7", "Mia Main put it below #7", "Mia Main lo puso debajo de #7", "It is below #7 now", "Ahora depende de #7"},
	{core.KindLink, "parent", "#7", "", "Mia Main took it out from below #7", "Mia Main lo separó de #7", "It is no longer below #7", "Ya no depende de #7"},
	{core.KindLink, "child", "", "#7", "Mia Main put #7 below it", "Mia Main puso #7 debajo de este ticket", "#7 is below it now", "#7 depende ahora de este ticket"},
	{core.KindLink, "forwarded", "", "pat@city.test",
		"Mia Main passed on a mail of pat@city.test, and the ticket could not be opened for them. Add them as a participant, or open a ticket for them.",
		"Mia Main reenvió un correo de pat@city.test y no se pudo abrir el ticket a su nombre. Agrégale como participante o abre un ticket a su nombre.",
		"A mail of pat@city.test was passed on, and the ticket could not be opened for them. Add them as a participant, or open a ticket for them.",
		"Se reenvió un correo de pat@city.test y no se pudo abrir el ticket a su nombre. Agrégale como participante o abre un ticket a su nombre."},
	{core.KindLink, "presumed", "", "#7", "Mia Main answered #7, which is not theirs to write to", "Mia Main respondió a #7, donde no puede escribir", "It answered #7, which its sender may not write to", "Respondía a #7, donde quien lo envió no puede escribir"},
	{core.KindApproval, "approval", "Man Ager, Net Work", "pending", "Mia Main asked Man Ager, Net Work to approve", "Mia Main le pidió a Man Ager, Net Work que apruebe", "The request changed, so Man Ager, Net Work was asked to approve again", "La solicitud cambió: se le pidió a Man Ager, Net Work que apruebe de nuevo"},
	{core.KindApproval, "approval", "Mia Main", "approved", "Mia Main approved", "Mia Main aprobó", "", ""},
	{core.KindApproval, "approval", "Man Ager", "approved", "Mia Main approved in place of Man Ager", "Mia Main aprobó en lugar de Man Ager", "", ""},
	{core.KindApproval, "approval", "Mia Main", "rejected", "Mia Main rejected", "Mia Main rechazó", "", ""},
	{core.KindApproval, "approval", "Man Ager", "rejected", "Mia Main rejected in place of Man Ager", "Mia Main rechazó en lugar de Man Ager", "", ""},
	{core.KindApproval, "approval", "", "cancelled", "Mia Main no longer needs the approval", "Mia Main ya no necesita la aprobación", "The approval is not needed any more", "La aprobación ya no hace falta"},
	{core.KindApproval, "approval", "", "expired", "", "", "The time to approve ended without a decision", "El plazo para aprobar terminó sin una decisión"},
	{core.KindSLA, "first_response_due", "2031-02-03T12:00:00Z", "2031-02-03T15:00:00Z", "", "", "The first answer is due by Feb 3, 2031, 15:00 now", "La primera respuesta vence ahora el 3 feb 2031 a las 15:00"},
	{core.KindSLA, "first_response_due", "2031-02-03T15:00:00Z", "", "", "", "The first answer has no deadline any more", "La primera respuesta ya no tiene plazo"},
	{core.KindSLA, "resolution_due", "", "2031-02-03T15:00:00Z", "", "", "It is to be resolved by Feb 3, 2031, 15:00 now", "Ahora hay que resolverlo para el 3 feb 2031 a las 15:00"},
	{core.KindSLA, "resolution_due", "2031-02-03T15:00:00Z", "", "", "", "Resolving it has no deadline any more", "La resolución ya no tiene plazo"},
	{core.KindSLA, "first_response", "2031-02-03T15:00:00Z", "missed", "", "", "The first answer was not given by Feb 3, 2031, 15:00", "La primera respuesta no salió para el 3 feb 2031 a las 15:00"},
	{core.KindSLA, "resolution", "2031-02-03T15:00:00Z", "missed", "", "", "It was not resolved by Feb 3, 2031, 15:00", "No se resolvió para el 3 feb 2031 a las 15:00"},
	{core.KindSLA, "internal_target", "2031-02-03T15:00:00Z", "missed", "", "", "The internal target, Feb 3, 2031, 15:00, was missed", "La fecha interna, el 3 feb 2031 a las 15:00, pasó sin cumplirse"},
	{core.KindMail, "delivery", "ben@city.test", "bounced", "", "", "The mail to ben@city.test came back", "El correo a ben@city.test fue devuelto"},
}

func TestEveryEventIsASentence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "Empty."})
	want, second := map[core.Language][]string{}, 0
	add := func(h happening, en, es string, author any) {
		if en == "" {
			return
		}
		second++
		w.exec(t, `insert into log_record (id, ticket_number, at, kind, author_id, via, show_to_requester, change)
			values (gen_random_uuid(), $1, now() + $2 * interval '1 second', $3, $4, 'desk', false, jsonb_build_object('field', $5::text, 'from', $6::text, 'to', $7::text))`,
			n, second, h.kind, author, h.field, h.from, h.to)
		want[core.English], want[core.Spanish] = append(want[core.English], en), append(want[core.Spanish], es)
	}
	for _, h := range happenings {
		add(h, h.en, h.es, w.People["mia"].ID)
		add(h, h.enAlone, h.esAlone, nil)
	}
	b := w.as(t, "mia")
	for lang, sentences := range want {
		shown := b.get(at(n) + "?lang=" + string(lang)).want(200).find(".ev p")
		if len(shown) != len(sentences) {
			t.Fatalf("%d lines for %d events", len(shown), len(sentences))
		}
		for i, sentence := range sentences {
			if got, _, _ := strings.Cut(text(shown[i]), " · "); got != sentence {
				t.Errorf("%s: %q, want %q", lang, got, sentence)
			}
		}
	}
}

// What the desk writes into its log anywhere stands in the table above.
func TestNoEventIsForgotten(t *testing.T) {
	t.Parallel()
	known := map[string]bool{string(core.FieldInternalTarget): true}
	for _, h := range happenings {
		known[h.field] = true
	}
	paths, err := filepath.Glob("../../core/helpdesk/*.go")
	if err != nil {
		t.Fatal(err)
	}
	written, found := regexp.MustCompile(`(?:logChange\(core\.Kind\w+, [^,]+, |setProperty\(|Change\{Field: |logLink\(ctx, \w+, )("\w+"|string\(core\.\w+\)|\w+)`), map[string]bool{}
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range written.FindAllStringSubmatch(string(source), -1) {
			if field, literal := strings.CutPrefix(m[1], `"`); literal && !strings.HasSuffix(path, "_test.go") {
				found[strings.TrimSuffix(field, `"`)] = true
			}
		}
	}
	if len(found) < 15 {
		t.Fatalf("only %v found: the search is broken", found)
	}
	for field := range found {
		if !known[field] {
			t.Errorf("changes of %s have no sentence", field)
		}
	}
}

// An edit keeps what stood there before within reach; a decision shows its reason; a filed mail is a message with its files.
func TestEventsWithTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Toner", Text: "The black one is empty."})
	edited := "The black one and the red one are empty."
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		if _, err := a.AskApproval(t.Context(), n, helpdesk.NewApproval{Approvers: []*core.Person{w.People["man"]}, Text: "80 dollars?", ExpiresAt: time.Now().Add(time.Hour)}, 0); err != nil {
			return err
		}
		_, err := a.EditTicket(t.Context(), n, helpdesk.Edit{Text: &edited}, 0)
		return err
	})
	w.do(t, "man", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.DecideApproval(t.Context(), n, core.ApprovalRejected, "", "Ask again next year.", 0)
		return err
	})
	w.exec(t, `insert into log_record (id, ticket_number, at, kind, author_address, via, show_to_requester, text) values
		('018f0000-0000-7000-8000-000000000001', $1, now() + interval '1 second', 'mail', 'robot@vendor.test', 'mail', false, 'Your order is on its way.')`, n)
	order := w.file(t, "order.txt", "text/plain", "A-17")
	w.exec(t, `insert into attachment (id, record_id, position, name, content_type, size, sha256)
		values (gen_random_uuid(), '018f0000-0000-7000-8000-000000000001', 0, $1, $2, $3, $4)`, order.Name, order.ContentType, order.Size, order.SHA256[:])
	p := w.as(t, "mia").get(at(n)).want(200)
	if got := p.text(".ev .folded .text"); got != "The black one is empty." {
		t.Errorf("what stood there before: %q", got)
	}
	events := p.text(".ev")
	for _, part := range []string{"80 dollars?", "The request changed, so Man Ager was asked to approve again", "Man Ager rejected", "Ask again next year."} {
		if !strings.Contains(events, part) {
			t.Errorf("no %q among\n%s", part, events)
		}
	}
	if mail := p.text(".msg.note"); !strings.Contains(mail, "robot@vendor.test") || !strings.Contains(mail, printer(t, core.English).T("desk.filed")) || !strings.Contains(mail, "Your order is on its way.") {
		t.Errorf("the filed mail reads %q", mail)
	}
	if files := p.text(".msg.note .gal .name"); files != "order.txt 4 B" {
		t.Errorf("the filed mail has %q", files)
	}
	if got := p.text(".thread .msg .text"); !strings.Contains(got, edited) {
		t.Errorf("the request reads %q", got)
	}
}
