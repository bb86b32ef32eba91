package condition

import (
	"strconv"
	"strings"
	"time"
)

// clockFunctions make times, durations and time zones. Nothing here reads the
// machine's clock or its zones: now is the moment of the render, a time without a
// zone is UTC, and a zone is an offset or one of the names in zoneNames.
var clockFunctions = []function{
	{name: "now", params: "", yields: timeClass, run: runNow, clock: true,
		zh: "当前时间（UTC）", en: "the moment of the render, in UTC", example: "now().Year() > 2000", shows: "true"},
	{name: "duration", params: "t", yields: durationClass, run: runDuration,
		zh: "时长，如 1h30m", en: "a duration such as 1h30m", example: `duration("90m")`, shows: "1h30m0s"},
	{name: "date", params: "tt?t?", yields: timeClass, run: runDate,
		zh:      "把文本读成时间，可指定 Go 的格式和时区，缺省为 UTC",
		en:      "the time that a text says; a layout of Go's and a time zone may follow, without one it is UTC",
		example: `date("2020-10-01").Year()`, shows: "2020"},
	{name: "timezone", params: "t", yields: zoneClass, run: runZone,
		zh: "时区：UTC、+08:00 这样的时差，或 Asia/Shanghai", en: "a time zone: UTC, an offset such as +08:00, or Asia/Shanghai",
		example: `date("2020-10-01").In(timezone("+08:00")).Hour()`, shows: "8"},
}

// zoneNames are the zones that have a name here: those around China without daylight
// saving, so that an offset says all of them (for the years since 1992).
var zoneNames = map[string]int{
	"UTC": 0, "Z": 0, "GMT": 0,
	"Asia/Shanghai": 8, "Asia/Chongqing": 8, "Asia/Urumqi": 6, "Asia/Hong_Kong": 8, "Asia/Macau": 8, "Asia/Taipei": 8,
	"Asia/Singapore": 8, "Asia/Kuala_Lumpur": 8, "Asia/Manila": 8, "Asia/Tokyo": 9, "Asia/Seoul": 9,
	"Asia/Bangkok": 7, "Asia/Jakarta": 7, "Asia/Ho_Chi_Minh": 7, "Asia/Dubai": 4,
}

func runNow(m *machine, n *node, _ []value) value { return m.moment(n, m.facts.Now().UTC()) }

func runDuration(m *machine, n *node, args []value) value {
	d, err := time.ParseDuration(args[0].s)
	if err != nil {
		m.fail(n, msgRunDuration, args[0].s)
	}
	return span(d)
}

// layouts are those that date tries, as expr does.
var layouts = [...]string{
	time.DateOnly, time.TimeOnly, time.DateTime, time.RFC3339, time.RFC822, time.RFC850, time.RFC1123,
}

// runDate reads a time. time.ParseInLocation with UTC, unlike time.Parse, never looks
// at the machine's zone.
func runDate(m *machine, n *node, args []value) value {
	m.charge(n, 100+len(args[0].s))
	zone := time.UTC
	if len(args) == 3 {
		zone = m.zone(n, args[2].s)
	}
	if len(args) > 1 {
		m.charge(n, len(args[1].s))
		t, err := time.ParseInLocation(args[1].s, args[0].s, zone)
		if err != nil {
			m.fail(n, msgRunDate, args[0].s)
		}
		return m.moment(n, t)
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, args[0].s, zone); err == nil {
			return m.moment(n, t)
		}
	}
	m.fail(n, msgRunDate, args[0].s)
	return value{}
}

func runZone(m *machine, n *node, args []value) value {
	m.grow(n, boxSize)
	return inZone(m.zone(n, args[0].s))
}

// zone returns the zone of a name or an offset, ±hh:mm, with or without UTC before it.
func (m *machine) zone(n *node, name string) *time.Location {
	if hours, ok := zoneNames[name]; ok {
		if hours == 0 {
			return time.UTC
		}
		return time.FixedZone(name, hours*3600)
	}
	offset := strings.TrimPrefix(name, "UTC")
	if len(offset) >= 2 && (offset[0] == '+' || offset[0] == '-') {
		hours, minutes, colon := strings.Cut(offset[1:], ":")
		h, err := strconv.ParseUint(hours, 10, 8)
		mins := uint64(0)
		if err == nil && colon {
			mins, err = strconv.ParseUint(minutes, 10, 8)
		}
		if err == nil && h <= 14 && mins < 60 && len(hours) <= 2 {
			seconds := int(h*3600 + mins*60)
			if offset[0] == '-' {
				seconds = -seconds
			}
			return time.FixedZone(offset, seconds)
		}
	}
	m.fail(n, msgRunZone, name)
	return nil
}

// method is a row of the table of methods, those of Go's times and durations that
// expr would find. args[0] is the receiver.
type method struct {
	receiver class
	name     string
	params   string
	yields   class
	run      func(m *machine, n *node, args []value) value
}

