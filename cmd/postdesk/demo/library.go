package demo

import (
	"context"
	"fmt"
	"time"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// article is one piece of knowledge or news of the sample city.
type article struct {
	kind          core.ArticleKind
	service, by   string
	title, text   string
	language      core.Language
	forRequesters bool
	ago           time.Duration
}

var articles = []article{
	{core.Knowledge, "Printers", "mia", "A sheet is stuck in the printer", "1. Switch the printer off and wait until it is quiet.\n2. Open the rear tray and pull the sheet out with both hands, never upwards.\n3. Close everything and switch it on again.\n\nIf a piece is missing, or it happens again on the same day, open a ticket and name the room.", core.English, true, 20 * day},
	{core.Knowledge, "Printers", "sol", "Se atascó una hoja en la impresora", "1. Apaga la impresora y espera a que no se oiga nada.\n2. Abre la bandeja de atrás y saca la hoja con las dos manos, nunca hacia arriba.\n3. Cierra todo y vuelve a encenderla.\n\nSi falta un pedazo, o pasa otra vez el mismo día, abre un ticket y di en qué sala está.", core.Spanish, true, 20 * day},
	{core.Knowledge, "Printers", "mia", "Fuser kits: where they are and when to order", "Two kits lie in the cabinet on floor 1. Order when one is left: the vendor needs three days. The payroll printer takes the large kit.", core.English, false, 9 * day},
	{core.Knowledge, "Network", "net", "Entrar a la VPN desde casa", "Usa el mismo usuario que en la oficina. Después de cambiar la clave, cierra la sesión de la VPN una vez y vuelve a entrar. Si dice que la clave venció, reinicia la computadora con el cable de red puesto.", core.Spanish, true, 12 * day},
	{core.News, "Network", "net", "El domingo se actualiza el firewall", "De 6 a 8 no habrá internet en el edificio principal.", core.Spanish, true, 2 * day},
	{core.News, "Printers", "mia", "Floor 3 gets a new printer on Friday", "Between 10 and noon the printer of floor 3 is replaced. Please use the one on floor 2 meanwhile.", core.English, true, 1 * day},
}

// canned is a canned answer, or a ticket that comes again and again.
type canned struct {
	kind          core.TemplateKind
	service, by   string
	title, text   string
	language      core.Language
	subject, from string
	schedule      *core.Schedule
}

var templates = []canned{
	{core.ReplyTemplate, "Printers", "mia", "Which printer", "Hello {{requester.first_name}},\n\nwhich printer is it? The number is on a white label beside the power switch.\n\n{{me.name}}", core.English, "", "", nil},
	{core.ReplyTemplate, "Printers", "sol", "Qué impresora", "Hola, {{requester.first_name}}:\n\n¿Qué impresora es? El número está en una etiqueta blanca junto al interruptor.\n\n{{me.name}}", core.Spanish, "", "", nil},
	{core.TicketTemplate, "Printers", "mia", "Toner round", "Walk through all floors, check the toner of every printer, and note what has to be ordered.", core.English, "Toner round {{date}}", "ben",
		&core.Schedule{Every: "week", Days: []string{"mon"}, At: "08:00"}},
}

// WriteLibrary writes the sample city's articles, news and templates, each as of the day when it is said to have been written.
func WriteLibrary(ctx context.Context, now time.Time, deskAt func(time.Time) *helpdesk.Helpdesk) error {
	actor := func(desk *helpdesk.Helpdesk, who string) (core.Actor, error) {
		p, err := desk.PersonByAddress(ctx, address(who))
		return core.Actor{Person: p, Via: core.ViaDesk, Level: core.SignedIn}, err
	}
	for _, a := range articles {
		desk := deskAt(now.Add(-a.ago))
		by, err := actor(desk, a.by)
		if err == nil {
			_, err = desk.AddArticle(ctx, by, a.kind, helpdesk.ArticleWriting{Service: &a.service, ArticleChange: core.ArticleChange{
				Title: &a.title, Text: &a.text, Language: &a.language, ForRequesters: &a.forRequesters}})
		}
		if err != nil {
			return fmt.Errorf("sample article %q: %w", a.title, err)
		}
	}
	for _, t := range templates {
		desk := deskAt(now)
		by, err := actor(desk, t.by)
		if err == nil {
			w := helpdesk.TemplateWriting{Kind: &t.kind, Service: &t.service, Title: &t.title, Text: &t.text, Language: &t.language}
			if t.schedule != nil {
				from := address(t.from)
				w.Subject, w.Requester, w.SetSchedule, w.Schedule = &t.subject, &from, true, t.schedule
			}
			_, err = desk.AddTemplate(ctx, by, w)
		}
		if err != nil {
			return fmt.Errorf("sample template %q: %w", t.title, err)
		}
	}
	return nil
}
