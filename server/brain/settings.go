package brain

import (
	"net/url"
	"strings"
)

// Settings are a bot's brain, as its key brain has them. The zero value is no brain.
type Settings struct {
	Kind            string   `json:"kind"`                // match or http
	Threshold       *float64 `json:"threshold,omitempty"` // of match: 0 to 1; nil: DefaultThreshold
	URL             string   `json:"url,omitempty"`       // of http
	Secret          string   `json:"secret,omitempty"`    // of http; write-only
	DefaultAnswerID string   `json:"defaultAnswerId,omitempty"`
}

// DefaultThreshold is how alike a question has to be where the settings do not say.
const DefaultThreshold = 0.6

// Fault is something wrong with settings.
type Fault struct {
	Pointer string // JSON pointer into the settings
	Zh, En  string
}

// Check lists everything that is wrong with the settings. The form of an answer's id is
// the caller's to check.
func (s Settings) Check() []Fault {
	var faults []Fault
	fault := func(pointer, zh, en string) { faults = append(faults, Fault{pointer, zh, en}) }
	switch s.Kind {
	case "match":
		if s.URL != "" {
			fault("/url", "只有 kind 为 http 时才有 url", "belongs to kind http only")
		}
		if s.Secret != "" {
			fault("/secret", "只有 kind 为 http 时才有 secret", "belongs to kind http only")
		}
	case "http":
		u, err := url.Parse(s.URL)
		if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || !strings.HasPrefix(u.Scheme, "http") || (u.Scheme != "https" && u.Scheme != "http") {
			fault("/url", "必须是完整的 http 或 https 地址，不含用户名", "must be a whole http or https URL without a user")
		}
		if _, err := signingKey(s.Secret); err != nil {
			fault("/secret", "签名密钥不能为空；以 whsec_ 开头时，其后须为 base64", "must not be empty; behind whsec_ stands base64")
		}
	default:
		fault("/kind", "必须是 match 或 http", "must be match or http")
	}
	if t := s.Threshold; t != nil && !(*t >= 0 && *t <= 1) {
		fault("/threshold", "必须在 0 与 1 之间", "must be from 0 to 1")
	}
	return faults
}

// Limit is the threshold with its default.
func (s Settings) Limit() float64 {
	if s.Threshold == nil {
		return DefaultThreshold
	}
	return *s.Threshold
}
