package server

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server/knowledge"
	"github.com/zhida-kb/zhida/vars"
	"github.com/zhida-kb/zhida/vars/scan"
)

// caseList is the saved examples of an answer: the body of PUT …/cases, and the file that
// lies beside an answer in a folder.
type caseList struct {
	Cases []caseWire `json:"cases" max:"100" doc:"They run when the answer is published; one that fails refuses that."`
}

// caseWire is a saved example.
type caseWire struct {
	Name     string          `json:"name" min:"1" max:"200" doc:"Names it among those of the answer."`
	Context  json.RawMessage `json:"context,omitempty" doc:"Who the visitor is, as for a render; nothing is known when it is left out."`
	Now      *time.Time      `json:"now,omitempty" doc:"The moment of the render; when it is left out, that at which the case runs."`
	Data     *caseData       `json:"data,omitempty"`
	Expected caseExpected    `json:"expected"`
}

// caseData is what data calls reply, as in a preview.
type caseData struct {
	Mode    string          `json:"mode,omitempty" enum:"stub"`
	Replies json.RawMessage `json:"replies,omitempty" doc:"As a preview's data.replies. Another URL is unreachable."`
}

// caseExpected is what has to come out.
type caseExpected struct {
	Content  *string        `json:"content,omitempty" doc:"The whole reply, character by character; this or segments."`
	Segments *[]caseSegment `json:"segments,omitempty" doc:"The reply piece by piece; actions without their tokens."`
}

// caseSegment is a piece of a reply.
type caseSegment struct {
	Type     string `json:"type" enum:"text,action"`
	Text     string `json:"text,omitempty"`
	Function string `json:"function,omitempty"`
	Argument string `json:"argument,omitempty"`
	Label    string `json:"label,omitempty"`
}

// check tells what is wrong with a case beyond its form.
func (c *caseWire) check(report func(pointer, zh, en string)) {
	if (c.Expected.Content == nil) == (c.Expected.Segments == nil) {
		report("/expected", "须给出 content 与 segments 之一", "must have content or segments, and not both")
	}
	if len(c.Context) > 0 {
		var facts vars.Facts
		facts.Reset(time.Time{})
		for _, f := range contextFaultsOf(facts.Decode(c.Context, "/context")) {
			report(f.Pointer, f.Text.Zh, f.Text.En)
		}
	}
	if c.Data != nil {
		_, faults := stubOf(string(c.Data.Replies), "/data/replies", runtime.Limits{}.WithDefaults().Reply)
		for _, f := range faults {
			report(f.Pointer, f.Text.Zh, f.Text.En)
		}
	}
}

// stubOf reads a preview's data.replies; an empty text is none.
func stubOf(raw, pointer string, limit int) (stub, []InputFault) {
	replies := stub{}
	if raw == "" {
		return replies, nil
	}
	var in scan.Scanner
	in.ResetString(raw)
	if !in.EnterObject() {
		return replies, []InputFault{{pointer, anObject}}
	}
	var faults []InputFault
	for in.Next() {
		url := strings.Clone(in.Key())
		value, ok := in.Raw()
		if !ok {
			break
		}
		key := percentDecode(url)
		if _, twice := replies[key]; twice {
			faults = append(faults, InputFault{scan.Pointer(pointer, url), text("字段重复", "this name occurs twice")})
			continue
		}
		reply, ok := stubReply(strings.Clone(value), limit)
		if !ok {
			faults = append(faults, InputFault{scan.Pointer(pointer, url, "outcome"),
				text("不是失败结果的名称，如 timeout", "must name a failure, such as timeout")})
		}
		replies[key] = reply
	}
	return replies, faults
}

// domain makes of the examples what knowledge keeps.
func (l *caseList) domain() []knowledge.Case {
	list := make([]knowledge.Case, len(l.Cases))
	for i := range l.Cases {
		c := &l.Cases[i]
		list[i] = knowledge.Case{Name: c.Name, Context: compact(c.Context), Now: c.Now, Content: c.Expected.Content}
		if c.Data != nil {
			list[i].Replies = compact(c.Data.Replies)
		}
		if c.Expected.Segments != nil {
			list[i].Segments = appendJSON(nil, *c.Expected.Segments)
		}
	}
	return list
}

// compact returns JSON without white space between its values.
func compact(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	return scan.AppendCompact(nil, string(raw))
}

// showCases is the way back.
func showCases(list []knowledge.Case) ([]caseWire, error) {
	shown := make([]caseWire, len(list))
	for i := range list {
		c := &list[i]
		shown[i] = caseWire{Name: c.Name, Context: c.Context, Now: c.Now, Expected: caseExpected{Content: c.Content}}
		if len(c.Replies) > 0 {
			shown[i].Data = &caseData{Replies: c.Replies}
		}
		if c.Segments != nil {
			segments, err := readSegments(c.Segments)
			if err != nil {
				return nil, err
			}
			shown[i].Expected.Segments = &segments
		}
	}
	return shown, nil
}

// readSegments reads segments as they are kept.
func readSegments(raw json.RawMessage) ([]caseSegment, error) {
	segments := []caseSegment{}
	err := json.Unmarshal(raw, &segments)
	return segments, err
}

// ReadCases reads the saved examples of an answer from a file: the body that PUT …/cases
// takes. The faults are all that is wrong with it.
func ReadCases(doc []byte) ([]knowledge.Case, []InputFault) {
	var list caseList
	faults := decodeJSON(doc, &list)
	if len(faults) > 0 {
		return nil, faults
	}
	cases := list.domain()
	for _, f := range knowledge.CheckCases(cases) {
		faults = append(faults, InputFault(f))
	}
	return cases, faults
}

// WriteCases is the way back: the examples as a file, for people to read and edit.
func WriteCases(cases []knowledge.Case) ([]byte, error) {
	shown, err := showCases(cases)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(caseList{shown}); err != nil {
		return nil, err
	}
	return []byte(b.String()), nil
}

// contextFaultsOf lists what is wrong with a context that is valid JSON.
func contextFaultsOf(err error) []InputFault {
	var wrong *vars.DecodeError
	if !errors.As(err, &wrong) {
		return nil
	}
	var faults []InputFault
	for _, f := range wrong.Faults {
		faults = append(faults, InputFault{f.Pointer, text(f.Zh, f.Detail)})
	}
	return faults
}
