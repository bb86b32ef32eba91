package handoff

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func knownConnectors(kind string) bool { return kind == "desk" || kind == "webhook" }

func TestDefaultsAreValid(t *testing.T) {
	s := Defaults()
	if faults := s.Validate(knownConnectors); len(faults) > 0 {
		t.Errorf("the defaults have faults: %v", faults)
	}
	shown := s.Show()
	if faults := shown.Validate(knownConnectors); len(faults) > 0 {
		t.Errorf("the defaults as they are shown have faults: %v", faults)
	}
	if len(shown.Texts) != 14 {
		t.Errorf("%d texts are shown, want 14", len(shown.Texts))
	}
	for key, text := range shown.Texts {
		if text.Zh == "" || text.En == "" {
			t.Errorf("the text %s has no default in both languages", key)
		}
	}
}

// TestSettingsKeepTheirShape: what is shown can be sent again and means the same.
func TestSettingsKeepTheirShape(t *testing.T) {
	s := Defaults()
	s.Texts = map[TextKey]Both{TextBusy: {Zh: "忙"}}
	body, err := json.Marshal(s.Show())
	if err != nil {
		t.Fatal(err)
	}
	again := Defaults()
	if err := json.Unmarshal(body, &again); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again.Show(), s.Show()) {
		t.Errorf("sent again: %+v", again)
	}
}

// TestBadSettings: each fault has its pointer, and all are listed at once.
func TestBadSettings(t *testing.T) {
	rule := `{"kind":"weekly","days":["mon"],"from":"09:00","to":"18:00"}`
	hours := func(rules ...string) string { return `{"hours":[` + strings.Join(rules, ",") + `]}` }
	times := func(from, to string) string {
		return hours(`{"kind":"weekly","days":["mon"],"from":"` + from + `","to":"` + to + `"}`)
	}
	for _, c := range []struct{ name, body, pointers string }{
		{"ten rules", hours(slices.Repeat([]string{rule}, 10)...), ""},
		{"an eleventh rule", hours(slices.Repeat([]string{rule}, 11)...), "/hours"},
		{"25:00", times("25:00", "18:00"), "/hours/0/from"},
		{"24:01", times("09:00", "24:01"), "/hours/0/to"},
		{"09:60", times("09:60", "18:00"), "/hours/0/from"},
		{"9:00", times("9:00", "18:00"), "/hours/0/from"},
		{"signs are no digits", times("+9:00", "-1:00"), "/hours/0/from /hours/0/to"},
		{"from equal to to", times("09:00", "09:00"), "/hours/0/to"},
		{"24:00 as from", times("24:00", "09:00"), "/hours/0/from"},
		{"24:00 as to", times("00:00", "24:00"), ""},
		{"overnight", times("22:00", "02:00"), ""},
		{"no days", hours(`{"kind":"weekly","from":"09:00","to":"18:00"}`), "/hours/0/days"},
		{"a day that is none", hours(`{"kind":"weekly","days":["mon","funday"],"from":"09:00","to":"18:00"}`), "/hours/0/days/1"},
		{"a weekly rule with a date", hours(`{"kind":"weekly","days":["mon"],"date":"2024-12-12","from":"09:00","to":"18:00"}`), "/hours/0/date"},
		{"a custom rule with days", hours(`{"kind":"custom","days":["mon"],"date":"2024-12-12","from":"09:00","to":"18:00"}`), "/hours/0/days"},
		{"2025-02-29", hours(`{"kind":"custom","date":"2025-02-29","from":"09:00","to":"18:00"}`), "/hours/0/date"},
		{"2024-02-29", hours(`{"kind":"custom","date":"2024-02-29","from":"09:00","to":"18:00"}`), ""},
		{"another kind", hours(`{"kind":"daily","from":"09:00","to":"18:00"}`), "/hours/0/kind"},
		{"an impossible closed date", `{"closedDates":["2025-01-29","2025-02-30"]}`, "/closedDates/1"},
		{"too many closed dates", `{"closedDates":["2025-01-29"` + strings.Repeat(`,"2025-01-29"`, 366) + `]}`, "/closedDates"},
		{"an unknown zone", `{"timeZone":"Mars/Olympus"}`, "/timeZone"},
		{"the machine's zone", `{"timeZone":"Local"}`, "/timeZone"},
		{"a path for a zone", `{"timeZone":"../etc/passwd"}`, "/timeZone"},
		{"a zone", `{"timeZone":"Asia/Shanghai"}`, ""},
		{"0 s", `{"waitTimeoutSeconds":0}`, "/waitTimeoutSeconds"},
		{"86,401 s", `{"idleTimeoutSeconds":86401}`, "/idleTimeoutSeconds"},
		{"every time", `{"waitTimeoutSeconds":-1,"sessionTimeoutSeconds":0,"connectTimeoutSeconds":0,"deliveryDeadlineSeconds":0,"idleTimeoutSeconds":0,"emailTimeoutSeconds":0}`,
			"/waitTimeoutSeconds /sessionTimeoutSeconds /connectTimeoutSeconds /deliveryDeadlineSeconds /idleTimeoutSeconds /emailTimeoutSeconds"},
		{"51 rounds", `{"rounds":51}`, "/rounds"},
		{"-1 rounds", `{"rounds":-1}`, "/rounds"},
		{"no retention", `{"retentionDays":0}`, "/retentionDays"},
		{"an unknown connector", `{"connector":"pigeon"}`, "/connector"},
		{"a route to an unknown connector", `{"routes":{"sales":{"connector":"pigeon","then":"default"}}}`, "/routes/sales/connector"},
		{"a route's name, target and then", `{"routes":{"a/b":{"connector":"desk","target":[1],"then":"else"}}}`, "/routes/a~1b /routes/a~1b/target /routes/a~1b/then"},
		{"a route", `{"routes":{"sales":{"connector":"desk","target":{"channel":"C1"},"then":"default"}}}`, ""},
		{"a text that is too long", `{"texts":{"busy":{"zh":"` + strings.Repeat("忙", 2001) + `","en":""}}}`, "/texts/busy/zh"},
		{"an unknown text", `{"texts":{"hello":{"zh":"","en":""}}}`, "/texts/hello"},
		{"a trigger that is too long", `{"triggerDescription":"` + strings.Repeat("a", 2001) + `"}`, "/triggerDescription"},
		{"U+0000", `{"texts":{"busy":{"en":"\u0000"}}}`, "/texts/busy/en"},
	} {
		s := Defaults()
		if err := json.Unmarshal([]byte(c.body), &s); err != nil {
			t.Fatal(err)
		}
		var pointers []string
		for _, f := range s.Validate(knownConnectors) {
			pointers = append(pointers, f.Pointer)
			if f.Text.Zh == "" || f.Text.En == "" {
				t.Errorf("%s: %s has no text in both languages", c.name, f.Pointer)
			}
		}
		if got := strings.Join(pointers, " "); got != c.pointers {
			t.Errorf("%s: %q, want %q", c.name, got, c.pointers)
		}
	}
}

func TestLanguage(t *testing.T) {
	for in, want := range map[string]string{
		"": "en", "zh": "zh", "zh-CN": "zh", "ZH_tw": "zh", "en": "en", "fr": "en", "zhuang": "en", " ,zh": "zh", ",,zh-Hans": "zh", "en,zh": "en",
	} {
		if got := Language(strings.Split(in, ",")...); got != want {
			t.Errorf("Language(%q) = %q, want %q", in, got, want)
		}
	}
}
