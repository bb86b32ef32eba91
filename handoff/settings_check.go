package handoff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What settings may hold at most.
const (
	MaxRules       = 10
	MaxClosedDates = 366
	MaxRounds      = 50
	MaxSeconds     = 86_400
	maxRetention   = 3_650 // days
	maxRoutes      = 100
	maxTarget      = 4 << 10 // bytes
	maxTextRunes   = 2_000
)

// The kinds of a rule.
const (
	ruleWeekly = "weekly"
	ruleCustom = "custom"
)

// Validate lists everything that is wrong with settings, with a JSON pointer each. known
// says which connectors there are.
func (s *Settings) Validate(known func(kind string) bool) []Fault {
	c := &checker{known: known}
	c.seconds(s)
	c.between("/rounds", s.Rounds, 0, MaxRounds)
	c.between("/retentionDays", s.RetentionDays, 1, maxRetention)
	c.text("/triggerDescription", s.TriggerDescription)
	c.connector("/connector", s.Connector)
	if s.TimeZone != "" {
		if _, err := time.LoadLocation(s.TimeZone); err != nil || strings.EqualFold(s.TimeZone, "local") {
			c.add("/timeZone", "没有时区 "+strconv.Quote(short(s.TimeZone))+"，请用 IANA 名称，例如 Asia/Shanghai。",
				"There is no time zone "+strconv.Quote(short(s.TimeZone))+"; use an IANA name such as Asia/Shanghai.")
		}
	}
	c.hours(s)
	c.routes(s.Routes)
	c.texts(s.Texts)
	return c.faults
}

// checker collects faults.
type checker struct {
	known  func(kind string) bool
	faults []Fault
}

func (c *checker) add(pointer, zh, en string) {
	c.faults = append(c.faults, Fault{Pointer: pointer, Text: Text{Zh: zh, En: en}})
}

func (c *checker) between(pointer string, n, low, high int) {
	if n < low || n > high {
		c.add(pointer, fmt.Sprintf("须在 %d 到 %d 之间，收到的是 %d。", low, high, n),
			fmt.Sprintf("Must be from %d to %d; got %d.", low, high, n))
	}
}

func (c *checker) seconds(s *Settings) {
	for _, t := range []struct {
		pointer string
		n       int
	}{
		{"/waitTimeoutSeconds", s.WaitTimeoutSeconds},
		{"/sessionTimeoutSeconds", s.SessionTimeoutSeconds},
		{"/connectTimeoutSeconds", s.ConnectTimeoutSeconds},
		{"/deliveryDeadlineSeconds", s.DeliveryDeadlineSeconds},
		{"/idleTimeoutSeconds", s.IdleTimeoutSeconds},
		{"/emailTimeoutSeconds", s.EmailTimeoutSeconds},
	} {
		c.between(t.pointer, t.n, 1, MaxSeconds)
	}
}

func (c *checker) text(pointer, text string) {
	if n := utf8.RuneCountInString(text); n > maxTextRunes {
		c.add(pointer, fmt.Sprintf("最多 %d 个字符，收到 %d 个。", maxTextRunes, n),
			fmt.Sprintf("At most %d characters; got %d.", maxTextRunes, n))
	}
	if strings.ContainsRune(text, 0) {
		c.add(pointer, "不能含有字符 U+0000。", "Must not hold the character U+0000.")
	}
}

func (c *checker) connector(pointer, kind string) {
	if !c.known(kind) {
		c.add(pointer, "没有名为 "+strconv.Quote(short(kind))+" 的连接器。", "There is no connector "+strconv.Quote(short(kind))+".")
	}
}

func (c *checker) hours(s *Settings) {
	if n := len(s.Hours); n > MaxRules {
		c.add("/hours", fmt.Sprintf("最多 %d 条规则，收到 %d 条。", MaxRules, n), fmt.Sprintf("At most %d rules; got %d.", MaxRules, n))
	}
	if n := len(s.ClosedDates); n > MaxClosedDates {
		c.add("/closedDates", fmt.Sprintf("最多 %d 个日期，收到 %d 个。", MaxClosedDates, n),
			fmt.Sprintf("At most %d dates; got %d.", MaxClosedDates, n))
	}
	for i, date := range s.ClosedDates[:min(len(s.ClosedDates), MaxClosedDates)] {
		c.date(fmt.Sprintf("/closedDates/%d", i), date)
	}
	for i, r := range s.Hours[:min(len(s.Hours), 2*MaxRules)] {
		c.rule(fmt.Sprintf("/hours/%d", i), r)
	}
}

