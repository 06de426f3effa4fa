package mailout

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	sent = promauto.NewCounterVec(prometheus.CounterOpts{Name: "postdesk_outbound_sendings_total",
		Help: "Sendings, by the state that the mail came to."}, []string{"state"})
	sendSeconds = promauto.NewHistogram(prometheus.HistogramOpts{Name: "postdesk_outbound_send_seconds",
		Help: "Rendering and sending one mail.", Buckets: prometheus.ExponentialBuckets(.001, 2, 14)})
)
