package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"postdesk/admin/api"
)

func titles(a answer) string {
	var out []string
	for _, item := range list(a, "items") {
		out = append(out, item["title"].(string))
	}
	return strings.Join(out, ", ")
}

// write adds an item and gives its path.
func (r *rig) write(who, kind string, body object) string {
	r.Helper()
	for field, usual := range (object{"service": "Printers", "title": "Envelopes", "text": "Open tray 2."}) {
		if _, said := body[field]; !said {
			body[field] = usual
		}
	}
	a := r.post(201, who, "/"+kind, body)
	return fmt.Sprintf("/%s/%s", kind, a.JSON["id"])
}

func (r *rig) put(status int, who, path string, body any, headers ...string) answer {
	r.Helper()
	return r.want(status, who, "PUT", api.Base+path, body, headers...)
}

func (r *rig) delete(status int, who, path string, headers ...string) answer {
	r.Helper()
	return r.want(status, who, "DELETE", api.Base+path, nil, headers...)
}

func TestKnowledgeHasTheShapeOfTheContract(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.post(201, "mia", "/knowledge", object{"service": "IT/Printers", "title": "  Envelopes \n on LaserJet ", "text": "Open tray 2.\r\nClose it.\n"})
	id := a.JSON["id"].(string)
	if keys(a.JSON) != "actions author created_at for_requesters id language pinned service text title updated_at version" ||
		a.JSON["service"] != "IT/Printers" || a.JSON["title"] != "Envelopes on LaserJet" || a.JSON["text"] != "Open tray 2.\nClose it." ||
		a.JSON["language"] != "en" || a.JSON["for_requesters"] != false || a.JSON["version"] != 1.0 || a.Header.Get("ETag") != `"1"` ||
		fmt.Sprint(a.JSON["actions"]) != "[edit delete]" || a.JSON["author"].(object)["email"] != "mia@city.test" {
		t.Errorf("%s", a.Raw)
	}
	if got := r.get(200, "mia", "/knowledge/"+id); got.Raw != a.Raw {
		t.Errorf("made as %s, read as %s", a.Raw, got.Raw)
	}
	all := r.get(200, "mia", "/knowledge")
	if keys(all.JSON) != "items" || titles(all) != "Envelopes on LaserJet" {
		t.Errorf("%s", all.Raw)
	}
	// What came can be sent back with what changed in it; what is left out stays.
	item := a.JSON
	item["title"], item["for_requesters"] = "Envelopes", true
	if got := r.put(200, "sol", "/knowledge/"+id, item); got.JSON["version"] != 2.0 || got.JSON["title"] != "Envelopes" || got.JSON["text"] != "Open tray 2.\nClose it." ||
		got.JSON["author"].(object)["email"] != "mia@city.test" {
		t.Errorf("%s", got.Raw)
	}
	if got := r.put(200, "sol", "/knowledge/"+id, object{"language": "es"}); got.JSON["language"] != "es" || got.JSON["for_requesters"] != true {
		t.Errorf("%s", got.Raw)
	}
	if seen := r.get(200, "ben", "/knowledge/"+id); seen.JSON["author"] != nil || fmt.Sprint(seen.JSON["actions"]) != "[]" { // A76
		t.Errorf("a requester sees %s", seen.Raw)
	}
	// Knowledge is no news.
	for _, x := range []string{"pinned", "mail"} {
		if a := r.put(422, "mia", "/knowledge/"+id, object{x: true}); a.JSON["field"] != x {
			t.Errorf("%s: %s", x, a.Raw)
		}
	}
	r.put(422, "mia", "/knowledge/"+id, object{"expires_at": "2090-01-01T00:00:00Z"})
	r.put(200, "mia", "/knowledge/"+id, object{"expires_at": nil, "pinned": false})
	r.get(404, "mia", "/news/"+id)
	r.delete(404, "mia", "/news/"+id)
	r.delete(204, "mia", "/knowledge/"+id)
	r.get(404, "mia", "/knowledge/"+id)
	r.delete(404, "mia", "/knowledge/"+id)
	r.get(404, "mia", "/knowledge/1")
}

