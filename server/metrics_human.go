package server

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zhida-kb/zhida/handoff"
)

// humanMetrics are the series of the human service. They implement handoff.Observer.
type humanMetrics struct {
	calls    *prometheus.HistogramVec
	arrived  *prometheus.CounterVec
	sessions *prometheus.CounterVec
	timers   prometheus.Histogram
	dead     *prometheus.CounterVec
}

func newHumanMetrics(registry *prometheus.Registry) *humanMetrics {
	h := &humanMetrics{
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "zhida_human_call_seconds", Help: "Time of a call to a human-service system, by connector, operation (open, send, close) and outcome.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
		}, []string{"connector", "operation", "outcome"}),
		arrived: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zhida_human_inbound_total", Help: "Events that human-service systems have delivered, and calls of theirs that were refused, by connector and result.",
		}, []string{"connector", "result"}),
		sessions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zhida_human_sessions_total", Help: "Sessions with humans that have come to a state, by state and, once closed, reason.",
		}, []string{"state", "reason"}),
		timers: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "zhida_human_timer_lateness_seconds", Help: "How long after their time timers of sessions have fired.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 10, 60},
		}),
		dead: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zhida_human_dead_letters_total", Help: "Messages to human-service systems that were given up, by connector.",
		}, []string{"connector"}),
	}
	registry.MustRegister(h.calls, h.arrived, h.sessions, h.timers, h.dead)
	return h
}

// Human observes a human service with these connectors. Their series begin at zero, so
// that a first dead letter is an increase.
func (m *Metrics) Human(connectors ...handoff.Connector) handoff.Observer {
	for _, k := range connectors {
		kind := k.Describe().Kind
		m.human.dead.WithLabelValues(kind)
		m.human.arrived.WithLabelValues(kind, handoff.Applied.String())
		m.human.calls.WithLabelValues(kind, handoff.OpOpen.String(), "ok")
	}
	m.human.sessions.WithLabelValues(handoff.Connecting.String(), "")
	return m.human
}

// Called counts an outbound call.
func (h *humanMetrics) Called(connector string, op handoff.Operation, outcome string, took time.Duration) {
	h.calls.WithLabelValues(connector, op.String(), outcome).Observe(took.Seconds())
}

// Arrived counts an inbound event.
func (h *humanMetrics) Arrived(connector, result string) {
	h.arrived.WithLabelValues(connector, result).Inc()
}

// Entered counts a session that has come to a state.
func (h *humanMetrics) Entered(state handoff.State, why handoff.Reason) {
	h.sessions.WithLabelValues(state.String(), why.String()).Inc()
}

// Fired counts a timer.
func (h *humanMetrics) Fired(_ handoff.Timer, late time.Duration) { h.timers.Observe(late.Seconds()) }

// GaveUp counts a dead letter.
func (h *humanMetrics) GaveUp(connector string) { h.dead.WithLabelValues(connector).Inc() }
