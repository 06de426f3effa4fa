package api_test

import (
	"strings"
	"testing"
)

func TestRecordsAreShownBySide(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	r.act(200, "mia", path, "record", object{"text": "A note by default"})
	r.act(200, "mia", path, "record", object{"text": "A reply", "show_to_requester": true})
	r.act(200, "ben", path, "record", object{"text": "An answer"})
	r.act(200, "rea", path, "record", object{"text": "A reader's note"})
	r.act(403, "rea", path, "record", object{"text": "x", "show_to_requester": true}) // needs the right to solve (D7)
	r.act(403, "ben", path, "record", object{"text": "x", "show_to_requester": false})
	r.act(422, "ben", path, "record", object{"text": " "})
	r.act(422, "ben", path, "record", object{"text": 1})
	r.act(422, "ben", path, "record", object{"show_to_requester": "maybe", "text": "x"})
	r.act(422, "ben", path, "record", object{"text": "x", "colour": "red"})

	log := list(r.get(200, "mia", path+"/log"), "records")
	var said []string
	for _, rec := range log {
		if rec["text"] != "" {
			said = append(said, rec["text"].(string)+map[bool]string{true: " (shown)", false: ""}[rec["show_to_requester"].(bool)])
		}
		for _, key := range []string{"id", "at", "kind", "text", "show_to_requester", "attachments", "verified"} {
			if _, ok := rec[key]; !ok {
				t.Errorf("a record lacks %s: %v", key, rec)
			}
		}
	}
	want := "It makes a noise. (shown)|A note by default|A reply (shown)|An answer (shown)|A reader's note"
	if got := strings.Join(said, "|"); got != want {
		t.Errorf("the log says\n%s, want\n%s", got, want)
	}
	for _, rec := range list(r.get(200, "ben", path+"/log"), "records") {
		if rec["show_to_requester"] != true {
			t.Errorf("the requester sees %v", rec)
		}
	}
}

func TestFilesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const png = "\x89PNG\r\n\x1a\n and more"
	large := strings.Repeat("log line\n", 300_000)
	a := r.post(201, "ben", "/tickets", formOf([]file{
		{"screen \"1\" ñ.png", "image/png", png},
		{"../../etc/page.html", "text/html; charset=utf-8", "<script>alert(1)</script>"},
		{"big.log", "text/plain", large},
		{"fake.png", "image/png", "<svg onload=alert(1)>"},
		{"empty.txt", "text/plain", ""},
	}, "service", "Printers", "subject", "Paper jam", "text", "Two\r\nlines", "priority", "high"))
	path := ticketPath(a)
	log := list(r.get(200, "ben", path+"/log"), "records")
	if log[0]["text"] != "Two\nlines" {
		t.Errorf("the text is %q", log[0]["text"])
	}
	files := log[0]["attachments"].([]any)
	want := []struct{ name, kind, content string }{
		{"screen \"1\" ñ.png", "image/png", png},
		{"page.html", "application/octet-stream", "<script>alert(1)</script>"},
		{"big.log", "application/octet-stream", large},
		{"fake.png", "application/octet-stream", "<svg onload=alert(1)>"},
		{"empty.txt", "application/octet-stream", ""},
	}
	if len(files) != len(want) {
		t.Fatalf("%d files: %v", len(files), files)
	}
	for i, w := range want {
		f := files[i].(object)
		if f["name"] != w.name || f["size"] != float64(len(w.content)) {
			t.Errorf("file %d is %v, want %s", i, f, w.name)
		}
		got := r.get(200, "mia", path+"/attachments/"+f["id"].(string))
		if got.Raw != w.content {
			t.Errorf("%s has %d bytes, want %d", w.name, len(got.Raw), len(w.content))
		}
		h := got.Header
		if h.Get("Content-Type") != w.kind || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "sandbox; default-src 'none'" {
			t.Errorf("%s is sent with %v", w.name, h)
		}
	}
	first := r.get(200, "ben", path+"/attachments/"+files[0].(object)["id"].(string)).Header.Get("Content-Disposition")
	if first != "attachment; filename*=utf-8''screen%20%221%22%20%C3%B1.png" {
		t.Errorf("a name beyond ASCII: %s", first)
	}
	r.get(404, "ben", path+"/attachments/0190a1b2-0000-7000-8000-000000000000")
	other := r.open("ben", "Another") // a file is found on its own ticket only
	r.get(404, "ben", other+"/attachments/"+files[0].(object)["id"].(string))
}

func TestRecordTakesFilesInForms(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	r.act(200, "mia", path, "record", formOf([]file{{"trace.txt", "text/plain", "internal"}}, "text", "See the trace", "show_to_requester", "false"))
	r.act(200, "mia", path, "record", formOf([]file{{"guide.txt", "text/plain", "public"}}, "show_to_requester", "true"))
	r.act(200, "ben", path, "record", formOf([]file{{"photo.txt", "text/plain", "mine"}}))
	r.act(422, "ben", path, "record", formOf(nil, "colour", "red"))
	r.act(422, "ben", path, "record", formOf(nil, "text", "x", "show_to_requester", "perhaps"))
	ids := map[string]string{}
	for _, rec := range list(r.get(200, "mia", path+"/log"), "records") {
		for _, f := range rec["attachments"].([]any) {
			ids[f.(object)["name"].(string)] = f.(object)["id"].(string)
		}
	}
	r.get(200, "ben", path+"/attachments/"+ids["guide.txt"])
	r.get(200, "ben", path+"/attachments/"+ids["photo.txt"])
	r.get(200, "mia", path+"/attachments/"+ids["trace.txt"])
	r.get(404, "ben", path+"/attachments/"+ids["trace.txt"]) // the visibility of a file is its record's

	broken := formOf([]file{{"a.txt", "text/plain", strings.Repeat("x", 10_000)}}, "text", "x")
	broken.body = strings.NewReader("--" + strings.TrimPrefix(broken.kind, "multipart/form-data; boundary=") + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\ncut")
	r.act(400, "ben", path, "record", broken)
	r.act(415, "ben", path, "record", form{strings.NewReader("x"), "multipart/form-data"})
	many := make([]file, 101)
	for i := range many {
		many[i] = file{"f", "text/plain", "x"}
	}
	r.act(413, "ben", path, "record", formOf(many))
	r.act(413, "ben", path, "record", formOf(nil, "text", strings.Repeat("x", 1<<20+1)))
}

// Whoever may not write cannot fill the store either: nothing of their files is kept.
func TestFilesOfWhoMayNotWriteAreNotStored(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := r.open("ben", "Paper jam")
	upload := func() form { return formOf([]file{{"a.txt", "text/plain", "kept nowhere"}}, "text", "x") }
	r.act(404, "eva", path, "record", upload())
	r.act(401, "", path, "record", upload())
	var n int
	if err := r.city.Store.Pool().QueryRow(t.Context(), "select count(*) from blob").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d contents are kept: %v", n, err)
	}
}
