package demo

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"net/http"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed page.html page.css
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "page.html"))

// Person is one of the sample people, as the page names them.
type Person struct {
	Name     string
	Address  string
	About    string // one line, such as the roles
	Language string // of their mail program: es, else English
}

// listed bounds how many messages of an inbox one page lists.
const listed = 200

// postOffice is the page that shows every sample mailbox and writes mail as its owner. It has no sign-in: it belongs only
// into a demonstration on the loopback interface.
type postOffice struct {
	host   *MailHost
	people []Person

	mu     sync.Mutex
	old    map[string]uint32          // by address: the highest number when the program started
	opened map[string]map[uint32]bool // by address
}

// Page serves /demo/mail and all below it. A message counts as new until it was opened, or until the program is started
// again.
func Page(host *MailHost, people []Person) http.Handler {
	p := &postOffice{host: host, people: people, old: map[string]uint32{}, opened: map[string]map[uint32]bool{}}
	for _, person := range people {
		if list := host.Inbox(person.Address); len(list) > 0 {
			p.old[person.Address] = list[0].Number
		}
		p.opened[person.Address] = map[uint32]bool{}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /demo/mail", p.showPeople)
	mux.HandleFunc("GET /demo/mail/{$}", p.showPeople)
	mux.HandleFunc("GET /demo/mail/page.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, pageFiles, "page.css") })
	mux.HandleFunc("GET /demo/mail/{address}", p.withPerson(p.showInbox))
	mux.HandleFunc("POST /demo/mail/{address}", p.withPerson(p.send))
	mux.HandleFunc("GET /demo/mail/{address}/write", p.withPerson(p.showWrite))
	mux.HandleFunc("GET /demo/mail/{address}/{number}", p.withMail(p.showMessage))
	mux.HandleFunc("GET /demo/mail/{address}/{number}/html", p.withMail(p.showHTML))
	mux.HandleFunc("GET /demo/mail/{address}/{number}/raw", p.withMail(p.showRaw))
	mux.HandleFunc("GET /demo/mail/{address}/{number}/file/{file}", p.withMail(p.showFile))
	return http.NewCrossOriginProtection().Handler(mux)
}

func (p *postOffice) withPerson(show func(http.ResponseWriter, *http.Request, Person)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, person := range p.people {
			if strings.EqualFold(person.Address, r.PathValue("address")) {
				show(w, r, person)
				return
			}
		}
		http.Error(w, "There is no such sample person.", http.StatusNotFound)
	}
}

func (p *postOffice) withMail(show func(http.ResponseWriter, *http.Request, Person, StoredMail)) http.HandlerFunc {
	return p.withPerson(func(w http.ResponseWriter, r *http.Request, person Person) {
		m, ok := p.find(person, r.PathValue("number"))
		if !ok {
			http.Error(w, "There is no such message.", http.StatusNotFound)
			return
		}
		show(w, r, person, m)
	})
}

func (p *postOffice) find(person Person, number string) (StoredMail, bool) {
	for _, m := range p.host.Inbox(person.Address) {
		if strconv.FormatUint(uint64(m.Number), 10) == number {
			return m, true
		}
	}
	return StoredMail{}, false
}

func (p *postOffice) isNew(person Person, m StoredMail) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return m.Number > p.old[person.Address] && !p.opened[person.Address][m.Number]
}

// render writes a page. The policy lets nothing but our own style and frame in, and no script at all.
func render(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(b.Bytes()) // an error means that the browser has gone
}

type peoplePage struct {
	Title  string
	People []peopleRow
}

type peopleRow struct {
	Person   Person
	New, All int
}

func (p *postOffice) showPeople(w http.ResponseWriter, _ *http.Request) {
	page := peoplePage{Title: "Sample mailboxes"}
	for _, person := range p.people {
		row := peopleRow{Person: person}
		for _, m := range p.host.Inbox(person.Address) {
			row.All++
			if p.isNew(person, m) {
				row.New++
			}
		}
		page.People = append(page.People, row)
	}
	render(w, http.StatusOK, "people", page)
}

type inboxPage struct {
	Title  string
	Person Person
	Sent   string // to whom, right after sending
	Rows   []inboxRow
	Older  int
}

type inboxRow struct {
	StoredMail
	New bool
	Why string
}

func (p *postOffice) showInbox(w http.ResponseWriter, r *http.Request, person Person) {
	page := inboxPage{Title: person.Name + " – inbox", Person: person, Sent: r.FormValue("sent")}
	all := p.host.Inbox(person.Address)
	for i, m := range all {
		if i == listed {
			page.Older = len(all) - listed
			break
		}
		page.Rows = append(page.Rows, inboxRow{StoredMail: m, New: p.isNew(person, m), Why: readLetter(m.Raw, false).Why})
	}
	render(w, http.StatusOK, "inbox", page)
}

