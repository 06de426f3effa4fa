package mailout

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

func TestThreadIndexOfARoot(t *testing.T) {
	t.Parallel()
	at := time.Date(2018, 7, 16, 7, 40, 0, 279_961_600, time.UTC)
	index, ok := decodeThreadIndex(NewThreadIndex("<root@city.test>", at))
	if !ok || len(index) != 22 || hex.EncodeToString(index[:6]) != "01d41cd8337b" {
		t.Errorf("index %x", index)
	}
	if NewThreadIndex("root@city.test", at) != NewThreadIndex("<root@city.test>", at) {
		t.Error("angle brackets make another conversation")
	}
	if NewThreadIndex("other@city.test", at) == NewThreadIndex("root@city.test", at) {
		t.Error("two roots share a conversation")
	}
}

func TestThreadIndexGrowsByFiveBytes(t *testing.T) {
	t.Parallel()
	guid := strings.Repeat("5a", 16)
	for _, test := range []struct {
		name, parent string
		at           time.Time
		level        string // without the byte that tells siblings apart
	}{
		{"desktop", "01d41cd8337b" + guid, time.Date(2018, 7, 16, 21, 43, 22, 827_571_200, time.UTC), "001d745e"},
		{"desktop, second answer", "01d41cd8337b" + guid + "001d745e00", time.Date(2018, 7, 16, 21, 43, 22, 827_571_200, time.UTC), "001d745e"},
		{"web", "0101d41cd833" + guid, time.Date(2018, 7, 16, 21, 43, 22, 827_571_200, time.UTC), "001d747c"},
		{"after years", "01d41cd8337b" + guid, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), "92b753c4"},
		{"clock went back", "01d41cd8337b" + guid, time.Date(2018, 7, 1, 0, 0, 0, 0, time.UTC), "00000000"},
	} {
		parent, err := hex.DecodeString(test.parent)
		if err != nil {
			t.Fatal(err)
		}
		index, ok := decodeThreadIndex(ExtendThreadIndex(base64.StdEncoding.EncodeToString(parent), test.at))
		if !ok || len(index) != len(parent)+5 {
			t.Fatalf("%s: %x", test.name, index)
		}
		if got := hex.EncodeToString(index); got[:len(test.parent)] != test.parent || got[len(test.parent):len(got)-2] != test.level {
			t.Errorf("%s: %s after %s, want %s", test.name, got[len(test.parent):], got[:len(test.parent)], test.level)
		}
	}
}

func TestThreadIndexThatIsNone(t *testing.T) {
	t.Parallel()
	for _, parent := range []string{"", "hello", "AAAA", base64.StdEncoding.EncodeToString(make([]byte, 23)), strings.Repeat("A", 100_000), NewThreadIndex("x", time.Now()) + "\r\n"} {
		if got := ExtendThreadIndex(parent, time.Now()); got != "" {
			t.Errorf("%.40q extended to %q", parent, got)
		}
	}
}

func TestThreadIndexStaysOnOneLine(t *testing.T) {
	t.Parallel()
	index := NewThreadIndex("root@city.test", time.Now())
	for range 500 {
		index = ExtendThreadIndex(index, time.Now())
	}
	if n := len("Thread-Index: " + index); n > 998 || n < 800 {
		t.Errorf("%d bytes", n)
	}
}

func TestRootLetterBeginsAConversation(t *testing.T) {
	t.Parallel()
	l := letter()
	l.ThreadIndex, l.References, l.InReplyTo = "", nil, ""
	if header, _ := parse(t, render(t, l)); header.Get("Thread-Index") != NewThreadIndex(l.MessageID, l.Date) {
		t.Errorf("header %q", header)
	}
	l.InReplyTo = "reply@vendor.test"
	if header, _ := parse(t, render(t, l)); header["Thread-Index"] != nil {
		t.Error("an answer without an index began a conversation")
	}
}
