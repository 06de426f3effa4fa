package mailin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// corpusFloors are the scores that were reached on a large collection of
// public sample mails, by file of expectations; they must not fall. The
// collection is named by POSTDESK_CORPUS. Without it the project's own small
// one is read, and there every expectation must be met.
var corpusFloors = map[string]float64{
	"expect-parse.jsonl":  0.91,
	"expect-reply.jsonl":  0.95,
	"expect-bounce.jsonl": 0.965,
	"expect-auto.jsonl":   1,
}

// TestCorpus reads every file of the collection, none of which may take long
// or crash, and compares what was read with what is expected of it.
func TestCorpus(t *testing.T) {
	t.Parallel()
	dir, floor := os.Getenv("POSTDESK_CORPUS"), corpusFloors
	if dir == "" {
		dir = filepath.Join("testdata", "corpus")
		floor = map[string]float64{"expect-parse.jsonl": 1, "expect-reply.jsonl": 1, "expect-bounce.jsonl": 1, "expect-auto.jsonl": 1}
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		start := time.Now()
		m := Read(bytes.NewReader(raw), Options{})
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s took %v", path, took)
		}
		checkMessage(t, path, m)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Fatalf("only %d files in %s", files, dir)
	}
	for _, name := range []string{"expect-parse.jsonl", "expect-reply.jsonl", "expect-bounce.jsonl", "expect-auto.jsonl"} {
		judge := map[string]func(string, expectation) []string{
			"expect-parse.jsonl": judgeParse, "expect-reply.jsonl": judgeReply,
			"expect-bounce.jsonl": judgeBounce, "expect-auto.jsonl": judgeAuto}[name]
		good, all := 0, 0
		for _, e := range readExpectations(t, filepath.Join(dir, name)) {
			if e.Disputed != nil {
				continue
			}
			all++
			if wrong := judge(dir, e); len(wrong) > 0 {
				if testing.Verbose() {
					t.Logf("%s %s: %s", name, e.File, strings.Join(wrong, "; "))
				}
				continue
			}
			good++
		}
		if all == 0 {
			t.Errorf("%s: no expectations", name)
			continue
		}
		score := float64(good) / float64(all)
		t.Logf("%s: %d of %d (%.1f %%)", name, good, all, 100*score)
		if score < floor[name] {
			t.Errorf("%s: score %.3f is below the floor %.3f", name, score, floor[name])
		}
	}
}

// expectation is one line of an expectation file; each kind uses some fields.
type expectation struct {
	File     string `json:"file"`
	Kind     string `json:"kind"`
	Disputed any    `json:"disputed"`
	Format   string `json:"format"`

	Subject     *string         `json:"subject"`
	SubjectAny  []string        `json:"subject_any"`
	From        json.RawMessage `json:"from"`
	To          json.RawMessage `json:"to"`
	Cc          json.RawMessage `json:"cc"`
	ReplyTo     json.RawMessage `json:"reply_to"`
	FromUnusual bool            `json:"from_unusual"`
	Date        string          `json:"date"`
	MessageID   string          `json:"message_id"`
	Body        []string        `json:"body_text_contains"`
	BodyAny     []string        `json:"body_text_contains_any"`
	Files       []expectedFile  `json:"attachments"`
	FilesSome   []expectedFile  `json:"attachments_include"`
	Named       []expectedFile  `json:"named_parts"`
	Leaves      []expectedLeaf  `json:"leaves"`

	Input     string   `json:"input"`
	Match     string   `json:"match"`
	Visible   *string  `json:"visible_text"`
	Signature string   `json:"signature"`
	Contains  []string `json:"contains"`
	Lacks     []string `json:"lacks"`

	IsBounce   *bool    `json:"is_bounce"`
	Status     any      `json:"status"`
	Recipients []string `json:"final_recipients"`
	Original   string   `json:"original_message_id"`

	IsAuto    *bool `json:"is_auto_reply"`
	MustNot   bool  `json:"must_not_autorespond"`
	MayAnswer *bool `json:"may_answer"`
}

