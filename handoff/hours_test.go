package handoff

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var hoursSets = flag.Int("hours.sets", 100_000, "random rule sets of TestHoursOracle")

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func day(t testing.TB, date string) int {
	t.Helper()
	d, ok := ParseDate(date)
	if !ok {
		t.Fatalf("no date: %s", date)
	}
	return d
}

func showWindows(windows []Window) string {
	var parts []string
	for _, w := range windows {
		parts = append(parts, Clock(w.From)+"-"+Clock(w.To))
	}
	return strings.Join(parts, " ")
}

// parseRules reads "mon,tue 09:00-18:00; 2024-12-12 22:00-02:00".
func parseRules(t testing.TB, s string) []Rule {
	t.Helper()
	var rules []Rule
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		when, times, _ := strings.Cut(part, " ")
		from, to, _ := strings.Cut(times, "-")
		r := Rule{Kind: ruleWeekly, From: from, To: to}
		if when[0] >= '0' && when[0] <= '9' {
			r.Kind, r.Date = ruleCustom, when
		} else {
			r.Days = strings.Split(when, ",")
		}
		rules = append(rules, r)
	}
	return rules
}

const everyDay = "mon,tue,wed,thu,fri,sat,sun"

func TestWindows(t *testing.T) {
	for _, c := range []struct{ name, rules, closed, date, want string }{
		{"the worked example", "2024-12-12 09:00-12:00; 2024-12-12 10:00-12:00; 2024-12-12 13:00-18:00; thu 15:00-17:00", "", "2024-12-12", "09:00-12:00 13:00-18:00"},
		{"no rules", "", "", "2024-12-12", "00:00-24:00"},
		{"no rules, closed", "", "2024-12-12", "2024-12-12", ""},
		{"touching windows join", "thu 09:00-12:00; thu 12:00-13:00", "", "2024-12-12", "09:00-13:00"},
		{"another weekday", "fri 09:00-12:00", "", "2024-12-12", ""},
		{"overnight, the evening", "thu 22:00-02:00", "", "2024-12-12", "22:00-24:00"},
		{"overnight, the rest", "thu 22:00-02:00", "", "2024-12-13", "00:00-02:00"},
		{"overnight, the rest and the next evening", everyDay + " 22:00-02:00", "", "2024-12-13", "00:00-02:00 22:00-24:00"},
		{"to 00:00 ends the day", "thu 22:00-00:00", "", "2024-12-13", ""},
		{"to 24:00 ends the day", "thu 22:00-24:00", "", "2024-12-12", "22:00-24:00"},
		{"the rest of a night on a closed day", "thu 22:00-02:00", "2024-12-13", "2024-12-13", ""},
		{"the rest of a night over a month's end", "2024-12-31 22:00-02:00", "", "2025-01-01", "00:00-02:00"},
		{"a leap day", "2024-02-29 09:00-10:00", "", "2024-02-29", "09:00-10:00"},
		{"rest and rule join", "thu 22:00-09:00; fri 09:00-10:00", "", "2024-12-13", "00:00-10:00"},
	} {
		s := Settings{Hours: parseRules(t, c.rules)}
		if c.closed != "" {
			s.ClosedDates = strings.Split(c.closed, ",")
		}
		h := NewHours(&s, time.UTC)
		if got := showWindows(h.Windows(day(t, c.date))); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestOpenAndNextOpen(t *testing.T) {
	for _, c := range []struct{ name, zone, rules, closed, at, next string }{ // next: open, never or when
		{"from is in", "Asia/Shanghai", "thu 09:00-12:00", "", "2024-12-12T09:00:00+08:00", "open"},
		{"to is not in", "Asia/Shanghai", "thu 09:00-12:00", "", "2024-12-12T12:00:00+08:00", "2024-12-19T09:00:00+08:00"},
		{"the last second", "Asia/Shanghai", "thu 09:00-12:00", "", "2024-12-12T11:59:59.9+08:00", "open"},
		{"a fraction before", "Asia/Shanghai", "thu 09:00-12:00", "", "2024-12-12T08:59:59.9+08:00", "2024-12-12T09:00:00+08:00"},
		{"a date that is over", "UTC", "2024-12-12 09:00-12:00", "", "2024-12-13T00:00:00Z", "never"},
		{"a date years ahead", "UTC", "2044-12-12 22:00-02:00", "", "2024-12-13T00:00:00Z", "2044-12-12T22:00:00Z"},
		{"the rest of a night", "UTC", "thu 22:00-02:00", "", "2024-12-13T01:59:59Z", "open"},
		{"closed dates are jumped over", "UTC", "thu 09:00-12:00", "2024-12-12,2024-12-19", "2024-12-12T10:00:00Z", "2024-12-26T09:00:00Z"},
		{"a repeated hour is open twice", "America/New_York", "sun 01:00-02:00", "", "2024-11-03T06:30:00Z", "open"},
		{"and between it is open too", "America/New_York", "sun 01:00-02:00", "", "2024-11-03T05:59:59Z", "open"},
		{"a repeated hour opens again", "America/New_York", "sun 01:30-02:00", "", "2024-11-03T06:00:00Z", "2024-11-03T06:30:00Z"},
		{"a skipped hour never opens", "America/New_York", "sun 02:00-03:00", "", "2024-03-10T06:59:00Z", "2024-03-17T06:00:00Z"},
		{"a window half skipped", "America/New_York", "sun 02:30-03:30", "", "2024-03-10T06:59:00Z", "2024-03-10T07:00:00Z"},
		{"a day that did not exist", "Pacific/Apia", "fri 09:00-10:00", "", "2011-12-30T08:00:00Z", "2012-01-05T19:00:00Z"},
	} {
		s := Settings{Hours: parseRules(t, c.rules)}
		if c.closed != "" {
			s.ClosedDates = strings.Split(c.closed, ",")
		}
		h := NewHours(&s, zone(t, c.zone))
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		got := "never"
		next, ok := h.NextOpen(at)
		if h.Open(at) {
			got = "open"
		} else if ok {
			want, err := time.Parse(time.RFC3339, c.next)
			got = next.String()
			if err == nil && next.Equal(want) {
				got = c.next
			}
		}
		if got != c.next {
			t.Errorf("%s: %s, want %s", c.name, got, c.next)
		}
	}
}

// span is some days in a zone as an oracle sees them: the local day and minute of each
// minute of UTC.
type span struct {
	zone  *time.Location
	first int // the day before the day asked about
	begin int64
	wall  []uint16 // (day - first) * 1440 + minute, for each minute since begin
}

const spanDays = 5

// oracleSpans are the days around each change of the clocks, and some others.
func oracleSpans(t *testing.T) []span {
	var spans []span
	for _, name := range []string{"UTC", "Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe",
		"Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "Africa/Casablanca", "Asia/Tehran", "America/Sao_Paulo", "Asia/Beirut"} {
		loc := zone(t, name)
		at := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)
		for range 12 {
			_, change := at.In(loc).ZoneBounds()
			if change.IsZero() || change.Year() > 2024 {
				change = at.Add(97 * 24 * time.Hour)
			}
			spans = append(spans, newSpan(loc, change))
			at = change.Add(time.Hour)
		}
	}
	return spans
}

func newSpan(loc *time.Location, around time.Time) span {
	local := around.In(loc)
	y, m, d := local.Date()
	middle := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	s := span{zone: loc, first: int(middle.Unix()/daySeconds) - 2}
	begin := middle.Add(-36 * time.Hour)
	s.begin = begin.Unix()
	for i := range spanDays * 24 * 60 * 3 / 5 {
		w := begin.Add(time.Duration(i) * time.Minute).In(loc)
		wy, wm, wd := w.Date()
		days := int(time.Date(wy, wm, wd, 0, 0, 0, 0, time.UTC).Unix()/daySeconds) - s.first
		s.wall = append(s.wall, uint16(days*dayMinutes+w.Hour()*60+w.Minute()))
	}
	return s
}

// minutes is the oracle: for each minute of the span's days whether a rule covers it.
func (s span) minutes(set *Settings) *[spanDays * dayMinutes]bool {
	var bits [spanDays * dayMinutes]bool
	cover := func(day, from, to int) {
		for m := from; m < to; m++ {
			if i := day*dayMinutes + m; i >= 0 && i < len(bits) {
				bits[i] = true
			}
		}
	}
	for d := -1; d < spanDays; d++ {
		date := time.Unix(int64(s.first+d)*daySeconds, 0).UTC()
		name := strings.ToLower(date.Weekday().String()[:3])
		for _, r := range set.Hours {
			if r.Kind == "weekly" && !slices.Contains(r.Days, name) || r.Kind == "custom" && r.Date != date.Format("2006-01-02") {
				continue
			}
			var fh, fm, th, tm int
			fmt.Sscanf(r.From+" "+r.To, "%d:%d %d:%d", &fh, &fm, &th, &tm)
			from, to := fh*60+fm, th*60+tm
			if to < from {
				to += dayMinutes
			}
			cover(d, from, to)
		}
		if len(set.Hours) == 0 {
			cover(d, 0, dayMinutes)
		}
	}
	for _, c := range set.ClosedDates {
		date, _ := time.Parse("2006-01-02", c)
		if d := int(date.Unix()/daySeconds) - s.first; d >= 0 && d < spanDays {
			clear(bits[d*dayMinutes : (d+1)*dayMinutes])
		}
	}
	return &bits
}

// randomRules are rules that meet each other and the span's days often.
func randomRules(r *rand.Rand, s span) Settings {
	var set Settings
	clock := func(most int) string { return Clock(min(most, r.IntN(25)*60+[]int{0, 0, 1, 30, 59}[r.IntN(5)])) }
	date := func() string { return FormatDate(s.first + r.IntN(spanDays)) }
	for range r.IntN(MaxRules + 1) {
		rule := Rule{Kind: ruleWeekly, From: clock(23*60 + 59), To: clock(dayMinutes)}
		if rule.From == rule.To {
			continue
		}
		if r.IntN(3) == 0 {
			rule.Kind, rule.Date = ruleCustom, date()
		} else {
			for _, name := range weekdays() {
				if r.IntN(3) == 0 {
					rule.Days = append(rule.Days, name)
				}
			}
			if rule.Days == nil {
				rule.Days = []string{"mon"}
			}
		}
		set.Hours = append(set.Hours, rule)
	}
	for range r.IntN(8) / 5 {
		set.ClosedDates = append(set.ClosedDates, date())
	}
	return set
}

// TestHoursOracle holds random rule sets against an oracle that looks at every minute,
// on days on which the clocks change (D7). A set is replayed by its number.
func TestHoursOracle(t *testing.T) {
	spans := oracleSpans(t)
	for n := range *hoursSets {
		r := rand.New(rand.NewPCG(7, uint64(n)))
		s := spans[r.IntN(len(spans))]
		set := randomRules(r, s)
		if faults := set.hoursFaults(); len(faults) > 0 {
			t.Fatalf("set %d is not valid: %v", n, faults)
		}
		if fault := s.differs(r, &set); fault != "" {
			t.Fatalf("set %d in %s, first day %s: %s\n%+v", n, s.zone, FormatDate(s.first), fault, set)
		}
	}
	t.Logf("%d rule sets", *hoursSets)
}

func (s *Settings) hoursFaults() []Fault {
	c := &checker{}
	c.hours(s)
	return c.faults
}

func (s span) differs(r *rand.Rand, set *Settings) string {
	h, bits := NewHours(set, s.zone), s.minutes(set)
	for d := range spanDays {
		var want []Window
		for m := 0; m < dayMinutes; m++ {
			if !bits[d*dayMinutes+m] {
				continue
			}
			from := m
			for m < dayMinutes && bits[d*dayMinutes+m] {
				m++
			}
			want = append(want, Window{from, m})
		}
		if got := h.Windows(s.first + d); !slices.Equal(got, want) {
			return fmt.Sprintf("windows of %s: %s, want %s", FormatDate(s.first+d), showWindows(got), showWindows(want))
		}
	}
	for i, w := range s.wall {
		edge := i > 0 && bits[w] != bits[s.wall[i-1]]
		if !edge && r.IntN(64) != 0 {
			continue
		}
		at := time.Unix(s.begin+int64(i)*60, 0)
		if h.Open(at) != bits[w] {
			return fmt.Sprintf("open at %s is %v", at.In(s.zone), !bits[w])
		}
	}
	return s.nextDiffers(h, bits, r.IntN(len(s.wall)))
}

// nextDiffers looks for the next open minute after the one of number i.
func (s span) nextDiffers(h *Hours, bits *[spanDays * dayMinutes]bool, i int) string {
	at := time.Unix(s.begin+int64(i)*60, 0)
	next, ok := h.NextOpen(at)
	if bits[s.wall[i]] {
		if ok {
			return fmt.Sprintf("next open after %s, which is open", at.In(s.zone))
		}
		return ""
	}
	for j, w := range s.wall[i:] {
		if bits[w] {
			if want := at.Add(time.Duration(j) * time.Minute); !ok || !next.Equal(want) {
				return fmt.Sprintf("next open after %s is %v, want %s", at.In(s.zone), next, want.In(s.zone))
			}
			return ""
		}
	}
	if end := s.begin + int64(len(s.wall))*60; ok && next.Unix() < end {
		return fmt.Sprintf("next open after %s is %v, which is closed", at.In(s.zone), next)
	}
	return ""
}

// FuzzHours holds that settings which Validate accepts make hours in order.
func FuzzHours(f *testing.F) {
	f.Add("mon,thu 09:00-18:00; 2024-12-12 22:00-02:00", "2024-12-13", int64(1733990400))
	f.Add("sun 00:00-24:00;sat 24:00-01:00;x 25:00-:", "2025-02-29", int64(0))
	f.Fuzz(func(t *testing.T, rules, closed string, at int64) {
		set := Settings{ClosedDates: strings.Split(closed, ",")}
		for part := range strings.SplitSeq(rules, ";") {
			when, times, _ := strings.Cut(strings.TrimSpace(part), " ")
			from, to, _ := strings.Cut(times, "-")
			set.Hours = append(set.Hours, Rule{Kind: ruleWeekly, Days: strings.Split(when, ","), From: from, To: to},
				Rule{Kind: ruleCustom, Date: when, From: from, To: to})
		}
		if len(set.hoursFaults()) > 0 {
			return
		}
		h := NewHours(&set, time.UTC)
		moment := time.Unix(at%(1<<40), 0)
		end := -1
		for _, w := range h.Windows(h.Today(moment)) {
			if w.From <= end || w.To <= w.From || w.To > dayMinutes {
				t.Fatalf("windows %v", h.Windows(h.Today(moment)))
			}
			end = w.To
		}
		if next, ok := h.NextOpen(moment); ok && (!h.Open(next) || !next.After(moment) || h.Open(next.Add(-time.Second))) {
			t.Fatalf("next open of %v is %v", moment, next)
		}
	})
}
