package knowledge

import (
	"context"
	"errors"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
)

// Config is what a Service works with.
type Config struct {
	Store    Store
	Language Language
	// Examiners may object to a publish.
	Examiners []Examiner
	// Fixed are the bots of the config file. They go before stored ones of the same id
	// and cannot be changed here; their answers are kept like all others.
	Fixed []Bot
	// MaxText is how large an answer's text may be, in bytes; default 256 KiB.
	MaxText int
	// CheckTime is how long all published answers may be checked for a change of settings;
	// default 2 minutes.
	CheckTime time.Duration
	Now       func() time.Time // nil: the system's clock
}

// Service is the knowledge of a company: its bots and their answers. It is safe for
// concurrent use, here and on other nodes with the same store. Its methods return *Error
// for a refusal, other errors when the store fails.
type Service struct {
	store     Store
	language  Language
	examiners []Examiner
	fixed     map[string]*Bot
	maxText   int
	checkTime time.Duration
	now       func() time.Time
}

// New makes a Service.
func New(c Config) *Service {
	s := &Service{store: c.Store, language: c.Language, examiners: c.Examiners, fixed: map[string]*Bot{}, maxText: c.MaxText, checkTime: c.CheckTime, now: c.Now}
	if s.maxText == 0 {
		s.maxText = 256 << 10
	}
	if s.checkTime == 0 {
		s.checkTime = 2 * time.Minute
	}
	if s.now == nil {
		s.now = time.Now
	}
	for _, b := range c.Fixed {
		b.Fixed = true
		s.fixed[b.ID] = &b
	}
	return s
}

// Precondition says whether a write may go on, by the version that is stored now; 0
// where there is nothing yet. A nil one always holds.
type Precondition func(version int64) bool

func (p Precondition) holds(version int64) error {
	if p == nil || p(version) {
		return nil
	}
	return stale(version)
}

// stamp returns the moment of a write, as the databases keep it.
func (s *Service) stamp() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// next is the version behind v: larger, and larger than that of anything deleted before.
func next(v int64, now time.Time) int64 { return max(v+1, now.UnixMicro()) }

// longWrite is how long a write of many rows may take; others have the store's own bound.
const longWrite = 2 * time.Minute

// page bounds the length of lists.
const (
	defaultPage = 50
	mostPage    = 500
)

func pageSize(n int) int {
	if n <= 0 {
		return defaultPage
	}
	return min(n, mostPage)
}

// bot finds a bot, in the config file first.
func (s *Service) bot(tx Tx, id string) (*Bot, error) {
	if b := s.fixed[id]; b != nil {
		return b, nil
	}
	b, err := tx.Bot(id)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, unknownBot()
	}
	return b, nil
}

// answer finds an answer that is not archived.
func answer(tx Tx, bot, id string) (*Answer, error) {
	a, err := tx.Answer(bot, id)
	if err != nil {
		return nil, err
	}
	if a == nil || !a.Archived.IsZero() {
		return nil, unknownAnswer()
	}
	return a, nil
}

// attempts is how often a write that has to be checked outside of its transaction begins
// again when others write in between.
const attempts = 5

// errAgain tells retry that what was checked has changed.
type errAgain struct{}

func (errAgain) Error() string { return "what was checked has changed" }

// retry runs f until what it checked is what it wrote over.
func retry(f func() error) error {
	for range attempts {
		if err := f(); !errors.Is(err, errAgain{}) {
			return err
		}
	}
	return contended()
}

// errorsOf returns those of found that forbid a publish.
func errorsOf(found []diag.Diagnostic) []diag.Diagnostic {
	var list []diag.Diagnostic
	for _, d := range found {
		if d.Severity == diag.Error {
			list = append(list, d)
		}
	}
	return list
}

// read runs f in a reading transaction and returns what it found.
func read[T any](ctx context.Context, s *Service, f func(Tx) (T, error)) (T, error) {
	var found T
	err := s.store.Read(ctx, func(tx Tx) error {
		var err error
		found, err = f(tx)
		return err
	})
	return found, err
}

// write runs f in a writing transaction and returns what it made.
func write[T any](ctx context.Context, s *Service, f func(Tx) (T, error)) (T, error) {
	var made T
	err := s.store.Write(ctx, func(tx Tx) error {
		var err error
		made, err = f(tx)
		return err
	})
	return made, err
}
