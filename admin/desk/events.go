package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// Times of a stream of events.
const (
	heartbeatEvery = 20 * time.Second // for proxies that end what is silent
	checkEvery     = 5 * time.Second  // is its reader still signed in?
	countEvery     = 10 * time.Second
	sendTime       = 10 * time.Second // for one event to leave; who takes none of it has gone
)

// liveRoutes are what a page asks for by itself while it stands open.
func (d *desk) liveRoutes() []route {
	const ticket = home + "/{number:[0-9]+}"
	return []route{
		{http.MethodGet, home + "/events", streamEvents, false},
		{http.MethodGet, home + "/live", listTickets, false},
		{http.MethodGet, ticket + "/live", showTicket, false},
		{http.MethodPost, ticket + "/seen", markSeen, false},
		{http.MethodPost, ticket + "/presence", markPresence, false},
	}
}

type peekedKey struct{}

// peeked is the request before its session was read, for reading the session again.
type peeked struct {
	ctx   context.Context
	token string
}

// peek reads the session and leaves it as it was: what a page asks for by itself keeps nobody signed in, and takes no
// sentence away that the next page is to say.
func (d *desk) peek(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := peeked{ctx: r.Context()}
		if c, err := r.Cookie(d.sessions.Cookie.Name); err == nil {
			from.token = c.Value
		}
		ctx, err := d.sessions.Load(from.ctx, from.token)
		if err != nil {
			d.sessions.ErrorFunc(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, peekedKey{}, from)))
	})
}

// still is the signed-in person as they are now; nil = the session has ended, or they may not sign in any more.
func (v *visit) still() (*core.Person, error) {
	from, _ := v.r.Context().Value(peekedKey{}).(peeked)
	ctx, err := v.sessions.Load(from.ctx, from.token)
	if err != nil || v.sessions.GetInt64(ctx, keyPerson) != int64(v.me.ID) {
		return nil, err
	}
	p, err := v.Helpdesk.SignedInPerson(ctx, v.me.ID)
	if core.CodeOf(err) == core.NotFound {
		return nil, nil
	}
	return p, err
}

// streamEvents tells the page what happens (server-sent events of the HTML standard):
//
//	changed {"numbers": […]}                    tickets with something new that the reader may see, or lost sight of
//	present {"people": [{"name", "writing"}]}   who else has the open ticket on their screen
//	unread  {"mine": n}                         unread tickets of the reader's own queue
//
// It ends with the session, the reader's page, or the server.
func streamEvents(v *visit) error {
	var open core.Number
	if ticket := v.r.URL.Query().Get("ticket"); ticket != "" {
		n, err := strconv.ParseInt(ticket, 10, 64)
		if err != nil || n <= 0 {
			return core.Refuse(core.NotFound, "error.not_found")
		}
		open = core.Number(n)
	}
	ctx := v.r.Context()
	l, err := v.Helpdesk.Listen(ctx, v.me, open, v.r.URL.Query().Get("again") == "")
	if err != nil {
		return err
	}
	defer l.Close()
	s := stream{visit: v, rc: http.NewResponseController(v.w)}
	if err := s.rc.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("stream of events: %w", err)
	}
	v.w.Header().Set("Content-Type", "text/event-stream")
	v.w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	if s.write("retry: 3000\n\n") != nil {
		return nil
	}
	beat, check, count := time.NewTicker(heartbeatEvery), time.NewTicker(checkEvery), time.NewTimer(0)
	defer beat.Stop()
	defer check.Stop()
	defer count.Stop()
	for err == nil { // an error: the reader has gone
		select {
		case <-ctx.Done():
			return nil
		case <-web.Closing(ctx):
			return nil
		case <-l.Wake():
			if err = s.tell(l.News()); time.Since(s.counted) > countEvery {
				count.Reset(0)
			} else {
				count.Reset(time.Until(s.counted.Add(countEvery)))
			}
		case <-count.C:
			err = s.count()
		case <-beat.C:
			err = s.write(":\n\n")
		case <-check.C:
			me, err := v.still()
			switch {
			case err != nil: // the next check asks again
				v.Log.WarnContext(ctx, "session of a stream not checked", "error", err)
			case me == nil:
				return nil
			default:
				l.Renew(me)
			}
		}
	}
	return nil
}

// stream is one page's events on their way.
type stream struct {
	*visit
	rc      *http.ResponseController
	counted time.Time
}

func (s *stream) write(text string) error {
	if err := s.rc.SetWriteDeadline(time.Now().Add(sendTime)); err != nil {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.rc.Flush()
}

func (s *stream) send(event string, data any) error {
	b, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return s.write("event: " + event + "\ndata: " + string(b) + "\n\n")
}

func (s *stream) tell(news helpdesk.News) (err error) {
	if len(news.Changed) > 0 {
		err = s.send("changed", map[string]any{"numbers": news.Changed})
	}
	if news.Moved && err == nil {
		type person struct {
			Name    string `json:"name"`
			Writing bool   `json:"writing"`
		}
		people := []person{}
		for _, x := range news.People {
			people = append(people, person{x.Name, x.Writing})
		}
		err = s.send("present", map[string]any{"people": people})
	}
	return err
}

// count tells how many tickets of the reader's queue are unread. Where the database fails nothing is told.
func (s *stream) count() error {
	s.counted = time.Now()
	n, err := s.Helpdesk.UnreadMine(s.r.Context(), s.me)
	if err != nil {
		if s.r.Context().Err() == nil { // else the reader has gone
			s.Log.WarnContext(s.r.Context(), "unread tickets not counted", "error", err)
		}
		return nil
	}
	return s.send("unread", map[string]int{"mine": n})
}

// markSeen notes that the ticket is on the reader's screen, which a page says when it was there for a moment; or that it
// is to count as unread, which is a button, and leads back to the list.
func markSeen(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	form, err := web.ReadForm(v.r, "unread")
	if err != nil {
		return err
	}
	unread := form.Get("unread") == "yes"
	if err := v.Helpdesk.See(v.r.Context(), v.me, n, unread); err != nil {
		return err
	}
	if unread {
		return v.redirect(v.narrowing().at(home))
	}
	mine, err := v.Helpdesk.UnreadMine(v.r.Context(), v.me)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(map[string]int{"mine": mine})
}

// markPresence notes that the reader has the ticket open, writes, or left it.
func markPresence(v *visit) error {
	n, err := v.number()
	if err != nil {
		return err
	}
	form, err := web.ReadForm(v.r, "writing")
	if err != nil {
		return err
	}
	switch form.Get("writing") {
	case "yes", "no":
		err = v.Helpdesk.Enter(v.r.Context(), v.me, n, form.Get("writing") == "yes")
	case "gone":
		err = v.Helpdesk.Leave(v.r.Context(), v.me, n)
	default:
		err = web.ErrForm
	}
	if err == nil {
		v.w.WriteHeader(http.StatusNoContent)
	}
	return err
}
