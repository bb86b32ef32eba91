package server

import (
	"bytes"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server/store"
)

// Metrics are what Prometheus reads of one process. They implement query.Observer, so
// that data calls are counted where they are made. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	renders  *prometheus.HistogramVec
	calls    *prometheus.HistogramVec
	circuits *prometheus.GaugeVec
	requests *prometheus.CounterVec
	onWay    prometheus.Gauge
	streams  prometheus.Gauge
	human    *humanMetrics
	refused  struct{ server, bot, conns, memory prometheus.Counter }
	broken   prometheus.Counter
	panics   prometheus.Counter

	throttled prometheus.Counter

	mu       sync.RWMutex
	maxBots  int
	bots     map[string]*botMetrics
	other    *botMetrics
	breakers map[breakerKey]string // the state of circuits that are not closed
}

// renderOutcome is how a render ended.
type renderOutcome uint8

const (
	renderOK       renderOutcome = iota
	renderDegraded               // with a warning, or a call that failed
	renderRefused                // the caller's fault
	renderBusy                   // refused by admission
	renderFailed                 // ours
)

// String returns the outcome's label.
func (o renderOutcome) String() string {
	return [...]string{"ok", "degraded", "refused", "busy", "failed"}[o]
}

// botMetrics are the series of one bot. That of the usual outcome is looked up once;
// the others are not even made before they are needed.
type botMetrics struct {
	label    string
	rendered prometheus.Observer
}

type breakerKey struct{ bot, host string }

// maxBreakers bounds the circuits whose state is known.
const maxBreakers = 10000

// otherBots is the label of the bots that have none of their own.
const otherBots = "other"

// NewMetrics makes the series. maxBots is how many bots have a label of their own
// (Config.MaxBotLabels); 0 is the default, 100.
func NewMetrics(version string, maxBots int) *Metrics {
	if maxBots == 0 {
		maxBots = 100
	}
	m := &Metrics{registry: prometheus.NewRegistry(), maxBots: maxBots,
		bots: map[string]*botMetrics{}, breakers: map[breakerKey]string{}}
	m.renders = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "zhida_render_seconds", Help: "Time to serve a render request, from its head to its reply, by bot and outcome.",
		Buckets: []float64{.00002, .00005, .0001, .0002, .0005, .001, .005, .02, .1, .5, 1, 5.1},
	}, []string{"bot", "outcome"})
	m.calls = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "zhida_data_call_seconds", Help: "Time of a data call, by bot and outcome; cached: served by the HTTP cache.",
		Buckets: []float64{.001, .005, .02, .05, .1, .25, .5, 1, 2.5, 5},
	}, []string{"bot", "outcome"})
	m.circuits = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "zhida_data_circuits", Help: "Circuit breakers that are open or half-open, by bot.",
	}, []string{"bot", "state"})
	m.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "zhida_http_requests_total", Help: "Requests that were answered, by route and status; renders are in zhida_render_seconds too.",
	}, []string{"route", "status"})
	m.onWay = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "zhida_data_calls_in_flight", Help: "Data calls that are being made.",
	})
	m.streams = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "zhida_streams", Help: "Open streams of events.",
	})
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "zhida_admission_refusals_total", Help: "Requests and connections answered with 503, by the bound that was reached.",
	}, []string{"bound"})
	m.refused.server = refused.WithLabelValues("server")
	m.refused.bot = refused.WithLabelValues("bot")
	m.refused.conns = refused.WithLabelValues("connections")
	m.refused.memory = refused.WithLabelValues("memory")
	m.broken = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "zhida_http_broken_requests_total", Help: "Requests that could not be read.",
	})
	m.panics = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "zhida_panics_total", Help: "Handlers that panicked; each is a bug.",
	})
	m.throttled = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "zhida_throttled_requests_total", Help: "Requests answered with 429 because their key sent too many.",
	})
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "zhida_build_info", Help: "1, with the version as a label.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(m.renders, m.calls, m.circuits, m.requests, m.onWay, m.streams, refused, m.broken, m.panics, m.throttled, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.human = newHumanMetrics(m.registry)
	m.other = m.newBot(otherBots)
	return m
}

// watch adds the series that a server's own state gives.
func (m *Metrics) watch(s *Server) {
	gauge := func(name, help string, read func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read)
	}
	m.registry.MustRegister(
		gauge("zhida_requests_in_flight", "Renders, checks and previews that are being served.",
			func() float64 { return float64(s.light.in.Load() + s.heavy.in.Load()) }),
		gauge("zhida_connections", "Open connections.",
			func() float64 { return float64(s.conns.Load()) }),
		gauge("zhida_requests_receiving", "Requests of whose body a part is still on its way.",
			func() float64 { return float64(s.receiving.Load()) }),
		gauge("zhida_body_bytes", "Bytes of large request bodies that are held.",
			func() float64 { return float64(s.bodies.held.Load()) }),
	)
	m.watchCache(s.rooms.Cache, s.known)
}