var methods = [...]method{
	{timeClass, "Year", "", intClass, ofTime(time.Time.Year)},
	{timeClass, "Month", "", intClass, ofTime(func(t time.Time) int { return int(t.Month()) })},
	{timeClass, "Day", "", intClass, ofTime(time.Time.Day)},
	{timeClass, "Hour", "", intClass, ofTime(time.Time.Hour)},
	{timeClass, "Minute", "", intClass, ofTime(time.Time.Minute)},
	{timeClass, "Second", "", intClass, ofTime(time.Time.Second)},
	{timeClass, "Weekday", "", intClass, ofTime(func(t time.Time) int { return int(t.Weekday()) })},
	{timeClass, "YearDay", "", intClass, ofTime(time.Time.YearDay)},
	{timeClass, "Unix", "", intClass, ofTime(func(t time.Time) int { return int(t.Unix()) })},
	{timeClass, "UnixMilli", "", intClass, ofTime(func(t time.Time) int { return int(t.UnixMilli()) })},
	{timeClass, "Format", "t", textClass, runFormat},
	{timeClass, "String", "", textClass, func(_ *machine, _ *node, args []value) value {
		return text(string(appendText(nil, args[0])))
	}},
	{timeClass, "UTC", "", timeClass, func(m *machine, n *node, args []value) value {
		return m.moment(n, args[0].b.time.UTC())
	}},
	{timeClass, "In", "z", timeClass, func(m *machine, n *node, args []value) value {
		return m.moment(n, args[0].b.time.In(args[1].b.zone))
	}},
	{timeClass, "Add", "d", timeClass, func(m *machine, n *node, args []value) value {
		return m.moment(n, args[0].b.time.Add(args[1].duration()))
	}},
	{timeClass, "Sub", "T", durationClass, func(_ *machine, _ *node, args []value) value {
		return span(args[0].b.time.Sub(args[1].b.time))
	}},
	{timeClass, "AddDate", "iii", timeClass, runAddDate},
	{timeClass, "Truncate", "d", timeClass, func(m *machine, n *node, args []value) value {
		return m.moment(n, args[0].b.time.Truncate(args[1].duration()))
	}},
	{timeClass, "Before", "T", boolClass, func(_ *machine, _ *node, args []value) value {
		return boolean(args[0].b.time.Before(args[1].b.time))
	}},
	{timeClass, "After", "T", boolClass, func(_ *machine, _ *node, args []value) value {
		return boolean(args[0].b.time.After(args[1].b.time))
	}},
	{timeClass, "Equal", "T", boolClass, func(_ *machine, _ *node, args []value) value {
		return boolean(args[0].b.time.Equal(args[1].b.time))
	}},
	{durationClass, "Hours", "", floatClass, ofDuration(time.Duration.Hours)},
	{durationClass, "Minutes", "", floatClass, ofDuration(time.Duration.Minutes)},
	{durationClass, "Seconds", "", floatClass, ofDuration(time.Duration.Seconds)},
	{durationClass, "Milliseconds", "", intClass, func(_ *machine, _ *node, args []value) value {
		return integer(args[0].duration().Milliseconds())
	}},
	{durationClass, "String", "", textClass, func(_ *machine, _ *node, args []value) value {
		return text(args[0].duration().String())
	}},
	{durationClass, "Abs", "", durationClass, func(_ *machine, _ *node, args []value) value {
		return span(args[0].duration().Abs())
	}},
	{durationClass, "Round", "d", durationClass, func(_ *machine, _ *node, args []value) value {
		return span(args[0].duration().Round(args[1].duration()))
	}},
	{durationClass, "Truncate", "d", durationClass, func(_ *machine, _ *node, args []value) value {
		return span(args[0].duration().Truncate(args[1].duration()))
	}},
}

func ofTime(f func(time.Time) int) func(*machine, *node, []value) value {
	return func(_ *machine, _ *node, args []value) value { return integer(int64(f(args[0].b.time))) }
}

func ofDuration(f func(time.Duration) float64) func(*machine, *node, []value) value {
	return func(_ *machine, _ *node, args []value) value { return number(f(args[0].duration())) }
}

func runFormat(m *machine, n *node, args []value) value {
	layout := args[1].s
	m.copied(n, 8*len(layout))
	m.charge(n, len(layout))
	return text(args[0].b.time.Format(layout))
}

// runAddDate adds years, months and days. More than a date holds would only wrap.
func runAddDate(m *machine, n *node, args []value) value {
	const most = 4_000_000 // days in ten thousand years and some
	for _, v := range args[1:] {
		if v.int() > most || v.int() < -most {
			m.fail(n, msgRunOverflow)
		}
	}
	return m.moment(n, args[0].b.time.AddDate(int(args[1].int()), int(args[2].int()), int(args[3].int())))
}
