package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"postdesk/admin"
	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
	"postdesk/mailin"
	"postdesk/mailout"
	"postdesk/templates"
)

// Parts of the daemon that can run in processes of their own.
const (
	partMailin  = "mailin"
	partMailout = "mailout"
	partWeb     = "web"
)

// settleEvery is how often the daemon looks whether mailboxes were added, changed or taken away.
const settleEvery = 2 * time.Second

// Program is the daemon: made by New, working in Run until its context ends, given up by Close. Tests start it on free
// ports just like main does.
type Program struct {
	config   Config
	parts    []string
	log      *slog.Logger
	store    *store.Store
	desk     *helpdesk.Helpdesk
	locales  *templates.Locales
	listener net.Listener
	server   *http.Server
	waiting  atomic.Pointer[string] // what the start waits for; nil = started
}

// New opens the listening port and prepares everything; it does not need the database yet. extra are further handlers
// by path prefix.
func New(ctx context.Context, c Config, parts []string, log *slog.Logger, extra map[string]http.Handler) (*Program, error) {
	p := &Program{config: c, parts: parts, log: log}
	starting := "starting"
	p.waiting.Store(&starting)
	var err error
	if p.store, err = c.open(ctx); err != nil {
		return nil, err
	}
	p.desk = helpdesk.New(p.store, now)
	if p.locales, err = templates.LoadLocales(); err != nil {
		return nil, err
	}
	if !p.runs(partWeb) {
		return p, nil
	}
	if p.listener, err = net.Listen("tcp", c.Listen); err != nil {
		p.store.Close()
		return nil, fmt.Errorf("POSTDESK_LISTEN=%s: %w", c.Listen, err)
	}
	handler, err := admin.New(admin.Config{Helpdesk: p.desk, Store: p.store, PublicURL: p.publicURL(), Proxies: c.Proxies,
		Log: log, Extra: extra, Ready: p.ready, Metrics: []prometheus.Gatherer{mailin.Metrics, mailout.Metrics, jobMetrics}})
	if err != nil {
		return nil, err
	}
	p.server = admin.Server(handler, log)
	return p, nil
}

// Addr is the address that the web server listens on.
func (p *Program) Addr() string { return p.listener.Addr().String() }

func (p *Program) publicURL() string {
	if p.config.PublicURL == "http://"+p.config.Listen && p.listener != nil {
		return "http://" + p.listener.Addr().String() // with the port that was really taken
	}
	return p.config.PublicURL
}

func (p *Program) runs(part string) bool { return len(p.parts) == 0 || slices.Contains(p.parts, part) }

func (p *Program) ready(context.Context) (bool, any) {
	if w := p.waiting.Load(); w != nil {
		return false, *w
	}
	return true, nil
}

// Close gives the port and the database back. Run must have ended.
func (p *Program) Close() {
	if p.listener != nil {
		_ = p.listener.Close()
	}
	p.store.Close()
}

// Run works until ctx ends, then brings what is under way to its end. It waits for a database that is away, and for a
// schema that is not migrated yet: both get well without a restart.
func (p *Program) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	failed := make(chan error, 1)
	if p.server != nil {
		parts.Go(func() {
			if err := p.server.Serve(p.listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("web server: %w", err)
			}
		})
		p.log.Info("web desk", "url", p.publicURL())
	}
	work, stop := context.WithCancel(ctx)
	defer stop()
	parts.Go(func() {
		if !p.awaitDatabase(work) {
			return
		}
		p.waiting.Store(nil)
		p.log.Info("ready")
		var running sync.WaitGroup
		if p.runs(partMailin) {
			running.Go(func() { p.mailIn(work) })
		}
		if p.runs(partMailout) {
			running.Go(func() { p.mailOut(work) })
		}
		running.Go(func() { p.jobs(work) })
		running.Go(func() { p.sendWritten(work) })
		running.Wait()
	})
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stop()
	if p.server != nil {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if p.server.Shutdown(end) != nil {
			_ = p.server.Close()
		}
	}
	parts.Wait()
	return err
}

// awaitDatabase waits until the database answers and has the schema; it says once what it waits for.
func (p *Program) awaitDatabase(ctx context.Context) bool {
	said := ""
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := p.store.CheckSchema(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		line := databaseError(p.config, err).Error()
		p.waiting.Store(&line)
		if line != said {
			p.log.Error("waiting for the database", "error", line)
			said = line
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(wait):
		}
	}
}