// watchStore adds the series of the database; without one there are none.
func (m *Metrics) watchStore(db *store.DB) {
	if db == nil {
		return
	}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "zhida_store_up", Help: "1 when the database was there when last asked, at least once a second; else 0.",
		ConstLabels: prometheus.Labels{"kind": db.Kind()},
	}, func() float64 {
		if db.Up() {
			return 1
		}
		return 0
	}))
}

// bot returns the series of a bot. The first maxBots of them have their own label.
func (m *Metrics) bot(id string) *botMetrics {
	m.mu.RLock()
	b := m.bots[id]
	m.mu.RUnlock()
	if b != nil {
		return b
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if b = m.bots[id]; b != nil {
		return b
	}
	if len(m.bots) >= m.maxBots {
		return m.other
	}
	b = m.newBot(id)
	m.bots[id] = b
	return b
}

func (m *Metrics) newBot(label string) *botMetrics {
	return &botMetrics{label: label, rendered: m.renders.WithLabelValues(label, renderOK.String())}
}

// render counts a render of a bot.
func (m *Metrics) render(b *botMetrics, o renderOutcome, elapsed time.Duration) {
	series := b.rendered
	if o != renderOK {
		series = m.renders.WithLabelValues(b.label, o.String())
	}
	series.Observe(elapsed.Seconds())
}

// Call counts a data call that ended.
func (m *Metrics) Call(bot, _ string, outcome runtime.Outcome, cached bool, elapsed time.Duration) {
	name := outcome.String()
	if cached {
		name = "cached"
	}
	m.calls.WithLabelValues(m.bot(bot).label, name).Observe(elapsed.Seconds())
}

// InFlight counts the data calls that are being made.
func (m *Metrics) InFlight(delta int) { m.onWay.Add(float64(delta)) }

// Breaker notes the state of the circuit of a bot and a host. The host is no label:
// there may be any number of them.
func (m *Metrics) Breaker(bot, host, state string) {
	label := m.bot(bot).label
	key := breakerKey{bot, host}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.breakers[key]; ok {
		m.circuits.WithLabelValues(label, old).Dec()
		delete(m.breakers, key)
	}
	if state == "closed" || len(m.breakers) >= maxBreakers {
		return
	}
	m.breakers[key] = state
	m.circuits.WithLabelValues(label, state).Inc()
}

// metricsType is the media type of the text format.
const metricsType = "text/plain; version=0.0.4; charset=utf-8"

// text writes all series in Prometheus' text format.
func (m *Metrics) text() ([]byte, error) {
	families, err := m.registry.Gather()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// watchCache adds the series of the program cache.
func (m *Metrics) watchCache(c *runtime.Cache, known *knownAnswers) {
	if c == nil {
		return
	}
	counter := func(name, help string, read func(runtime.CacheStats) uint64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help},
			func() float64 { return float64(read(c.Stats())) }))
	}
	counter("zhida_program_cache_hits_total", "Renders whose program was in the cache.",
		func(s runtime.CacheStats) uint64 { return s.Hits + known.hits.Load() })
	counter("zhida_program_cache_misses_total", "Renders whose program was not in the cache.",
		func(s runtime.CacheStats) uint64 { return s.Misses })
	counter("zhida_program_cache_evicted_total", "Programs that gave way.",
		func(s runtime.CacheStats) uint64 { return s.Evicted })
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "zhida_program_cache_bytes", Help: "Memory of the programs in the cache.",
	}, func() float64 { return float64(c.Stats().Bytes) }))
}

// watchLibrary adds the series of what is kept in memory.
func (m *Metrics) watchLibrary(l *Library) {
	gauge := func(name, help string, read func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
	}
	sum := func(of func(*published) int64) func() float64 {
		return func() float64 {
			n := int64(0)
			if bots := l.bots.Load(); bots != nil {
				for _, b := range *bots {
					n += of(b.answers.Load())
				}
			}
			return float64(n)
		}
	}
	gauge("zhida_published_answers", "Published answers in memory.", sum(func(p *published) int64 { return p.count.Load() }))
	gauge("zhida_published_bytes", "Memory of published answers, their programs apart.", sum(func(p *published) int64 { return p.bytes.Load() }))
	gauge("zhida_unsound_answers", "Published answers that the settings of a bot of the config file do not fit, found at start and not published since.",
		func() float64 { return float64(l.unsound.count()) })
	gauge("zhida_store_behind_seconds", "For how long the database could not be followed; under a second while it is there.",
		func() float64 {
			if !l.Loaded() {
				return 0
			}
			return l.Behind().Seconds()
		})
}
