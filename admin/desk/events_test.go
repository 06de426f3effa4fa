package desk_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"postdesk/core/helpdesk"
)

// A stream of events tells the requester neither that a note was written nor who of the team looks at the ticket, and ends
// with its session.
func TestStreamTellsRequestersNothingInternal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.open(t, "ben", helpdesk.NewTicket{Subject: "Jam", Text: "It is jammed."})
	ben, mia := w.as(t, "ben"), w.as(t, "mia")
	path := fmt.Sprintf("/dashboard/ithelpdesk/%d", n)
	listen := func(b *browser) <-chan string {
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		t.Cleanup(cancel)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+fmt.Sprintf("/dashboard/ithelpdesk/events?ticket=%d&again=yes", n), nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := b.client.Do(r)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%v %v", res, err)
		}
		t.Cleanup(func() { res.Body.Close() })
		said := make(chan string, 100)
		go func() {
			defer close(said)
			for lines := bufio.NewScanner(res.Body); lines.Scan(); {
				if line, ok := strings.CutPrefix(lines.Text(), "event: "); ok && line != "unread" {
					said <- line
				}
			}
		}()
		return said
	}
	time.Sleep(4 * time.Second) // what was written on opening is news no longer
	bens, mias := listen(ben), listen(mia)
	mia.post(path+"/presence", "writing", "yes").want(204)
	sol := w.as(t, "sol")
	sol.post(path+"/presence", "writing", "yes").want(204)
	w.record(t, "sol", n, "Between us.", false)
	for heard := map[string]bool{}; !heard["changed"] || !heard["present"]; {
		select {
		case event := <-mias:
			heard[event] = true
		case <-time.After(10 * time.Second):
			t.Fatalf("the team is told only %v", heard)
		}
	}
	select {
	case event := <-bens:
		t.Errorf("the requester is told: %s", event)
	case <-time.After(2 * time.Second):
	}
	w.record(t, "sol", n, "For you.", true)
	select {
	case event := <-bens:
		if event != "changed" {
			t.Errorf("of a reply the requester is told: %s", event)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the requester is not told of a reply")
	}
	ben.post("/logout").want(303)
	for {
		select {
		case event, open := <-bens:
			if !open {
				return
			}
			t.Errorf("told: %s", event)
		case <-time.After(12 * time.Second):
			t.Fatal("the stream outlives its session")
		}
	}
}
