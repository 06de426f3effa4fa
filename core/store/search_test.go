package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/core/store"
	"postdesk/core/store/storetest"
)

// library is a city whose tickets are written straight into the store.
type library struct {
	*testing.T
	*storetest.City
	at time.Time
}

func newLibrary(t *testing.T) *library {
	return &library{t, storetest.NewCity(t), time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}
}

// write opens a ticket of Ben's in Printers with these records; those that begin with "note:" are the team's.
func (l *library) write(subject string, records ...string) (n core.Number) {
	l.Helper()
	err := l.Store.InTx(l.Context(), func(tx *store.Tx) (err error) {
		if n, err = tx.NextNumber(l.Context()); err != nil {
			return err
		}
		tx.AddTicket(&core.Ticket{Number: n, Version: 1, Service: l.Printers, Subject: subject, Status: core.Open, Category: "hardware", Priority: core.Normal,
			Requester: l.People["ben"], OpenedVia: core.ViaDesk, RootMessageID: "root@city.test", CreatedAt: l.at, UpdatedAt: l.at})
		return l.add(tx, n, records...)
	})
	if err != nil {
		l.Fatalf("%q: %v", subject, err)
	}
	return n
}

func (l *library) add(tx *store.Tx, n core.Number, records ...string) error {
	for _, text := range records {
		l.at = l.at.Add(time.Second)
		text, note := strings.CutPrefix(text, "note:")
		r := &core.Record{ID: uuid.NewString(), Ticket: n, At: l.at, Kind: core.KindMessage, Author: l.People["sol"], Via: core.ViaDesk, Text: text, ShowToRequester: !note}
		if err := tx.AddRecord(r); err != nil {
			return err
		}
	}
	return nil
}

// solver sees all of Printers, requester what is theirs.
func (l *library) solver() (s store.Scope) {
	s = store.Scope{Person: l.People["sol"].ID}
	s.View.Add(l.Printers, 0)
	return s
}

func (l *library) requester() store.Scope { return store.Scope{Person: l.People["ben"].ID} }

func (l *library) find(s store.Scope, q string) []core.Number {
	l.Helper()
	list, err := l.Store.Tickets(l.Context(), s, store.Filter{Query: q, Limit: 51, Now: l.at})
	if err != nil {
		l.Fatalf("%q: %v", q, err)
	}
	counts, err := l.Store.Counts(l.Context(), s, store.Filter{Query: q, Now: l.at})
	if err != nil {
		l.Fatalf("%q: %v", q, err)
	}
	if len(list) < 51 && counts.Total != len(list) {
		l.Errorf("%q: %d listed, %d counted", q, len(list), counts.Total)
	}
	var numbers []core.Number
	for _, t := range list {
		numbers = append(numbers, t.Number)
	}
	return numbers
}

// finds wants that a query leads to the ticket alone, or to none (0).
func (l *library) finds(s store.Scope, q string, want core.Number) {
	l.Helper()
	if got := l.find(s, q); want == 0 && len(got) > 0 || want != 0 && (len(got) != 1 || got[0] != want) {
		l.Errorf("%q finds %v, want %d", q, got, want)
	}
}

// Accents, letter case, English and Spanish forms, beginnings of words, phrases, addresses, codes, any script.
func TestSearchReadsAsPeopleDo(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.write("Something else", "The weather is fine, 0x80070006, PC 12345 and 1234 PC.")
	n := l.write("Impresión borrosa", "The printers are printing blurred pages since the installation; la configuración de las impresoras en PC-1234 falla: error 0x80070005.",
		"Ask juan.perez@vendor.test (ext. 4711). Straße, ØRESUND, Ñandú, ПРИВЕТ мир, 東京都庁, こんにちは, שלום עולם, مرحبا بالعالم, 🙂 ok ﬁle.")
	for _, q := range []string{"impresion", "IMPRESIÓN", "impresiones", "printer", "printed", "prints", "install*", "instal", "configuraciones", "impresora",
		"blurred page", "borr", "imPre*", `"blurred pages since"`, `"printing blurred`, "PC-1234", "pc-1234", "0x80070005", "0x80070* error", "juan.perez@vendor.test",
		"JUAN.PEREZ@VENDOR.TEST", "<juan.perez@vendor.test>", "vendor.test", "4711", "strasse", "straße", "oresund", "nandu", "привет", "Мир", "東京", "京都", "こんにちは", "שלום", "مرحبا",
		"pc1234", "juan.perez@vend", "file", "printers, blurred; error!", "ben@city.test blurred", `"de las impresoras"`} {
		l.finds(l.solver(), q, n)
		l.finds(l.requester(), q, n)
	}
	for _, q := range []string{`"pages blurred"`, `"blurred since"`, "blurredx", "perez.juan@vendor.test", "0x80070007", "*", "%", "_", "!!!", "🙂", `""`, `"`, "printer nonexistent", "京東", "PC-12", "0x8007000"} {
		l.finds(l.solver(), q, 0)
	}
}

