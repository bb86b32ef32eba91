package store

import "sync"

// wake is a wake-up on its way.
type wake struct{ topic, payload string }

// hub hands wake-ups to the subscribers of this process.
type hub struct {
	mu     sync.Mutex
	topics map[string]map[*Subscription]struct{}
}

// Subscription gets the wake-ups of a topic until Close. It is used by one goroutine.
type Subscription struct {
	// C has a value when there is something to Take. It is never closed.
	C <-chan struct{}

	c     chan struct{}
	hub   *hub
	topic string

	mu       sync.Mutex
	payloads []string
	seen     map[string]struct{}
	all      bool
}

// maxPayloads is how many different payloads wait for Take; more become "all".
const maxPayloads = 1024

func newHub() *hub { return &hub{topics: map[string]map[*Subscription]struct{}{}} }

// Subscribe subscribes to a topic. Wake-ups are hints and may be lost with a connection:
// whoever waits for one polls as well.
func (db *DB) Subscribe(topic string) *Subscription {
	c := make(chan struct{}, 1)
	s := &Subscription{C: c, c: c, hub: db.hub, topic: topic}
	db.hub.mu.Lock()
	defer db.hub.mu.Unlock()
	if db.hub.topics[topic] == nil {
		db.hub.topics[topic] = map[*Subscription]struct{}{}
	}
	db.hub.topics[topic][s] = struct{}{}
	return s
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.topics[s.topic], s)
	if len(s.hub.topics[s.topic]) == 0 {
		delete(s.hub.topics, s.topic)
	}
}

// Take returns the payloads since the last Take, each once. all says that some may be
// missing, because a connection was lost or there were too many: look at everything.
func (s *Subscription) Take() (payloads []string, all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	payloads, all = s.payloads, s.all
	s.payloads, s.seen, s.all = nil, nil, false
	return payloads, all
}

func (s *Subscription) wake(payload string, all bool) {
	s.mu.Lock()
	if all || len(s.payloads) >= maxPayloads {
		s.all = true
	} else if _, ok := s.seen[payload]; !ok {
		if s.seen == nil {
			s.seen = map[string]struct{}{}
		}
		s.seen[payload] = struct{}{}
		s.payloads = append(s.payloads, payload)
	}
	s.mu.Unlock()
	select {
	case s.c <- struct{}{}:
	default:
	}
}

// wake wakes a topic's subscribers.
func (h *hub) wake(w wake) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.topics[w.topic] {
		s.wake(w.payload, false)
	}
}

// wakeAll wakes everybody: something may have been missed.
func (h *hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, subscribers := range h.topics {
		for s := range subscribers {
			s.wake("", true)
		}
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.topics)
}

// told delivers the wake-ups of a transaction that was committed.
func (db *DB) told(tx *Tx) {
	for _, w := range tx.wakes {
		db.hub.wake(w)
		if db.postgres != nil {
			db.postgres.announce(w, db)
		}
	}
}