// awaitQuiet waits until the outbox has nothing to send, but no longer than atMost.
func (p *Program) awaitQuiet(ctx context.Context, atMost time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	for {
		counts, err := p.store.OutboxCounts(ctx)
		if err == nil && counts[core.OutboundQueued]+counts[core.OutboundSending] == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// loopMark is the value of the mark on automatic mail: this installation's own.
func (p *Program) loopMark(ctx context.Context) string {
	for {
		id, err := p.store.Installation(ctx)
		if err == nil {
			return id
		}
		select {
		case <-ctx.Done():
			return ""
		case <-time.After(time.Second):
		}
	}
}

// lookupTXT asks the host's resolver; the dot at the end keeps it from trying the name below the host's own domains.
func lookupTXT(ctx context.Context, name string) ([]string, error) {
	return net.DefaultResolver.LookupTXT(ctx, strings.TrimSuffix(name, ".")+".")
}

// mailIn runs the lanes and a poller for each mailbox; a mailbox that is added, changed or taken away while the daemon
// runs gets, changes or loses its poller.
func (p *Program) mailIn(ctx context.Context) {
	worker := &mailin.Worker{Store: p.store, Desk: p.desk, Log: p.log, Loop: p.loopMark(ctx), LookupTXT: lookupTXT}
	p.desk.ReadMailWith(worker)
	lanes := mailin.NewLanes(p.store, worker.Apply, p.desk.ParkMail, p.log)
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { lanes.Run(ctx) })
	type polled struct {
		access core.MailboxAccess
		stop   context.CancelFunc
		done   chan struct{}
	}
	pollers := map[core.MailboxID]*polled{}
	said := ""
	for {
		boxes, err := p.store.MailboxAccesses(ctx)
		if err != nil && ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			p.log.Error("settings of mailboxes", "error", err)
		}
		if err == nil {
			said = ""
			wanted := map[core.MailboxID]bool{}
			for _, box := range boxes {
				wanted[box.ID] = true
				if old := pollers[box.ID]; old != nil {
					if reflect.DeepEqual(old.access, box) {
						continue
					}
					old.stop()
					<-old.done
				}
				poll, stop := context.WithCancel(ctx)
				q := &polled{access: box, stop: stop, done: make(chan struct{})}
				pollers[box.ID] = q
				poller := &mailin.Poller{Store: p.store, Box: box, Lanes: lanes, Log: p.log, Now: now, Dial: p.dialer(box)}
				running.Go(func() { defer close(q.done); poller.Run(poll) })
			}
			for id, q := range pollers {
				if !wanted[id] {
					q.stop()
					delete(pollers, id)
				}
			}
		}
		select {
		case <-ctx.Done():
			for _, q := range pollers {
				q.stop()
			}
			return
		case <-time.After(settleEvery):
		}
	}
}

func (p *Program) dialer(box core.MailboxAccess) func(context.Context) (*mailin.IMAP, error) {
	config := imapConfig(p.store, box)
	return func(ctx context.Context) (*mailin.IMAP, error) { return mailin.DialIMAP(ctx, config) }
}

// mailOut runs the outbox.
func (p *Program) mailOut(ctx context.Context) {
	renderer, err := mailout.NewRenderer(p.locales, p.zone)
	if err != nil {
		p.log.Error("mail templates", "error", err)
		return
	}
	w := &mailout.Worker{Store: p.store, Desk: p.desk, Renderer: renderer, PublicURL: p.publicURL(), Loop: p.loopMark(ctx), Log: p.log,
		Server: func(ctx context.Context, id core.MailboxID) (mailout.SMTPConfig, error) {
			boxes, err := p.store.MailboxAccesses(ctx)
			if err != nil {
				return mailout.SMTPConfig{}, err
			}
			i := slices.IndexFunc(boxes, func(b core.MailboxAccess) bool { return b.ID == id })
			if i < 0 {
				return mailout.SMTPConfig{}, fmt.Errorf("mailbox %d is not in use any more", id)
			}
			return smtpConfig(p.store, boxes[i]), nil
		}}
	w.Run(ctx)
}

// zone is the desk's time zone, in which mails tell times.
func (p *Program) zone() *time.Location {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if dir, err := p.store.RecentDirectory(ctx); err == nil {
		if zone, err := time.LoadLocation(dir.Desk.Timezone); err == nil {
			return zone
		}
	}
	return time.UTC
}