// A number leads to its ticket first, then to those that speak of it; on the next page it is not again.
func TestSearchFindsNumbers(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	n := l.write("First", "One.")
	later := l.write("Second", fmt.Sprintf("As in %d.", n))
	for _, q := range []string{fmt.Sprint(n), fmt.Sprint("#", n)} {
		if got := fmt.Sprint(l.find(l.solver(), q)); got != fmt.Sprint([]core.Number{n, later}) {
			t.Errorf("%s finds %s, want %d and %d", q, got, n, later)
		}
	}
	for _, q := range []string{fmt.Sprintf("[IT #%d]", n), fmt.Sprintf("IT #%d", n), fmt.Sprintf("Re: [IT #%d] First", n)} {
		if got := l.find(l.solver(), q); len(got) == 0 || got[0] != n {
			t.Errorf("%s finds %v, want %d first", q, got, n)
		}
	}
	list, err := l.Store.Tickets(t.Context(), l.solver(), store.Filter{Query: fmt.Sprint(n), Before: later, Limit: 5})
	if err != nil || len(list) != 0 {
		t.Errorf("the next page has %d, %v", len(list), err)
	}
	l.finds(store.Scope{Person: l.People["eva"].ID}, fmt.Sprint(n), 0)
}

// What the team alone reads is neither found nor counted by requesters, also joined with words that they read.
func TestSearchKeepsNotesFromRequesters(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	n := l.write("Jam", "It jams.", "note:He is difficult, mind the invoice.", "We look into it.")
	for _, q := range []string{"difficult", "invoice jam", `"mind the invoice"`, "diff*", "jam -difficult", "into difficult"} {
		l.finds(l.requester(), q, 0)
	}
	for _, q := range []string{"difficult", "invoice jam", `"mind the invoice"`, "diff*"} {
		l.finds(l.solver(), q, n)
	}
	l.finds(l.requester(), "jam look", n)
	l.finds(l.solver(), `"invoice we"`, 0) // no phrase goes from one text into the next
	l.finds(l.requester(), `"jams we"`, 0)
	l.finds(store.Scope{Person: l.People["eva"].ID}, "jam", 0)
	l.finds(store.Scope{}, "jam", 0)
}

// What a savepoint undid is not found; what is written later is.
func TestSearchFollowsTheTransaction(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	n := l.write("Jam", "It jams.")
	err := l.Store.InTx(t.Context(), func(tx *store.Tx) error {
		err := tx.Savepoint(t.Context(), func() error {
			if err := l.add(tx, n, "undone"); err != nil {
				return err
			}
			return core.Refuse(core.Conflict, "error.stale")
		})
		if err == nil {
			t.Error("the savepoint holds")
		}
		return l.add(tx, n, "note:kept")
	})
	if err != nil {
		t.Fatal(err)
	}
	l.finds(l.solver(), "undone", 0)
	l.finds(l.solver(), "kept", n)
	l.finds(l.requester(), "kept", 0)
}

// No text whatever keeps a mail from being applied, and what can be found of it is.
func TestSearchTakesAnyText(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	var unique, binary strings.Builder
	for i := 0; unique.Len() < 5_000_000; i++ {
		fmt.Fprintf(&unique, "w%xing ", i*7919)
	}
	for i := 1; i < 200_000; i++ {
		binary.WriteRune(rune(i%0xd7ff + 1))
	}
	for name, text := range map[string]string{
		"unique": unique.String(), "one word": strings.Repeat("x", 1<<20), "characters": binary.String(), "emoji": strings.Repeat("🙂👩‍🚀", 50_000),
		"ligatures": strings.Repeat("ﷺ", 60_000), "quotes": strings.Repeat(`'\":*&|!<->`, 20_000), "cjk": strings.Repeat("東京都庁舎", 40_000), "blank": " ",
	} {
		n := l.write("Findme "+name, text, text, "note:"+text, "afterwards")
		got := l.find(l.solver(), `"findme `+name+`"`)
		if len(got) != 1 || got[0] != n {
			t.Errorf("%s: found %v, want %d", name, got, n)
		}
		if size := l.number("select pg_column_size(words || '') from ticket_search where number = $1", n); size > 800_000 {
			t.Errorf("%s: the document has %d bytes", name, size)
		}
	}
	long := 1 // of many records, each as unlike the others as can be
	n := l.write("Long")
	for i := range 30 {
		if err := l.Store.InTx(t.Context(), func(tx *store.Tx) error { return l.add(tx, n, unique.String()[i*40_000:(i+1)*40_000]) }); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
		long++
	}
	l.finds(l.solver(), "long", n)
}

