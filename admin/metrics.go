package admin

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"postdesk/core"
	"postdesk/core/store"
)

// metrics are what /metrics shows: the durations of requests as they happen, and the two queues of mail and the
// mailboxes as the database has them when asked. It is the prometheus.Collector of the latter.
type metrics struct {
	store    *store.Store
	registry *prometheus.Registry
	others   []prometheus.Gatherer // what other packages count
	requests *prometheus.HistogramVec
}

var (
	ledgerDesc  = prometheus.NewDesc("postdesk_inbound_messages", "Messages of the ledger by state.", []string{"state"}, nil)
	outboxDesc  = prometheus.NewDesc("postdesk_outbound_messages", "Mails of the outbox by state.", []string{"state"}, nil)
	failingDesc = prometheus.NewDesc("postdesk_mailbox_failing", "1 while the mailbox's server cannot be worked with.", []string{"mailbox"}, nil)
	lastOKDesc  = prometheus.NewDesc("postdesk_mailbox_last_ok_seconds", "Unix time of the last complete round with the server.", []string{"mailbox"}, nil)
	missingDesc = prometheus.NewDesc("postdesk_mailbox_missing", "Messages that the server lists and the ledger lacks.", []string{"mailbox"}, nil)
)

// The states that are shown even when nothing is in them, so that alarms on them have a series from the start.
var (
	inboundStates = []core.InboundState{core.InboundReceived, core.InboundApplied, core.InboundDuplicate, core.InboundSuppressed,
		core.InboundQuarantined, core.InboundParked}
	outboundStates = []core.OutboundState{core.OutboundQueued, core.OutboundSending, core.OutboundAccepted, core.OutboundRejected,
		core.OutboundUncertain, core.OutboundParked, core.OutboundCancelled, core.OutboundBounced}
)

func newMetrics(s *store.Store, others []prometheus.Gatherer) *metrics {
	m := &metrics{store: s, others: others, registry: prometheus.NewRegistry(), requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "postdesk_http_request_duration_seconds", Help: "Duration of requests by method, route and status.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"method", "route", "status"})}
	m.registry.MustRegister(m.requests, m)
	return m
}

// request counts one answered request. What matches no route is counted as one, whatever its path: a scanner must not
// fill the memory with series.
func (m *metrics) request(method, route string, status int, took time.Duration) {
	if route == "" {
		method, route = "other", "none"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(append(prometheus.Gatherers{m.registry}, m.others...), promhttp.HandlerOpts{})
}

// Describe sends the descriptions of what Collect reads.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{ledgerDesc, outboxDesc, failingDesc, lastOKDesc, missingDesc} {
		ch <- d
	}
}

// Collect reads the queues and the mailboxes. Without a database the scrape fails, which is an alarm of its own.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), healthTime)
	defer cancel()
	ledger, err := m.store.LedgerCounts(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(ledgerDesc, err)
		return
	}
	for _, state := range inboundStates {
		ch <- prometheus.MustNewConstMetric(ledgerDesc, prometheus.GaugeValue, float64(ledger[state]), string(state))
	}
	outbox, err := m.store.OutboxCounts(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(outboxDesc, err)
		return
	}
	for _, state := range outboundStates {
		ch <- prometheus.MustNewConstMetric(outboxDesc, prometheus.GaugeValue, float64(outbox[state]), string(state))
	}
	boxes, err := m.store.MailboxesHealth(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(failingDesc, err)
		return
	}
	for _, b := range boxes {
		failing, last := 0.0, 0.0
		if b.FailingSince != nil {
			failing = 1
		}
		if b.LastOK != nil {
			last = float64(b.LastOK.Unix())
		}
		ch <- prometheus.MustNewConstMetric(failingDesc, prometheus.GaugeValue, failing, b.Address)
		ch <- prometheus.MustNewConstMetric(lastOKDesc, prometheus.GaugeValue, last, b.Address)
		ch <- prometheus.MustNewConstMetric(missingDesc, prometheus.GaugeValue, float64(b.Missing), b.Address)
	}
}
