package mailin

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestExplanationIsComplete guards the form that programs read: every field is
// there and no list is null, even for a file that is no message.
func TestExplanationIsComplete(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(Explain("x.bin", Read(strings.NewReader(""), Options{})))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"file":"x.bin","message_id":"","from":[],"to":[],"cc":[],"reply_to":[],"subject":"","date":null,"in_reply_to":[],"references":[],` +
		`"class":"human","reasons":[],"may_answer":false,"text":"","visible":"","quoted":"","signature":"","language":"und","html":"","attachments":[],` +
		`"bounce":null,"commands":[],"warnings":["the message is empty","no From field"]}`
	if string(raw) != want {
		t.Errorf("%s\nwant\n%s", raw, want)
	}
}

func TestExplanationOfABounce(t *testing.T) {
	t.Parallel()
	m := Read(strings.NewReader(report("Final-Recipient: rfc822; luis@vendor.test\nAction: failed\nStatus: 5.1.1\n")), Options{})
	raw, err := json.Marshal(Explain("b.eml", m))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"bounce":{"kind":"failed","status":"5.1.1","recipients":["luis@vendor.test"],"original_message_id":"orig@desk.test"}`,
		`"class":"bounce"`, `"name":"message.eml","content_type":"message/rfc822"`, `"sha256":"`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s lacks %s", raw, want)
		}
	}
}