func TestStaleChangesShowThePresentItem(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.write("mia", "news", object{})
	r.put(200, "sol", path, object{"title": "Envelopes again"}, "If-Match", `"1"`)
	for _, a := range []answer{r.put(409, "mia", path, object{"title": "Mine"}, "If-Match", "1"), r.delete(409, "mia", path, "If-Match", `W/"1"`)} {
		if item, _ := a.JSON["item"].(object); a.JSON["code"] != "stale" || item["title"] != "Envelopes again" || item["version"] != 2.0 {
			t.Errorf("%s", a.Raw)
		}
	}
	r.put(422, "mia", path, object{}, "If-Match", "x")
	r.put(403, "rea", r.write("mia", "knowledge", object{}), object{"title": "Theirs"}, "If-Match", "7") // the right is asked first
	r.put(200, "mia", path, object{"title": "Mine"}, "If-Match", "2")
	r.delete(204, "mia", path, "If-Match", "3")
}

func TestWhatIsNoArticleIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	good := func(change object) object {
		o := object{"service": "Printers", "title": "T", "text": "x"}
		for k, v := range change {
			o[k] = v
		}
		return o
	}
	for name, x := range map[string]struct {
		change object
		field  string
	}{
		"no title":           {object{"title": " \n"}, "title"},
		"a long title":       {object{"title": strings.Repeat("é", 201)}, "title"},
		"a title with NUL":   {object{"title": "a\x00b"}, "title"},
		"no text":            {object{"text": "\r\n \n"}, "text"},
		"a long text":        {object{"text": strings.Repeat("é", 100_001)}, "text"},
		"a text with NUL":    {object{"text": "a\x00b"}, "text"},
		"another language":   {object{"language": "fr"}, "language"},
		"an unknown place":   {object{"service": "Nowhere"}, "service"},
		"an end in the past": {object{"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"},
	} {
		if a := r.post(422, "mia", "/news", good(x.change)); a.JSON["field"] != x.field {
			t.Errorf("%s: %s", name, a.Raw)
		}
	}
	for _, missing := range []string{"service", "title", "text"} {
		o := good(nil)
		delete(o, missing)
		if a := r.post(422, "mia", "/news", o); a.JSON["field"] != missing {
			t.Errorf("without %s: %s", missing, a.Raw)
		}
	}
	for _, form := range []object{good(object{"expires_at": "tomorrow"}), good(object{"pinned": "yes"}), good(object{"author_": "x"})} {
		r.post(422, "mia", "/news", form)
	}
	r.post(400, "mia", "/news", `{"service":"Printers"`+"\xff}")
	if a := r.post(422, "sol", "/news", good(object{"title": ""})); !strings.HasPrefix(a.JSON["detail"].(string), "Falta el título") {
		t.Errorf("in Spanish: %s", a.Raw)
	}
	r.post(201, "mia", "/news", good(object{"title": strings.Repeat("é", 200), "text": strings.Repeat("é", 100_000)}))
	if n := len(list(r.get(200, "mia", "/news"), "items")); n != 1 {
		t.Errorf("%d of those were kept", n)
	}
	for query, field := range map[string]string{"service=Nowhere": "service", "language=fr": "language", "page=x": "page"} {
		if a := r.get(422, "mia", "/news?"+query); a.JSON["field"] != field {
			t.Errorf("?%s: %s", query, a.Raw)
		}
	}
}

