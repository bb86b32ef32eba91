package server

import (
	"encoding/json"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// settingsInput is the body of PUT …/handoff. What is left out is its default; the
// bounds are handoff's to check, all at once.
type settingsInput struct {
	Enabled            bool                          `json:"enabled,omitempty" default:"true"`
	Connector          string                        `json:"connector,omitempty" doc:"The kind of the connector in use." default:"desk"`
	TriggerDescription string                        `json:"triggerDescription,omitempty" doc:"Tells the model when to call a human."`
	WaitTimeout        int                           `json:"waitTimeoutSeconds,omitempty" default:"60"`
	SessionTimeout     int                           `json:"sessionTimeoutSeconds,omitempty" default:"180"`
	ConnectTimeout     int                           `json:"connectTimeoutSeconds,omitempty" default:"60"`
	DeliveryDeadline   int                           `json:"deliveryDeadlineSeconds,omitempty" default:"900"`
	IdleTimeout        int                           `json:"idleTimeoutSeconds,omitempty" default:"86400"`
	EmailStep          bool                          `json:"emailStep,omitempty" doc:"Ask for an address before a human is called." default:"true"`
	EmailTimeout       int                           `json:"emailTimeoutSeconds,omitempty" default:"600"`
	Rounds             int                           `json:"rounds,omitempty" doc:"Rounds of the chat that the human sees." default:"10"`
	TimeZone           string                        `json:"timeZone,omitempty" doc:"IANA name; empty: the bot's."`
	RetentionDays      int                           `json:"retentionDays,omitempty" default:"365"`
	ClosedDates        []string                      `json:"closedDates,omitempty" doc:"YYYY-MM-DD, at most 366."`
	Hours              []hoursRule                   `json:"hours,omitempty" doc:"At most 10 rules; none: always open."`
	Routes             map[string]routeSetting       `json:"routes,omitempty"`
	Texts              map[handoff.TextKey]textInput `json:"texts,omitempty" doc:"Those that differ from the defaults."`
}

type hoursRule struct {
	Kind string   `json:"kind" doc:"weekly or custom."`
	Days []string `json:"days,omitempty" doc:"Of weekly: mon, tue, wed, thu, fri, sat, sun."`
	Date string   `json:"date,omitempty" doc:"Of custom: YYYY-MM-DD."`
	From string   `json:"from" doc:"HH:MM"`
	To   string   `json:"to" doc:"HH:MM or 24:00; before from: past midnight."`
}

type routeSetting struct {
	Connector string          `json:"connector"`
	Target    json.RawMessage `json:"target,omitempty" doc:"Whom at the desk the session goes to, as the connector's page says: a team, a group. Asked for when it is saved."`
	Then      string          `json:"then,omitempty" doc:"default: the bot's own connector, where this one is unavailable."`
}

type textInput struct {
	Zh string `json:"zh,omitempty"`
	En string `json:"en,omitempty"`
}

// settingsOutput is the reply of GET …/handoff: nothing is left out.
type settingsOutput struct {
	Enabled            bool                          `json:"enabled"`
	Connector          string                        `json:"connector"`
	TriggerDescription string                        `json:"triggerDescription"`
	WaitTimeout        int                           `json:"waitTimeoutSeconds"`
	SessionTimeout     int                           `json:"sessionTimeoutSeconds"`
	ConnectTimeout     int                           `json:"connectTimeoutSeconds"`
	DeliveryDeadline   int                           `json:"deliveryDeadlineSeconds"`
	IdleTimeout        int                           `json:"idleTimeoutSeconds"`
	EmailStep          bool                          `json:"emailStep"`
	EmailTimeout       int                           `json:"emailTimeoutSeconds"`
	Rounds             int                           `json:"rounds"`
	TimeZone           string                        `json:"timeZone"`
	RetentionDays      int                           `json:"retentionDays"`
	ClosedDates        []string                      `json:"closedDates"`
	Hours              []hoursRule                   `json:"hours"`
	Routes             map[string]routeSetting       `json:"routes"`
	Texts              map[handoff.TextKey]textInput `json:"texts"`
}

// inputOf is settings as a request would give them, over which one is decoded.
func inputOf(s handoff.Settings) settingsInput {
	in := settingsInput{s.Enabled, s.Connector, s.TriggerDescription, s.WaitTimeoutSeconds, s.SessionTimeoutSeconds, s.ConnectTimeoutSeconds,
		s.DeliveryDeadlineSeconds, s.IdleTimeoutSeconds, s.EmailStep, s.EmailTimeoutSeconds, s.Rounds, s.TimeZone, s.RetentionDays, s.ClosedDates,
		[]hoursRule{}, map[string]routeSetting{}, map[handoff.TextKey]textInput{}}
	for _, r := range s.Hours {
		in.Hours = append(in.Hours, hoursRule(r))
	}
	for name, r := range s.Routes {
		in.Routes[name] = routeSetting(r)
	}
	for key, t := range s.Texts {
		in.Texts[key] = textInput(t)
	}
	return in
}

// settings is what a request has given.
func (in settingsInput) settings() handoff.Settings {
	s := handoff.Settings{Enabled: in.Enabled, Connector: in.Connector, TriggerDescription: in.TriggerDescription,
		WaitTimeoutSeconds: in.WaitTimeout, SessionTimeoutSeconds: in.SessionTimeout, ConnectTimeoutSeconds: in.ConnectTimeout,
		DeliveryDeadlineSeconds: in.DeliveryDeadline, IdleTimeoutSeconds: in.IdleTimeout, EmailStep: in.EmailStep, EmailTimeoutSeconds: in.EmailTimeout,
		Rounds: in.Rounds, TimeZone: in.TimeZone, RetentionDays: in.RetentionDays, ClosedDates: in.ClosedDates,
		Routes: map[string]handoff.Route{}, Texts: map[handoff.TextKey]handoff.Both{}}
	for _, r := range in.Hours {
		s.Hours = append(s.Hours, handoff.Rule(r))
	}
	for name, r := range in.Routes {
		s.Routes[name] = handoff.Route(r)
	}
	for key, t := range in.Texts {
		s.Texts[key] = handoff.Both(t)
	}
	return s
}

func (x *exchange) sendSettings(h *handoff.Service) *Problem {
	s, err := h.Settings(x.base, x.bot.ID)
	if err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(200, settingsOutput(inputOf(*s)))
	return nil
}

// serveHandoffSettings answers GET …/handoff.
func serveHandoffSettings(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	return x.sendSettings(h)
}

// servePutHandoffSettings answers PUT …/handoff.
func servePutHandoffSettings(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	in := inputOf(handoff.Defaults())
	if p := x.decode(&in); p != nil {
		return p
	}
	s := in.settings()
	if err := h.PutSettings(x.base, x.bot.ID, &s); err != nil {
		return x.failHuman(err)
	}
	return x.sendSettings(h)
}

// problemShown is what is wrong with an account.
type problemShown struct {
	Code    string    `json:"code" enum:"credentials,unreachable,misconfigured"`
	Message textShown `json:"message"`
}

type textShown struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

func showProblem(p *handoff.Problem) *problemShown {
	if p == nil {
		return nil
	}
	return &problemShown{p.Code, textShown(p.Text)}
}

// statusShown is the reply of …/handoff/status.
type statusShown struct {
	Status    string        `json:"status" enum:"not_configured,available,unavailable"`
	Enabled   bool          `json:"enabled"`
	Connector string        `json:"connector"`
	Open      bool          `json:"open" doc:"Now lies in the service hours."`
	Online    bool          `json:"online" doc:"Enabled, available and open."`
	CheckedAt *time.Time    `json:"checkedAt"`
	NextOpen  *time.Time    `json:"nextOpen" doc:"null while it is open, and when it never opens."`
	Problem   *problemShown `json:"problem"`
}

// serveHandoffStatus answers GET …/handoff/status.
func serveHandoffStatus(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	r, err := h.Status(x.base, x.bot.ID)
	if err != nil {
		return x.failHuman(err)
	}
	x.sendJSON(200, statusShown{r.Status.String(), r.Enabled, r.Connector, r.Open, r.Online, whenNot(r.CheckedAt), whenNot(r.NextOpen), showProblem(r.Problem)})
	return nil
}

// dayShown is a day of the service hours.
type dayShown struct {
	Date    string        `json:"date"`
	Windows []windowShown `json:"windows"`
}

type windowShown struct {
	From string `json:"from" doc:"HH:MM; the window holds it."`
	To   string `json:"to" doc:"HH:MM or 24:00; the window does not hold it."`
}

// hoursShown is the reply of …/handoff/hours for a day.
type hoursShown struct {
	dayShown
	TimeZone string     `json:"timeZone"`
	Open     bool       `json:"open" doc:"Now."`
	NextOpen *time.Time `json:"nextOpen" doc:"After now; null while it is open, and when it never opens."`
}

// hoursDays is the reply for several days.
type hoursDays struct {
	Days []dayShown `json:"days"`
}

func showDay(h *handoff.Hours, day int) dayShown {
	shown := dayShown{Date: handoff.FormatDate(day)}
	for _, w := range h.Windows(day) {
		shown.Windows = append(shown.Windows, windowShown{handoff.Clock(w.From), handoff.Clock(w.To)})
	}
	return shown
}

const maxHoursDays = 366

// serveHandoffHours answers GET …/handoff/hours.
func serveHandoffHours(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	hours, err := h.Hours(x.base, x.bot.ID)
	if err != nil {
		return x.failHuman(err)
	}
	now := x.now()
	day := hours.Today(now)
	if date := x.queryText("date"); date != "" {
		given, ok := handoff.ParseDate(date)
		if !ok {
			x.fault("?date", "必须是存在的日期，如 2024-12-12", "must be a date that exists, such as 2024-12-12")
		}
		day = given
	}
	days := x.queryInt("days", 1, maxHoursDays, 0)
	if p := x.faulty(); p != nil {
		return p
	}
	if days > 0 {
		var shown hoursDays
		for i := range days {
			shown.Days = append(shown.Days, showDay(hours, day+i))
		}
		x.sendJSON(200, shown)
		return nil
	}
	shown := hoursShown{dayShown: showDay(hours, day), TimeZone: hours.Zone().String(), Open: hours.Open(now)}
	if next, ok := hours.NextOpen(now); ok {
		shown.NextOpen = &next
	}
	x.sendJSON(200, shown)
	return nil
}

// serveToolDefinition answers GET …/handoff/tool.
func serveToolDefinition(_ *Server, x *exchange) *Problem {
	h, p := x.human()
	if p != nil {
		return p
	}
	dialect := x.queryChoice("dialect", string(handoff.OpenAI), string(handoff.Anthropic), string(handoff.MCP))
	if p := x.faulty(); p != nil {
		return p
	}
	if dialect == "" {
		dialect = string(handoff.OpenAI)
	}
	s, err := h.Settings(x.base, x.bot.ID)
	if err != nil {
		return x.failHuman(err)
	}
	definition, err := s.Definition(handoff.Dialect(dialect))
	if err != nil {
		return x.failHuman(err)
	}
	x.send(append(x.reply(), definition...))
	return nil
}
