package mailin

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics has what this package counts, for whoever shows it.
var Metrics = prometheus.NewRegistry()

var (
	counted  = promauto.With(Metrics)
	accepted = counted.NewCounterVec(prometheus.CounterOpts{Name: "postdesk_inbound_accepted_total",
		Help: "Messages taken into the ledger, by mailbox."}, []string{"mailbox"})
	finished = counted.NewCounterVec(prometheus.CounterOpts{Name: "postdesk_inbound_finished_total",
		Help: "Messages that came to their end, by state."}, []string{"state"})
	applySeconds = counted.NewHistogram(prometheus.HistogramOpts{Name: "postdesk_inbound_apply_seconds",
		Help: "Reading and applying one message.", Buckets: prometheus.ExponentialBuckets(.001, 2, 14)})
	mailboxFailures = counted.NewCounterVec(prometheus.CounterOpts{Name: "postdesk_mailbox_failures_total",
		Help: "Sessions with a mail server that ended in a failure, by mailbox."}, []string{"mailbox"})
)