func TestArticleListsFilterAndGoOnPageByPage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, x := range []object{{"title": "Toner", "text": "Order it: 100% black_ink."}, {"title": "Sobres", "language": "es", "text": "Abre la bandeja."}, {"title": "Cables", "text": "Toner of the network", "for_requesters": true}} {
		r.write("mia", "knowledge", x)
	}
	r.write("net", "knowledge", object{"service": "Network", "title": "Sockets", "for_requesters": true})
	for _, x := range []struct{ who, query, want string }{
		{"mia", "", "Sockets, Cables, Sobres, Toner"},
		{"mia", "service=Printers", "Cables, Sobres, Toner"},
		{"mia", "service=IT", "Sockets, Cables, Sobres, Toner"}, // a folder is all below it
		{"mia", "service=it/network", "Sockets"},
		{"mia", "language=es", "Sobres"},
		{"mia", "q=toner", "Cables, Toner"},
		{"ben", "q=toner", "Cables"},
		{"ben", "", "Sockets, Cables"},
		{"mia", "q=toner&language=es", ""},
		{"mia", "q=BANDEJÁ", "Sobres"},
		{"mia", "q=ord", "Toner"}, // the last word may go on
		{"mia", "q=" + url.QueryEscape(`"of the network"`), "Cables"},
		{"ben", "q=" + url.QueryEscape("100% ink"), ""},
		{"mia", "q=" + url.QueryEscape("100% ink"), "Toner"},
		{"mia", "q=" + url.QueryEscape("%"), ""},
		{"ken", "", ""}, {"root", "", ""}, {"tre", "", ""},
		{"vic", "", "Cables, Sobres, Toner"},
	} {
		if got := titles(r.get(200, x.who, "/knowledge?"+x.query)); got != x.want {
			t.Errorf("%s ?%s: %q, want %q", x.who, x.query, got, x.want)
		}
	}
	r.get(422, "mia", "/knowledge?q="+strings.Repeat("x", 201))

	r.sql(`insert into article (id, kind, service_id, title, text, language, for_requesters, pinned, created_at, updated_at)
		select gen_random_uuid(), 'news', id, 'n' || n, 'x', 'en', n % 2 = 0, n in (3, 4), now(), now() from service, generate_series(1, 120) n where name = 'Printers'`)
	for who, want := range map[string]struct{ sizes, first string }{"mia": {"50 50 20", "n4 n3 n120"}, "ben": {"50 10", "n4 n120 n118"}} {
		var sizes, names []string
		for page, more := "", true; more; {
			a := r.get(200, who, "/news?page="+url.QueryEscape(page))
			for _, item := range list(a, "items") {
				names = append(names, item["title"].(string))
			}
			sizes = append(sizes, fmt.Sprint(len(list(a, "items"))))
			page, more = a.JSON["next"].(string)
		}
		seen := map[string]bool{}
		for _, name := range names {
			seen[name] = true
		}
		if got := strings.Join(sizes, " "); got != want.sizes || len(seen) != len(names) || !strings.HasPrefix(strings.Join(names, " "), want.first) {
			t.Errorf("%s reads pages of %s: %v", who, got, names)
		}
	}
}

// What nobody can have written is found nowhere, and fails nothing.
func TestOddWordsFindNoArticles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.write("mia", "news", object{})
	for _, q := range []string{"%00", "%ff", "%25", "''", "%5C", "a:*%26b", "!", "%3C-%3E", "%28", strings.Repeat("x%20", 50)} {
		if a := r.get(200, "mia", "/news?q="+q); titles(a) != "" {
			t.Errorf("%s finds %s", q, a.Raw)
		}
	}
	r.get(422, "mia", "/news?service=%00")
	r.get(404, "mia", "/news/%00")
	r.get(404, "mia", "/news/"+strings.ToUpper(strings.TrimPrefix(path, "/news/"))+"x")
	for _, at := range []string{"12026-01-01T00:00:00Z", "2026-13-01T00:00:00Z", ""} {
		r.put(422, "mia", path, object{"expires_at": at})
	}
	if log := r.log.String(); strings.Contains(log, "request failed") {
		t.Errorf("the log tells of failures: %s", log)
	}
}
