package mailout

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics has what this package counts, for whoever shows it.
var Metrics = prometheus.NewRegistry()

var (
	counted = promauto.With(Metrics)
	sent    = counted.NewCounterVec(prometheus.CounterOpts{Name: "postdesk_outbound_sendings_total",
		Help: "Sendings, by the state that the mail came to."}, []string{"state"})
	sendSeconds = counted.NewHistogram(prometheus.HistogramOpts{Name: "postdesk_outbound_send_seconds",
		Help: "Rendering and sending one mail.", Buckets: prometheus.ExponentialBuckets(.001, 2, 14)})
)
