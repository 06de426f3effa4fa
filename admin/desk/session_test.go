package desk

import (
	"context"
	"testing"
	"time"

	"postdesk/core/helpdesk"
	"postdesk/core/store/storetest"
)

// A session that is ended while one of its requests is answered must not come back with the end of that request.
func TestEndedSessionStaysEnded(t *testing.T) {
	t.Parallel()
	sessions := sessionStore{helpdesk.New(storetest.New(t), time.Now), time.Now}
	request := func() context.Context { return context.WithValue(t.Context(), arrivalKey{}, &arrival{}) }
	expires := time.Now().Add(time.Hour)
	if err := sessions.CommitCtx(request(), "key", []byte("one"), expires); err != nil {
		t.Fatal(err)
	}
	slow := request()
	if data, ok, err := sessions.FindCtx(slow, "key"); err != nil || !ok || string(data) != "one" {
		t.Fatalf("%q %v %v", data, ok, err)
	}
	if err := sessions.CommitCtx(slow, "key", []byte("two"), expires); err != nil {
		t.Fatal(err)
	}
	if data, _, err := sessions.FindCtx(request(), "key"); err != nil || string(data) != "two" {
		t.Errorf("what a request leaves is lost: %q %v", data, err)
	}
	if err := sessions.DeleteCtx(request(), "key"); err != nil {
		t.Fatal(err)
	}
	if err := sessions.CommitCtx(slow, "key", []byte("three"), expires); err != nil {
		t.Fatal(err)
	}
	if data, ok, err := sessions.FindCtx(request(), "key"); err != nil || ok {
		t.Errorf("it came back: %q %v", data, err)
	}
	if err := sessions.CommitCtx(request(), "old", []byte("old"), time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := sessions.FindCtx(request(), "old"); err != nil || ok {
		t.Errorf("a session whose time is over is found: %v", err)
	}
}

func TestBrowsersHaveNames(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  "Firefox, Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0":               "Edge, Windows",
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36":                            "Chrome, Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari, iPhone",
		"curl/8.0": "curl/8.0", "": "",
	} {
		if got := browserName(agent); got != want {
			t.Errorf("%s: %s, want %s", agent, got, want)
		}
	}
}
