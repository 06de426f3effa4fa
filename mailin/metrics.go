package mailin

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	accepted = promauto.NewCounterVec(prometheus.CounterOpts{Name: "postdesk_inbound_accepted_total",
		Help: "Messages taken into the ledger, by mailbox."}, []string{"mailbox"})
	finished = promauto.NewCounterVec(prometheus.CounterOpts{Name: "postdesk_inbound_finished_total",
		Help: "Messages that came to their end, by state."}, []string{"state"})
	applySeconds = promauto.NewHistogram(prometheus.HistogramOpts{Name: "postdesk_inbound_apply_seconds",
		Help: "Reading and applying one message.", Buckets: prometheus.ExponentialBuckets(.001, 2, 14)})
	mailboxFailures = promauto.NewCounterVec(prometheus.CounterOpts{Name: "postdesk_mailbox_failures_total",
		Help: "Sessions with a mail server that ended in a failure, by mailbox."}, []string{"mailbox"})
)
