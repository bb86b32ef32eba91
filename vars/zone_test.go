package vars

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseZone(t *testing.T) {
	for suffix, want := range map[string]int{
		"": 0, "0": 0, "_0": 0, "00": 0, "_00": 0, "0_0": 0, "0_00": 0, "_0_30": -30, "0_45": 45,
		"8": 480, "08": 480, "_12": -720, "12": 720, "14": 840, "_08": -480, "5_30": 330, "_3_30": -210, "5_45": 345, "12_45": 765,
		"5_0": 300, "5_00": 300, "5_5": 330, "5_50": 330, "5_75": 345, "_9_5": -570, "13_75": 825, "14_0": 840, "14_00": 840, "_12_00": -720, "09_30": 570,
	} {
		if got, ok := ParseZone(suffix); !ok || got != want {
			t.Errorf("ParseZone(%q) is %d, %v, want %d", suffix, got, ok, want)
		}
	}
	for _, suffix := range []string{
		"_", "__", "__8", "8_", "8__30", "5_30_", "_5_", "15", "99", "14_30", "14_5", "_12_30", "_12_5", "_13", "008", "100", "5_15", "5_3",
		"5_300", "5_1", "5_25", "5_55", "5_60", "5_000", "+8", "-8", "5:30", "5.5", "5_5_5", "8 ", " 8", "八", "\uff18", "x", "8x", "_x", "5_3o",
	} {
		if got, ok := ParseZone(suffix); ok {
			t.Errorf("ParseZone(%q) is %d, want none", suffix, got)
		}
	}
}

// zoneForm is the form as the language page has it.
var zoneForm = regexp.MustCompile(`^(_?)([0-9]{1,2})(?:_(?:(00|30|45)|(0|5|50|75)))?$`)

// slowZone is ParseZone by that form, with decimals as decimals.
func slowZone(suffix string) (int, bool) {
	if suffix == "" {
		return 0, true
	}
	m := zoneForm.FindStringSubmatch(suffix)
	if m == nil {
		return 0, false
	}
	hours, _ := strconv.Atoi(m[2])
	minutes := float64(60 * hours)
	if m[3] != "" {
		n, _ := strconv.Atoi(m[3])
		minutes += float64(n)
	}
	if m[4] != "" {
		part, _ := strconv.ParseFloat("0."+m[4], 64)
		minutes += 60 * part
	}
	if m[1] != "" {
		minutes = -minutes
	}
	return int(minutes), minutes >= -12*60 && minutes <= 14*60
}

// Every text of up to four marks that could be one, and every number of hours with
// each of many endings.
func TestParseZoneOracle(t *testing.T) {
	const marks = "_0123456789"
	accepted := 0
	check := func(suffix string) {
		got, ok := ParseZone(suffix)
		want, wantOK := slowZone(suffix)
		if ok != wantOK || ok && got != want {
			t.Fatalf("ParseZone(%q) is %d, %v, want %d, %v", suffix, got, ok, want, wantOK)
		}
		if ok {
			accepted++
		}
	}
	var grow func(suffix string, n int)
	grow = func(suffix string, n int) {
		check(suffix)
		if n > 0 {
			for _, c := range marks {
				grow(suffix+string(c), n-1)
			}
		}
	}
	grow("", 4)
	endings := []string{"", "_", "__", "_000", "_300", "_5_", "_30_0", "x", " "}
	for n := range 100 {
		endings = append(endings, "_"+strconv.Itoa(n), fmt.Sprintf("_%02d", n))
	}
	for hours := range 110 {
		for _, ending := range endings {
			for _, sign := range []string{"", "_", "__"} {
				check(sign + strconv.Itoa(hours) + ending)
				check(fmt.Sprintf("%s%02d%s", sign, hours, ending))
			}
		}
	}
	if accepted < 300 {
		t.Errorf("only %d texts are zones", accepted)
	}
}

func TestKnownAnswers(t *testing.T) {
	var f Facts
	f.Reset(time.Date(2020, 10, 1, 4, 0, 0, 0, time.UTC))
	for name, want := range map[string]string{
		"timeutc5_30":  "2020-10-01 09:30:00",
		"dateutc_12":   "2020-09-30",
		"dateutc8":     "2020-10-01",
		"timeutc8":     "2020-10-01 12:00:00",
		"timeutc":      "2020-10-01 04:00:00",
		"timeutc0":     "2020-10-01 04:00:00",
		"dateutc":      "2020-10-01",
		"timeutc_3_30": "2020-10-01 00:30:00",
		"timeutc14":    "2020-10-01 18:00:00",
	} {
		ref, problem := Resolve("systemInfo", name)
		if problem != OK {
			t.Errorf("%s: %v", name, problem)
			continue
		}
		if got := string(f.AppendZoned([]byte("> "), ref)); got != "> "+want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestAppendZonedOracle(t *testing.T) {
	var f Facts
	rapid.Check(t, func(t *rapid.T) {
		// From the year -1000 to 11000, and mostly in between.
		seconds := rapid.OneOf(
			rapid.Int64Range(-93724128000, 284996361600),
			rapid.Int64Range(0, 4102444800),
		).Draw(t, "seconds")
		clock := time.FixedZone("of the caller", rapid.IntRange(-14*3600, 14*3600).Draw(t, "clock"))
		now := time.Unix(seconds, rapid.Int64Range(0, 999999999).Draw(t, "nanoseconds")).In(clock)
		minutes := rapid.IntRange(minZone, maxZone).Draw(t, "zone")
		f.Reset(now)
		there := now.In(time.FixedZone("", 60*minutes))
		if got, want := string(f.AppendZoned(nil, Ref{DateUTC, Date, int16(minutes)})), there.Format("2006-01-02"); got != want {
			t.Fatalf("the date is %q, want %q", got, want)
		}
		if got, want := string(f.AppendZoned(nil, Ref{TimeUTC, Time, int16(minutes)})), there.Format("2006-01-02 15:04:05"); got != want {
			t.Fatalf("the time is %q, want %q", got, want)
		}
		if !f.Now().Equal(now) {
			t.Fatalf("Now is %v, want %v", f.Now(), now)
		}
	})
}

// Years that four digits do not hold are written as package time writes them.
func TestAppendZonedOfFarYears(t *testing.T) {
	for _, year := range []int{-1, 0, 1, 999, 9999, 10000} {
		for _, minutes := range []int{minZone, 0, maxZone} {
			var f Facts
			for _, now := range []time.Time{
				time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(year, 12, 31, 23, 59, 59, 999999999, time.UTC),
			} {
				f.Reset(now)
				there := now.In(time.FixedZone("", 60*minutes))
				if got, want := string(f.AppendZoned(nil, Ref{DateUTC, Date, int16(minutes)})), there.Format(time.DateOnly); got != want {
					t.Errorf("the date is %q, want %q", got, want)
				}
				if got, want := string(f.AppendZoned(nil, Ref{TimeUTC, Time, int16(minutes)})), there.Format(time.DateTime); got != want {
					t.Errorf("the time is %q, want %q", got, want)
				}
			}
		}
	}
}

func TestAppendZonedOfAFact(t *testing.T) {
	var f Facts
	f.Set(LocationInfoCity, "上海")
	if got := string(f.AppendZoned([]byte("在"), Ref{Slot: LocationInfoCity})); got != "在上海" {
		t.Errorf("got %q", got)
	}
}