type expectedFile struct {
	Name      string   `json:"name"`
	Generated bool     `json:"name_generated"`
	NameAny   []string `json:"name_any"`
	Size      *int64   `json:"size"`
	SHA256    string   `json:"sha256"`
}

type expectedLeaf struct {
	Kind   string `json:"kind"`
	SHA256 string `json:"sha256_lf"`
}

func readExpectations(t *testing.T, path string) []expectation {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []expectation
	for _, line := range bytes.Split(raw, []byte("\n")) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var e expectation
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%s: %v in %s", path, err, line)
		}
		out = append(out, e)
	}
	return out
}

func readCorpusFile(dir, file string) *Message {
	raw, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return &Message{Subject: err.Error()}
	}
	return Read(bytes.NewReader(raw), Options{})
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }

func judgeParse(dir string, e expectation) (wrong []string) {
	m := readCorpusFile(dir, e.File)
	if e.Format == "tnef" { // the bare part
		raw, _ := os.ReadFile(filepath.Join(dir, e.File))
		m = Read(io.MultiReader(strings.NewReader("Content-Type: application/ms-tnef; name=winmail.dat\n\n"), bytes.NewReader(raw)), Options{})
	}
	say := func(format string, a ...any) { wrong = append(wrong, fmt.Sprintf(format, a...)) }
	if e.Subject != nil && fold(*e.Subject) != fold(m.Subject) {
		say("subject %q, want %q", m.Subject, *e.Subject)
	}
	if e.SubjectAny != nil && !slices.ContainsFunc(e.SubjectAny, func(s string) bool { return fold(s) == fold(m.Subject) }) {
		say("subject %q, want one of %q", m.Subject, e.SubjectAny)
	}
	if !e.FromUnusual {
		judgeAddresses(say, "from", e.From, m.From)
	}
	judgeAddresses(say, "to", e.To, m.To)
	judgeAddresses(say, "cc", e.Cc, m.Cc)
	judgeAddresses(say, "reply_to", e.ReplyTo, m.ReplyTo)
	if e.Date != "" {
		want, err := time.Parse(time.RFC3339, e.Date)
		if err == nil && (m.Date == nil || !m.Date.Equal(want)) {
			say("date %v, want %s", m.Date, e.Date)
		}
	}
	if e.MessageID != "" && e.MessageID != m.MessageID {
		say("message id %q, want %q", m.MessageID, e.MessageID)
	}
	text := fold(m.Text + "\n" + readHTML(m.HTML).text)
	for _, b := range e.Body {
		if !strings.Contains(text, fold(b)) {
			say("body lacks %q", b)
		}
	}
	if e.BodyAny != nil && !slices.ContainsFunc(e.BodyAny, func(b string) bool { return strings.Contains(text, fold(b)) }) {
		say("body lacks all of %q", e.BodyAny)
	}
	for _, f := range slices.Concat(e.Files, e.FilesSome, e.Named) {
		if !slices.ContainsFunc(m.Attachments, f.is) {
			var have []string
			for _, a := range m.Attachments {
				have = append(have, fmt.Sprintf("%s %d %x", a.Name, a.Size, a.SHA256[:4]))
			}
			size := int64(-1)
			if f.Size != nil {
				size = *f.Size
			}
			say("no file %q %d %.8s among %q", f.Name, size, f.SHA256, have)
		}
	}
	for _, l := range e.Leaves {
		if l.Kind != "binary" {
			continue
		}
		if !slices.ContainsFunc(m.Attachments, func(a Attachment) bool {
			sum := sha256.Sum256(bytes.ReplaceAll(a.Data, []byte("\r\n"), []byte("\n")))
			return hex.EncodeToString(sum[:]) == l.SHA256 || hex.EncodeToString(a.SHA256[:]) == l.SHA256
		}) {
			say("no binary leaf %.8s", l.SHA256)
		}
	}
	return wrong
}