// writeForm is the form for a new mail or a reply.
type writeForm struct {
	Person            Person
	Problem           string
	Reply             string // number of the answered message
	To, Subject, Text string
}

type messagePage struct {
	Title    string
	Person   Person
	Number   uint32
	Received time.Time
	Letter   letter
	HasHTML  bool
	Text     []span
	Form     writeForm
}

func (p *postOffice) showMessage(w http.ResponseWriter, _ *http.Request, person Person, m StoredMail) {
	p.mu.Lock()
	p.opened[person.Address][m.Number] = true
	p.mu.Unlock()
	l := readLetter(m.Raw, true)
	page := messagePage{Title: l.Subject, Person: person, Number: m.Number, Received: m.Received, Letter: l,
		HasHTML: l.HTML != "", Text: spans(l.Text, person.Address)}
	if page.Title == "" {
		page.Title = "(no subject)"
	}
	page.Form = writeForm{Person: person, Reply: strconv.FormatUint(uint64(m.Number), 10), To: l.ReplyTo, Subject: replySubject(l.Subject)}
	if page.Form.To == "" {
		page.Form.To = l.From
	}
	render(w, http.StatusOK, "message", page)
}

// showHTML serves what a stranger wrote: without scripts and forms, in an origin of its own, loading nothing.
func (p *postOffice) showHTML(w http.ResponseWriter, _ *http.Request, person Person, m StoredMail) {
	l := readLetter(m.Raw, true)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "+
		"default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	io.WriteString(w, framed(l, person.Address))
}

func (p *postOffice) showRaw(w http.ResponseWriter, _ *http.Request, _ Person, m StoredMail) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(m.Raw)
}

// showFile never lets a browser open an attachment in our origin: it is always a download.
func (p *postOffice) showFile(w http.ResponseWriter, r *http.Request, _ Person, m StoredMail) {
	files := readLetter(m.Raw, true).Files
	i, err := strconv.Atoi(r.PathValue("file"))
	if err != nil || i < 0 || i >= len(files) {
		http.Error(w, "There is no such attachment.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": files[i].Name}))
	w.Write(files[i].Data)
}

type writePage struct {
	Title string
	Form  writeForm
}

func (p *postOffice) showWrite(w http.ResponseWriter, r *http.Request, person Person) {
	render(w, http.StatusOK, "write", writePage{Title: "Write as " + person.Name, Form: writeForm{Person: person,
		To: r.FormValue("to"), Subject: r.FormValue("subject"), Text: r.FormValue("body")}})
}

func (p *postOffice) send(w http.ResponseWriter, r *http.Request, person Person) {
	r.Body = http.MaxBytesReader(w, r.Body, 32<<20)
	if err := r.ParseMultipartForm(8 << 20); err != nil {
		status := http.StatusBadRequest
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, "The form could not be read: "+err.Error(), status)
		return
	}
	defer r.MultipartForm.RemoveAll()
	form := writeForm{Person: person, Reply: r.FormValue("reply"), To: r.FormValue("to"), Subject: r.FormValue("subject"), Text: r.FormValue("text")}
	if err := p.post(r, form); err != nil {
		form.Problem = "Not sent: " + err.Error()
		render(w, http.StatusUnprocessableEntity, "write", writePage{Title: "Write as " + person.Name, Form: form})
		return
	}
	http.Redirect(w, r, "/demo/mail/"+person.Address+"?sent="+url.QueryEscape(form.To), http.StatusSeeOther)
}

func (p *postOffice) post(r *http.Request, form writeForm) error {
	from := mail.Address{Name: form.Person.Name, Address: form.Person.Address}
	m := NewMail{From: from.String(), To: form.To, Subject: form.Subject, Text: form.Text, Language: form.Person.Language}
	if form.Reply != "" {
		answered, ok := p.find(form.Person, form.Reply)
		if !ok {
			return errors.New("the answered message is not there any more")
		}
		m.InReplyTo = &answered
	}
	for _, header := range r.MultipartForm.File["files"] {
		f, err := header.Open()
		if err != nil {
			return fmt.Errorf("%s: %w", header.Filename, err)
		}
		data, err := io.ReadAll(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("%s: %w", header.Filename, err)
		}
		m.Files = append(m.Files, File{Name: header.Filename, Data: data})
	}
	raw, err := Compose(m)
	if err != nil {
		return err
	}
	to, err := Recipients(raw)
	if err != nil {
		return err
	}
	return p.host.Deliver(form.Person.Address, to, raw)
}
