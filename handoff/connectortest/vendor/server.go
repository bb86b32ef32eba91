package vendor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Request is one call that the fake got.
type Request struct {
	Method string
	Path   string
	Query  string
	Header http.Header
	Body   []byte
}

// Fault is one way to fail. The zero Kind answers with Status, Header and Body.
type Fault struct {
	Kind   FaultKind
	Path   string // only calls whose path contains it; "": all
	Method string // only calls of this method; "": all
	Skip   int    // so many calls that fit pass first
	Times  int    // so many calls, then no more; zero: until Heal
	After  bool   // the call has its effect first; only its answer fails
	Status int
	Header http.Header
	Body   string // {{bearer}} in it is the caller's token
}

// FaultKind is a way to fail.
type FaultKind uint8

// The ways.
const (
	Answer FaultKind = iota // another answer than the vendor's
	Hang                    // no answer until the caller goes
	Drip                    // an answer that comes byte by byte and never ends
	Cut                     // the connection is closed without an answer
	Huge                    // an answer of 64 MiB
)

// Server is the HTTP side of a fake.
type Server struct {
	handler http.Handler
	addr    string
	held    *os.File // keeps a port that we chose ours while the fake is down; closed when the fake is forgotten

	mu         sync.Mutex
	requests   []Request
	violations []string
	faults     []*Fault
	choose     func(*http.Request) *Fault
	answered   func(*http.Request)
	http       *http.Server
	done       chan struct{}
	poured     bool               // a Huge answer went out to its end
	stop       context.CancelFunc // what hangs
	stopping   context.Context
}

// anyPort lets us choose a port.
const anyPort = "127.0.0.1:0"

// Start starts a fake on loopback.
func Start(handler http.Handler) (*Server, error) { return StartAt(anyPort, handler) }

// StartAt starts a fake at an address.
func StartAt(addr string, handler http.Handler) (*Server, error) {
	s := &Server{handler: handler, addr: addr}
	if addr == anyPort {
		var err error
		if s.held, s.addr, err = Hold(); err != nil {
			return nil, err
		}
	}
	return s, s.Up()
}

// URL is the fake's base URL; the same after Down and Up.
func (s *Server) URL() string { return "http://" + s.addr }

// Up listens again after Down.
func (s *Server) Up() error {
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addr = l.Addr().String()
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second}
	s.done = make(chan struct{})
	go func(server *http.Server, done chan struct{}) {
		defer close(done)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.Violate("the fake's server ended: %v", err)
		}
	}(s.http, s.done)
	return nil
}

// Down closes the listener and every connection; what the desk holds stays.
func (s *Server) Down() error {
	s.mu.Lock()
	server, done, stop := s.http, s.done, s.stop
	s.http = nil
	s.mu.Unlock()
	if server == nil {
		return nil
	}
	stop()
	err := server.Close()
	<-done
	return err
}

// Fail adds a fault. The first that fits a call is taken.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Choose decides about every call that no fault fits; nil is the vendor's own answer, and
// answered is told when that has been written.
func (s *Server) Choose(choose func(*http.Request) *Fault, answered func(*http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.choose, s.answered = choose, answered
}

// Hush ends the answers that hang or drip.
func (s *Server) Hush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
}

// Poured reports whether a Huge answer was taken to its end.
func (s *Server) Poured() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.poured
}

// Heal takes all faults away.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Requests are the calls so far, those that met a fault too.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Violate writes down that a request was not as the vendor wants it.
func (s *Server) Violate(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, fmt.Sprintf(format, args...))
}

// Violations are what was written down so far.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// maxRequest bounds a request's body.
const maxRequest = 8 << 20

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, Request{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), body})
	fault := s.take(r)
	stopping, choose, answered := s.stopping, s.choose, s.answered
	s.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	if fault == nil && choose != nil {
		if fault = choose(r); fault == nil {
			if s.whole(w, r) {
				answered(r)
			}
			return
		}
	}
	if fault == nil {
		s.handler.ServeHTTP(w, r)
		return
	}
	if fault.After {
		s.handler.ServeHTTP(nowhere{}, r)
	}
	if fault.answer(stopping, w, r) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.poured = true
	}
}

// whole gives the vendor's answer in one piece, and reports whether it has left.
func (s *Server) whole(w http.ResponseWriter, r *http.Request) bool {
	kept := &answer{ResponseWriter: w, status: http.StatusOK}
	s.handler.ServeHTTP(kept, r)
	w.Header().Set("Content-Length", strconv.Itoa(len(kept.body)))
	w.WriteHeader(kept.status)
	_, err := w.Write(kept.body)
	return err == nil && http.NewResponseController(w).Flush() == nil
}

// take finds the fault of a call. The lock is held.
func (s *Server) take(r *http.Request) *Fault {
	for i, f := range s.faults {
		if !strings.Contains(r.URL.Path, f.Path) || f.Method != "" && f.Method != r.Method {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		return f
	}
	return nil
}

// answer plays the fault, and reports whether a Huge answer has gone out whole.
func (f *Fault) answer(stopping context.Context, w http.ResponseWriter, r *http.Request) (poured bool) {
	switch f.Kind {
	case Hang:
		wait(stopping, r.Context())
	case Cut:
		panic(http.ErrAbortHandler)
	case Drip:
		w.Header().Set("Content-Type", "application/json")
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stopping.Done():
				return false
			case <-r.Context().Done():
				return false
			case <-tick.C:
			}
			if _, err := io.WriteString(w, " "); err != nil || http.NewResponseController(w).Flush() != nil {
				return false
			}
		}
	case Huge:
		w.Header().Set("Content-Type", "application/json")
		piece := bytes.Repeat([]byte(" "), 64<<10)
		for range 1024 {
			if _, err := w.Write(piece); err != nil {
				return false
			}
		}
		return http.NewResponseController(w).Flush() == nil
	default:
		for name, values := range f.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(f.Status)
		if _, err := io.WriteString(w, strings.ReplaceAll(f.Body, "{{bearer}}", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))); err != nil {
			return false // the caller has gone
		}
	}
	return false
}

func wait(a, b context.Context) {
	select {
	case <-a.Done():
	case <-b.Done():
	}
}

// answer keeps status and body back.
type answer struct {
	http.ResponseWriter
	status int
	body   []byte
}

func (a *answer) WriteHeader(status int) { a.status = status }
func (a *answer) Write(b []byte) (int, error) {
	a.body = append(a.body, b...)
	return len(b), nil
}

// nowhere takes an answer that is lost.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}
