package handoff

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// Hours are a bot's service hours, ready to be asked. They do not change and are safe
// for concurrent use. The rules are those of valid settings.
type Hours struct {
	zone   *time.Location
	always bool // no rules
	weekly [7][]Window
	custom map[int][]Window // by day
	closed map[int]bool
	last   int // the last day that a rule of one date speaks of
	today  atomic.Pointer[dayWindows]
}

// dayWindows are the windows of a day: of the last that Open was asked for.
type dayWindows struct {
	day     int
	windows []Window
}

// Window is a time of a day during which the desk is open: it holds From, and not To.
// Both are minutes since 00:00 of the wall clock; To is at most 1,440.
type Window struct{ From, To int }

// dayMinutes is 24:00.
const dayMinutes = 24 * 60

// Clock writes minutes since 00:00 as HH:MM; 1,440 is 24:00.
func Clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// NewHours returns the hours of valid settings in a zone (Settings.Zone).
func NewHours(s *Settings, zone *time.Location) *Hours {
	h := &Hours{zone: zone, always: len(s.Hours) == 0, custom: map[int][]Window{}, closed: map[int]bool{}}
	for _, r := range s.Hours {
		from, _ := parseClock(r.From)
		to, _ := parseClock(r.To)
		w := Window{from, to}
		if r.Kind == ruleCustom {
			day, _ := ParseDate(r.Date)
			h.custom[day] = append(h.custom[day], w)
			h.last = max(h.last, day+1)
			continue
		}
		for i, name := range weekdays() {
			if slices.Contains(r.Days, name) {
				h.weekly[i] = append(h.weekly[i], w)
			}
		}
	}
	for _, date := range s.ClosedDates {
		day, _ := ParseDate(date)
		h.closed[day] = true
	}
	return h
}

// weekdays are the names of the days, from Sunday, as time.Weekday counts.
func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// ParseDate reads YYYY-MM-DD as the number of days since 1970-01-01.
func ParseDate(s string) (day int, ok bool) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return 0, false
	}
	return int(floorDiv(t.Unix(), daySeconds)), true
}

// FormatDate writes a day as YYYY-MM-DD.
func FormatDate(day int) string {
	return time.Unix(int64(day)*daySeconds, 0).UTC().Format(time.DateOnly)
}

const daySeconds = 24 * 60 * 60

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Zone is where the hours are read.
func (h *Hours) Zone() *time.Location { return h.zone }

// Today is the day on which t falls in the zone.
func (h *Hours) Today(t time.Time) int {
	day, _ := h.wall(t)
	return day
}

// wall returns the wall clock of t: its day and the minute of that day.
func (h *Hours) wall(t time.Time) (day, minute int) {
	_, offset := t.In(h.zone).Zone()
	local := t.Unix() + int64(offset)
	d := floorDiv(local, daySeconds)
	return int(d), int(local-d*daySeconds) / 60
}

// Windows returns the windows of a day, in order; they neither overlap nor touch.
func (h *Hours) Windows(day int) []Window {
	if h.closed[day] {
		return nil
	}
	if h.always {
		return []Window{{0, dayMinutes}}
	}
	var all []Window
	for _, w := range h.rules(day - 1) {
		if w.To < w.From && w.To > 0 { // the rest of the night
			all = append(all, Window{0, w.To})
		}
	}
	for _, w := range h.rules(day) {
		if w.To < w.From {
			w.To = dayMinutes
		}
		all = append(all, w)
	}
	return join(all)
}

// rules calls the rules of a day, weekly and of its date.
func (h *Hours) rules(day int) []Window {
	weekday := ((day+4)%7 + 7) % 7 // 1970-01-01 was a Thursday
	custom := h.custom[day]
	if len(custom) == 0 {
		return h.weekly[weekday]
	}
	return slices.Concat(h.weekly[weekday], custom)
}

// join makes windows that overlap or touch one.
func join(all []Window) []Window {
	slices.SortFunc(all, func(a, b Window) int { return a.From - b.From })
	joined := all[:0]
	for _, w := range all {
		if n := len(joined); n > 0 && w.From <= joined[n-1].To {
			joined[n-1].To = max(joined[n-1].To, w.To)
			continue
		}
		joined = append(joined, w)
	}
	return joined
}

// Open reports whether the desk is open at t: whether t's wall-clock time lies in a
// window of its local date. An hour that the clock repeats is open twice. Nothing is
// allocated when the day is the one that was asked for last.
func (h *Hours) Open(t time.Time) bool {
	day, minute := h.wall(t)
	known := h.today.Load()
	if known == nil || known.day != day {
		known = &dayWindows{day, h.Windows(day)}
		h.today.Store(known)
	}
	for _, w := range known.windows {
		if w.From <= minute && minute < w.To {
			return true
		}
	}
	return false
}

// NextOpen returns the first moment after t at which the desk is open, where it is
// closed at t. ok is false when it is open, or will never be.
func (h *Hours) NextOpen(t time.Time) (next time.Time, ok bool) {
	if h.Open(t) {
		return time.Time{}, false
	}
	today := h.Today(t)
	// The clock may go back over midnight: yesterday may still come.
	for day := today - 1; day <= today+h.horizon(); day++ {
		if at, ok := h.firstOf(day, t.Unix()); ok {
			if other, ok := h.firstOf(day+1, t.Unix()); ok {
				at = min(at, other)
			}
			return time.Unix(at, 0).In(h.zone), true
		}
	}
	var first int64
	for day := range h.custom { // dates that lie years ahead
		for d := day; d <= day+1; d++ {
			if at, found := h.firstOf(d, t.Unix()); found && (!ok || at < first) {
				first, ok = at, true
			}
		}
	}
	if !ok {
		return time.Time{}, false
	}
	return time.Unix(first, 0).In(h.zone), true
}

// horizon is how many days ahead a weekly rule must have found a day: even if each of its
// days that is closed is a Monday, and the clock skips its window on the next.
func (h *Hours) horizon() int { return 7 * (len(h.closed) + 3) }

// firstOf returns the first second after `after` that lies in a window of the day.
func (h *Hours) firstOf(day int, after int64) (first int64, ok bool) {
	windows := h.Windows(day)
	if len(windows) == 0 {
		return 0, false
	}
	const widest = 26 * 60 * 60 // how far local time may lie from UTC, and some more
	begin := int64(day) * daySeconds
	end := begin + daySeconds + widest
	for at := max(begin-widest, after+1); at < end; {
		in := time.Unix(at, 0).In(h.zone)
		_, offset := in.Zone()
		until := end
		if _, change := in.ZoneBounds(); !change.IsZero() {
			until = min(until, change.Unix())
		}
		for _, w := range windows {
			from := max(begin+int64(w.From)*60-int64(offset), at)
			if to := begin + int64(w.To)*60 - int64(offset); from < min(to, until) {
				return from, true
			}
		}
		at = until
	}
	return 0, false
}
