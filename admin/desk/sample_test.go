package desk_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"testing"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// picture is a small real image.
func picture(t testing.TB) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 88, 68))
	for y := range 68 {
		for x := range 88 {
			img.Set(x, y, color.RGBA{uint8(90 + x), uint8(120 + y), 190, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// sample is a desk as it looks on a normal day. It returns the ticket that has everything.
func (w *world) sample(t testing.TB) core.Number {
	t.Helper()
	yes, no := true, false
	w.exec(t, "insert into service_category (service_id, category, group_id) values ($1, 'network', $2)", w.Printers, w.Field)
	w.exec(t, "update desk set version = version + 1")
	full := w.open(t, "ben", helpdesk.NewTicket{
		Subject: "Payroll printer jams on every envelope", Category: "hardware", Priority: core.Urgent,
		Text:   "Since Friday the payroll printer pulls in every envelope crooked and stops. I cleaned it twice.\n\nPaper is fine, only envelopes jam. The manual is at https://printers.city.test/lj500/manual?page=12",
		Folded: "-- \nBen Staff\nPayroll, room 214", Mail: &helpdesk.MailSource{Verified: &yes},
		Attachments: []core.Attachment{w.file(t, "rollers.png", "image/png", picture(t)), w.file(t, "printer-events.log", "text/plain", "08:12 jam\n")},
	})
	w.do(t, "mia", core.ViaMail, func(a *helpdesk.Act) error {
		_, err := a.Assign(t.Context(), full, helpdesk.Assignee{Solver: w.People["sol"]}, 0)
		return err
	})
	w.record(t, "mia", full, "Same model as the one in Permits. The fuser kit is in the cabinet; if it is the rollers again, order two.", false)
	w.record(t, "sol", full, "Hi Ben, open the rear tray, set the lever to the envelope mark and try one. If it jams again, send me a photo of the rollers.", true)
	w.do(t, "ben", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.AddParticipant(t.Context(), full, w.People["pat"], 0)
		return err
	})
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.AddFollower(t.Context(), full, w.People["rea"], 0)
		return err
	})
	w.do(t, "ben", core.ViaMail, func(a *helpdesk.Act) error {
		_, err := a.AddRecord(t.Context(), full, helpdesk.NewRecord{
			Text:   "Still jams. The left roller looks worn.",
			Folded: "On Monday, Sol Vega wrote:\n> Hi Ben, open the rear tray, set the lever to the envelope mark and try one.", Mail: &helpdesk.MailSource{Verified: &no}})
		return err
	})
	vpn := w.open(t, "eva", helpdesk.NewTicket{Subject: "No puedo entrar a la VPN desde casa", Category: "access", Priority: core.High,
		Text: "Desde esta mañana dice que la clave venció, pero la cambié ayer.", Mail: &helpdesk.MailSource{Verified: &yes}})
	w.record(t, "sol", vpn, "Hola, Eva: ¿qué mensaje aparece exactamente? Mándame una captura, por favor.", true)
	w.do(t, "sol", core.ViaDesk, func(a *helpdesk.Act) error {
		if _, err := a.Take(t.Context(), vpn, 0); err != nil {
			return err
		}
		_, err := a.SetStatus(t.Context(), vpn, core.Waiting, 0)
		return err
	})
	w.open(t, "pat", helpdesk.NewTicket{Subject: "Shared mailbox permits@ stopped receiving anything at all since the move to the new building on Harbor Street last weekend",
		Category: "email", Text: "Nothing arrives."})
	done := w.open(t, "eva", helpdesk.NewTicket{Subject: "Cuenta bloqueada después de vacaciones", Category: "account", Text: "Probé tres veces."})
	w.do(t, "sol", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.Resolve(t.Context(), done, helpdesk.NewRecord{Text: "Listo, Eva. Ya puedes entrar."})
		return err
	})
	w.open(t, "ben", helpdesk.NewTicket{Subject: "Wi-Fi in the council chamber", Category: "network", Priority: core.Low, Text: "It drops every ten minutes."})
	phone := w.open(t, "gil", helpdesk.NewTicket{Subject: "Desk phone rings twice, then drops", Category: "phone", Text: "Both lines."})
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.Take(t.Context(), phone, 0)
		return err
	})
	// They came over some days: each ticket and its log lie as far back as its number says.
	for number, ago := range map[core.Number]time.Duration{full: 52 * time.Hour, vpn: 3 * time.Hour, done: 400 * time.Hour, phone: 20 * time.Minute} {
		for _, sql := range []string{
			"update ticket set created_at = created_at - $2::interval, updated_at = updated_at - $2::interval where number = $1",
			"update log_record set at = at - $2::interval where ticket_number = $1",
		} {
			w.exec(t, sql, number, ago.String())
		}
	}
	return full
}

// around is a ticket with everything that can stand around one: approvals in several states, of which one waits for net,
// related tickets, an edit, and marks.
func (w *world) around(t testing.TB) core.Number {
	t.Helper()
	n := w.asked(t)
	text := "For the front office, and one for the counter."
	w.do(t, "mia", core.ViaDesk, func(a *helpdesk.Act) error {
		if _, err := a.EditTicket(t.Context(), n, helpdesk.Edit{Text: &text}, 0); err != nil {
			return err
		}
		if _, err := a.AskApproval(t.Context(), n, helpdesk.NewApproval{Approvers: []*core.Person{w.People["man"], w.People["pat"]}, Rule: core.AnyApprove, Text: "May Facilities drill?"}, 0); err != nil {
			return err
		}
		if _, err := a.SetInternalTarget(t.Context(), n, time.Now().Add(72*time.Hour), 0); err != nil {
			return err
		}
		for i := range 5 {
			other, err := a.OpenTicket(t.Context(), helpdesk.NewTicket{Service: w.Printers, Subject: fmt.Sprint("Part ", i+1), Text: "Please.", OnBehalfOf: w.People["ben"]})
			if err != nil {
				return err
			}
			switch i {
			case 0:
				_, err = a.SetParent(t.Context(), n, other, 0)
			case 1, 2:
				_, err = a.SetParent(t.Context(), other, n, 0)
			case 3:
				_, err = a.LinkTicket(t.Context(), n, other, 0)
			case 4:
				_, err = a.MergeTicket(t.Context(), other, n, 0)
			}
			if err != nil {
				return err
			}
		}
		_, err := a.MarkSpam(t.Context(), n, 0)
		if err == nil {
			_, err = a.UnmarkSpam(t.Context(), n, 0)
		}
		return err
	})
	w.do(t, "pat", core.ViaDesk, func(a *helpdesk.Act) error {
		_, err := a.DecideApproval(t.Context(), n, core.ApprovalRejected, "", "Not in the old wall, please.", 0)
		return err
	})
	return n
}