func (l *library) number(sql string, args ...any) (n int) {
	l.Helper()
	if err := l.Store.Pool().QueryRow(l.Context(), sql, args...).Scan(&n); err != nil {
		l.Fatal(err)
	}
	return n
}

// Tickets from before there was a search get their documents a step at a time.
func TestSearchDocumentsAreMadeUp(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	var all []core.Number
	for range 5 {
		all = append(all, l.write("Older", "Something."))
	}
	if _, err := l.Store.Pool().Exec(t.Context(), "with gone as (delete from ticket_search) insert into search_queue select number from ticket"); err != nil {
		t.Fatal(err)
	}
	l.finds(l.solver(), "older", 0)
	for _, want := range []int{3, 2, 0} {
		if done, err := l.Store.RefreshSearch(t.Context(), 3); err != nil || done != want {
			t.Fatalf("a step did %d, %v, want %d", done, err, want)
		}
	}
	if got := l.find(l.solver(), "older"); len(got) != len(all) {
		t.Errorf("found %v of %v", got, all)
	}
	l.finds(l.requester(), "older nothing", 0)
}

// Nothing that can be typed is an error.
func FuzzSearch(f *testing.F) {
	for _, q := range []string{`"`, `""`, "*", "a*b", "'", `\`, "&|!:<->()", `"a*"*`, ":*", "a:*", "\x00", "\xff", "ﷺ", "東*", "１２３", "#", "#12a", "-1", "99999999999999999999", strings.Repeat("a ", 100), "\u1680", "\u180e", "à́"} {
		f.Add(q)
	}
	c := storetest.NewCity(f)
	scope := store.Scope{Person: c.People["sol"].ID}
	scope.View.Add(c.Printers, 0)
	f.Fuzz(func(t *testing.T, q string) {
		if _, err := c.Store.Tickets(t.Context(), scope, store.Filter{Query: q, Limit: 5}); err != nil {
			t.Errorf("%q: %v", q, err)
		}
		text, err := c.Store.SearchQuery(t.Context(), q)
		if err == nil {
			_, err = c.Store.Pool().Exec(t.Context(), "select $1::text::tsquery", text)
		}
		if err != nil {
			t.Errorf("%q for articles: %v", q, err)
		}
	})
}

// Places in a document are counted to 16,383: an address behind that was no phrase any more.
func TestSearchFindsAddressesInLongTickets(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	long := strings.Repeat("seven different words stand in this line ", 1100)
	n := l.write("Long", long, long, long, "Ask zoe@vendor.test about PC-77.")
	l.finds(l.solver(), "zoe@vendor.test", n)
	l.finds(l.solver(), "PC-77", n)
}

// A document that PostgreSQL had compressed was taken for a small one, and grew until no message could be written any more.
func TestSearchDocumentsAreBoundedByWhatTheyHold(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	for pad := range 4 {
		texts := []string{strings.Repeat("a ", 17000) + "z"}
		for i := range 24 {
			var words []string
			for j := range 850 {
				words = append(words, fmt.Sprintf("%s%012d", strings.Repeat("q", 40+pad), i*100_000+j))
			}
			texts = append(texts, strings.Join(words, " "))
		}
		n := l.write("Grows"+strings.Repeat("o", pad), texts[0])
		for _, text := range texts[1:] {
			if err := l.Store.InTx(t.Context(), func(tx *store.Tx) error { return l.add(tx, n, text) }); err != nil {
				t.Fatal(err)
			}
		}
		var bytes int
		if err := l.Store.Pool().QueryRow(t.Context(), "select octet_length(words::text) from ticket_search where number = $1", n).Scan(&bytes); err != nil || bytes > 800_000 {
			t.Errorf("the document has %d bytes, %v", bytes, err)
		}
	}
}
