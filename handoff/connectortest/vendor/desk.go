package vendor

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/zhida-kb/zhida/handoff"
)

// Desk is a fake of a vendor, as a test of any connector uses it. Safe for concurrent
// use.
type Desk interface {
	// Values are settings that work, secrets included, with base URLs at the fake.
	Values() handoff.Values
	// Targets are a route's target that the desk knows, and one that it does not; nil: it
	// takes any.
	Targets() (good, unknown json.RawMessage)
	// Server is the fake's server: faults, requests, violations.
	Server() *Server
	// Sessions are what the desk holds, in the order in which they were opened.
	Sessions() []Session
	// Say makes an agent write, and gives what the vendor calls us with.
	Say(ref string, words Words) Delivery
	// End makes an agent end the conversation, with a last message where text is not "".
	End(ref, text string) []Delivery
	// Noise is what the vendor sends about the conversation that must have no effect:
	// echoes of ours, bots, notes, receipts.
	Noise(ref string) []Delivery
	// Foreign is an agent's message of another account, authentic by itself.
	Foreign(ref string) Delivery
	// Sign makes a delivery authentic after its body was changed, at the given time.
	Sign(d *Delivery, at time.Time)
	// RefuseOpens makes the desk refuse new conversations, as when no agent is there.
	RefuseOpens(refuse bool)
	// BreakCredentials makes the vendor refuse our credentials.
	BreakCredentials(broken bool)
}

// Words are what an agent says.
type Words struct {
	Text  string
	HTML  string // instead of Text, where the vendor's agents write html
	Files []handoff.Attachment
	// At is when; zero: the desk's clock.
	At time.Time
}

// Session is one conversation as the desk's agents see it.
type Session struct {
	Ref       string   // the vendor's name of it
	SessionID string   // ours, where the vendor gets to know it
	Email     string   // of the visitor
	Name      string   // of the visitor, where the vendor has it
	VisitorID string   // by which the vendor knows the visitor
	History   string   // what stood before, as one text
	Question  string   // the first message
	Messages  []string // of the visitor, after the open, in the order of arrival
	Closed    bool     // by us
	Reason    string   // of that, as the webhook contract names it, where the vendor learns it
	Target    string   // whom the route sent it to, as the desk names it; empty: nobody in particular
}

// Delivery is one call of the vendor's to our hook address.
type Delivery struct {
	Method  string // empty: POST
	SubPath string
	Header  http.Header
	Body    []byte
}

// Clone copies a delivery.
func (d Delivery) Clone() Delivery {
	d.Header, d.Body = d.Header.Clone(), bytes.Clone(d.Body)
	return d
}

// Inbound gives the delivery as a connector receives it.
func (d Delivery) Inbound(now time.Time) *handoff.Inbound {
	method := d.Method
	if method == "" {
		method = http.MethodPost
	}
	return &handoff.Inbound{
		Method: method, SubPath: d.SubPath, Header: d.Header.Get, Query: func(string) string { return "" },
		Body: d.Body, Now: now, ByPath: true,
	}
}

// Post sends the delivery to a hook address and gives the status and body of the answer.
func (d Delivery) Post(ctx context.Context, client *http.Client, hookURL string) (int, []byte, error) {
	method := d.Method
	if method == "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, hookURL+d.SubPath, bytes.NewReader(d.Body))
	if err != nil {
		return 0, nil, err
	}
	r.Header = d.Header.Clone()
	response, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, body, err
}