func (c *checker) date(pointer, date string) {
	if _, ok := ParseDate(date); !ok {
		c.add(pointer, strconv.Quote(short(date))+" 不是存在的日期，写法为 YYYY-MM-DD。",
			strconv.Quote(short(date))+" is no date that exists; write YYYY-MM-DD.")
	}
}

func (c *checker) rule(pointer string, r Rule) {
	switch r.Kind {
	case ruleWeekly:
		if len(r.Days) == 0 {
			c.add(pointer+"/days", "每周规则至少要有一天。", "A weekly rule needs at least one day.")
		}
		for i, day := range r.Days[:min(len(r.Days), 8)] {
			if !slices.Contains(weekdays(), day) {
				c.add(fmt.Sprintf("%s/days/%d", pointer, i), "须为 mon、tue、wed、thu、fri、sat、sun 之一。",
					"Must be one of mon, tue, wed, thu, fri, sat, sun.")
			}
		}
		if len(r.Days) > 7 {
			c.add(pointer+"/days", "一周只有七天。", "A week has seven days.")
		}
		if r.Date != "" {
			c.add(pointer+"/date", "每周规则没有日期。", "A weekly rule has no date.")
		}
	case ruleCustom:
		c.date(pointer+"/date", r.Date)
		if len(r.Days) > 0 {
			c.add(pointer+"/days", "指定日期的规则没有星期。", "A custom rule has no days of the week.")
		}
	default:
		c.add(pointer+"/kind", "须为 weekly 或 custom。", "Must be weekly or custom.")
	}
	c.times(pointer, r)
}

func (c *checker) times(pointer string, r Rule) {
	from, ok := parseClock(r.From)
	if !ok || from == dayMinutes {
		c.add(pointer+"/from", strconv.Quote(short(r.From))+" 不是一个开始时间，写法为 00:00 到 23:59。",
			strconv.Quote(short(r.From))+" is no time to begin at; write 00:00 to 23:59.")
	}
	to, okTo := parseClock(r.To)
	if !okTo {
		c.add(pointer+"/to", strconv.Quote(short(r.To))+" 不是一个结束时间，写法为 00:00 到 24:00。",
			strconv.Quote(short(r.To))+" is no time to end at; write 00:00 to 24:00.")
	}
	if ok && okTo && from == to {
		c.add(pointer+"/to", "结束时间不能与开始时间相同；全天写作 00:00 到 24:00。",
			"Must differ from the time to begin at; the whole day is 00:00 to 24:00.")
	}
}

// parseClock reads HH:MM, 24:00 included, as minutes since 00:00.
func parseClock(s string) (minutes int, ok bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	hour, minute := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	minutes = hour*60 + minute
	return minutes, minute < 60 && minutes <= dayMinutes
}

func (c *checker) routes(routes map[string]Route) {
	if n := len(routes); n > maxRoutes {
		c.add("/routes", fmt.Sprintf("最多 %d 条路由。", maxRoutes), fmt.Sprintf("At most %d routes.", maxRoutes))
		return
	}
	for _, name := range sortedKeys(routes) {
		r, pointer := routes[name], "/routes/"+escapePointer(name)
		if !validName(name) {
			c.add(pointer, "路由名须为 1 到 64 个 A-Z a-z 0-9 . _ -。", "A route's name is 1 to 64 of A-Z a-z 0-9 . _ -.")
		}
		c.connector(pointer+"/connector", r.Connector)
		if target := bytes.TrimSpace(r.Target); len(target) > maxTarget || len(target) > 0 && (target[0] != '{' || !json.Valid(target)) {
			c.add(pointer+"/target", fmt.Sprintf("须为不超过 %d 字节的 JSON 对象。", maxTarget),
				fmt.Sprintf("Must be a JSON object of at most %d bytes.", maxTarget))
		}
		if r.Then != "" && r.Then != "default" {
			c.add(pointer+"/then", "须为 default，或者不写。", "Must be default, or be left out.")
		}
	}
}

func (c *checker) texts(texts map[TextKey]Both) {
	known := TextKeys()
	for _, key := range sortedKeys(texts) {
		pointer := "/texts/" + escapePointer(string(key))
		if !slices.Contains(known, key) {
			c.add(pointer, "没有这个文本。", "There is no such text.")
			continue
		}
		c.text(pointer+"/zh", texts[key].Zh)
		c.text(pointer+"/en", texts[key].En)
	}
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// validName reports whether s may name a route: the same as a bot's or an answer's id.
func validName(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return !letterOrDigit(r) && r != '.' && r != '_' && r != '-'
	})
}

// escapePointer writes a name as a part of a JSON pointer.
func escapePointer(s string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(s)
}

// short is s as it may be quoted in a message.
func short(s string) string {
	if r := []rune(s[:min(len(s), 256)]); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return strings.ToValidUTF8(s, "�")
}