func (f expectedFile) is(a Attachment) bool {
	names := append([]string{f.Name}, f.NameAny...)
	if f.Name != "" && !f.Generated && !slices.ContainsFunc(names, func(n string) bool { return fold(n) == fold(a.Name) }) {
		return false
	}
	if f.SHA256 == "" {
		return true
	}
	lf := sha256.Sum256(bytes.ReplaceAll(a.Data, []byte("\r\n"), []byte("\n")))
	return hex.EncodeToString(a.SHA256[:]) == f.SHA256 || hex.EncodeToString(lf[:]) == f.SHA256
}

func judgeAddresses(say func(string, ...any), what string, raw json.RawMessage, have []Address) {
	if len(raw) == 0 || string(raw) == "null" {
		return
	}
	var want []Address
	var one Address
	var text string
	switch {
	case json.Unmarshal(raw, &want) == nil:
	case json.Unmarshal(raw, &one) == nil:
		want = []Address{one}
	case json.Unmarshal(raw, &text) == nil:
		want = appendAddresses(nil, text)
	}
	if len(want) != len(have) {
		say("%s %q, want %q", what, have, want)
		return
	}
	for i, w := range want {
		if !strings.EqualFold(w.Address, have[i].Address) || w.Name != "" && fold(w.Name) != fold(have[i].Name) {
			say("%s %q, want %q", what, have[i], w)
		}
	}
}

func judgeReply(dir string, e expectation) (wrong []string) {
	raw, err := os.ReadFile(filepath.Join(dir, e.File))
	if err != nil {
		return []string{err.Error()}
	}
	switch e.Input {
	case "text/plain body", "text/html body":
		ctype, _, _ := strings.Cut(e.Input, " ")
		raw = append([]byte("From: ana@city.test\nSubject: x\nMIME-Version: 1.0\nContent-Type: "+ctype+"; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"), raw...)
	}
	m := Read(bytes.NewReader(raw), Options{})
	say := func(format string, a ...any) { wrong = append(wrong, fmt.Sprintf(format, a...)) }
	bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
	if e.Visible != nil {
		ok := true
		switch e.Match {
		case "exact":
			ok = fold(m.Visible) == fold(*e.Visible)
		case "nowhitespace":
			ok = bare(m.Visible) == bare(*e.Visible)
		case "first_fragment":
			ok = strings.HasPrefix(fold(m.Visible), fold(*e.Visible))
		}
		if !ok {
			say("%s visible %q, want %q", e.Match, m.Visible, *e.Visible)
		}
	}
	if e.Signature != "" && fold(m.Signature) != fold(e.Signature) {
		say("signature %q, want %q", m.Signature, e.Signature)
	}
	for _, c := range e.Contains {
		if !strings.Contains(fold(m.Visible), fold(c)) {
			say("visible lacks %q", c)
		}
	}
	for _, c := range e.Lacks {
		if strings.Contains(fold(m.Visible), fold(c)) {
			say("visible holds %q", c)
		}
	}
	return wrong
}

func judgeAuto(dir string, e expectation) (wrong []string) {
	m := readCorpusFile(dir, e.File)
	if e.MustNot && m.MayAnswer {
		wrong = append(wrong, fmt.Sprintf("may answer, class %s, from %v, subject %q", m.Class, m.From, m.Subject))
	}
	if e.IsAuto != nil && *e.IsAuto != (m.Class == ClassAuto) {
		wrong = append(wrong, fmt.Sprintf("class %s, subject %q", m.Class, m.Subject))
	}
	if e.MayAnswer != nil && *e.MayAnswer != m.MayAnswer {
		wrong = append(wrong, fmt.Sprintf("may answer is %v", m.MayAnswer))
	}
	return wrong
}
