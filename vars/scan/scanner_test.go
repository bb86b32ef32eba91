package scan

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		data   string
		offset int
		reason Reason
	}{
		{"", 0, UnexpectedEnd},
		{"  ", 2, UnexpectedEnd},
		{"{", 1, UnexpectedEnd},
		{`{"a`, 3, UnexpectedEnd},
		{`{"a"`, 4, UnexpectedEnd},
		{`{"a":`, 5, UnexpectedEnd},
		{`{"a":1`, 6, UnexpectedEnd},
		{`{"a":1,`, 7, UnexpectedEnd},
		{`"\`, 1, UnexpectedEnd},
		{"?", 0, ExpectedValue},
		{"[1,]", 3, ExpectedValue},
		{"[,1]", 1, ExpectedValue},
		{"[}", 1, ExpectedValue},
		{`{"a":}`, 5, ExpectedValue},
		{"{1:2}", 1, ExpectedName},
		{`{"a":1,}`, 7, ExpectedName},
		{`{]`, 1, ExpectedName},
		{`{"a" 1}`, 5, ExpectedColon},
		{`{"a":1 "b":2}`, 7, ExpectedCommaOrBrace},
		{`{"a":1]`, 6, ExpectedCommaOrBrace},
		{"[1 2]", 3, ExpectedCommaOrBracket},
		{"[1}", 2, ExpectedCommaOrBracket},
		{"1 2", 2, TrailingData},
		{"{}}", 2, TrailingData},
		{"[nul]", 1, BadLiteral},
		{"tru", 0, BadLiteral},
		{"[1, -]", 4, BadNumber},
		{"01", 0, BadNumber},
		{"1.", 0, BadNumber},
		{"1e", 0, BadNumber},
		{"\"a\nb\"", 2, ControlCharacter},
		{"[\"\x00\"]", 2, ControlCharacter},
		{`["\x"]`, 2, BadEscape},
		{`"ab\u12g4"`, 3, BadEscape},
		{`"\ud800"`, 1, LoneSurrogate},
		{`"\udc00"`, 1, LoneSurrogate},
		{`"x\ud800\u0041"`, 2, LoneSurrogate},
		{"\"中\xff\"", 4, InvalidUTF8},
		{"\"\\n\xed\xa0\x80\"", 3, InvalidUTF8},
		{"{\"\xff\":1}", 2, InvalidUTF8},
		{strings.Repeat("[", MaxDepth+1), MaxDepth, TooDeep},
	} {
		var s Scanner
		s.ResetString(test.data)
		err := s.End()
		var syntax *Error
		if !errors.As(err, &syntax) {
			t.Errorf("%.40q: %v, want an *Error", test.data, err)
			continue
		}
		if syntax.Offset != test.offset || syntax.Reason != test.reason {
			t.Errorf("%.40q: byte %d, %v; want byte %d, %v", test.data, syntax.Offset, syntax.Reason, test.offset, test.reason)
		}
		where := fmt.Sprintf(" %d", test.offset)
		if !strings.Contains(err.Error(), where) || !strings.Contains(err.Error(), test.reason.String()) {
			t.Errorf("%.40q: the message %q lacks place or reason", test.data, err)
		}
		if !strings.Contains(syntax.Zh(), where) || !strings.Contains(syntax.Zh(), test.reason.Zh()) {
			t.Errorf("%.40q: the message %q lacks place or reason", test.data, syntax.Zh())
		}
	}
}

func TestErrorPointers(t *testing.T) {
	for data, want := range map[string]string{
		``: "", `nul`: "", `{} x`: "", `{`: "", `[`: "/0", `{"a`: "", `{"\ud800":1}`: "", `{"a"`: "/a", `{"a":`: "/a", `{"a" 1}`: "/a",
		`{"a":{"b":nul}}`:                       "/a/b",
		`{"a":{"b":1},"c":{"d":[0,{"e":"\ud800`: "/c/d/1/e",
		`{"a":{"b":1},"c":{"d":[0,{"e":"\`:      "/c/d/1/e",
		`{"a":{"b":1},"c":{"d":[0,"x\"]`:        "/c/d/1",
		`{"a":"\"}","b/~":[{},[],-]}`:           "/b~1~0/2",
		`{"\u0061\/\"":"x` + "\n" + `"}`:        `/a~1"`,
		`{"a":1 "b":2}`:                         "/a",
		`{"a":1,}`:                              "",
		`{"a":1,"b`:                             "",
		`{"a":[1,2 3]}`:                         "/a/1",
		`{"a":"` + "\xff" + `"}`:                "/a",
		`{"a":["x"],"b":"y"`:                    "/b",
	} {
		var s Scanner
		s.ResetString(data)
		var syntax *Error
		if err := s.End(); !errors.As(err, &syntax) || syntax.Pointer != want {
			t.Errorf("%q: %+v, want the pointer %q", data, syntax, want)
		}
	}
}

func TestEveryReasonHasItsOwnWords(t *testing.T) {
	seen := map[string]Reason{}
	for r := UnexpectedEnd; r <= TooDeep; r++ {
		for _, text := range []string{r.String(), r.Zh()} {
			if other, twice := seen[text]; text == "" || twice {
				t.Errorf("reasons %d and %d both say %q", other, r, text)
			}
			seen[text] = r
		}
	}
}

// A value of another type is left alone: the walk goes on behind it.
func TestWrongTypesAreSteppedOver(t *testing.T) {
	var s Scanner
	s.ResetString(`{"a":{"x":[1,{}]},"b":[2],"c":"text","d":4,"e":true,"f":null,"g":"last"}`)
	if s.EnterArray() || !s.EnterObject() {
		t.Fatal("the document is an object")
	}
	var got []string
	for s.Next() {
		if s.Key() == "g" {
			break
		}
		k := s.Kind()
		_, text := s.Text()
		_, number := s.Number()
		_, boolean := s.Bool()
		got = append(got, fmt.Sprint(s.Key(), k, text, number, boolean, s.IsNull()))
		if k != Array && s.EnterArray() || k != Object && s.EnterObject() {
			t.Fatalf("entered a %v", k)
		}
	}
	want := []string{
		"a object false false false false", "b array false false false false", "c string true false false false",
		"d number false true false false", "e boolean false false true false", "f null false false false true",
	}
	for i := range want {
		if i >= len(got) || strings.ReplaceAll(got[i], " ", "") != strings.ReplaceAll(want[i], " ", "") {
			t.Fatalf("member %d: %v, want %v", i, got, want)
		}
	}
	if text, ok := s.Text(); !ok || text != "last" {
		t.Errorf("the last member is %q, %v", text, ok)
	}
	if s.Next() || s.Kind() != Invalid {
		t.Error("behind the last member stands another")
	}
	if err := s.End(); err != nil {
		t.Error(err)
	}
}

// Leaving a level early reads its rest, errors in it included.
func TestEndReadsTheRest(t *testing.T) {
	for data, want := range map[string]bool{
		`{"a":[1,{"b":2}],"c":3}`:   true,
		`{"a":[1,{"b":2]],"c":3}`:   false,
		`{"a":[1,{"b":2}],"c":3}}`:  false,
		`{"a":[1,{"b":2}],"c":nul}`: false,
	} {
		var s Scanner
		s.ResetString(data)
		if !s.EnterObject() || !s.Next() || !s.EnterArray() || !s.Next() {
			t.Fatalf("%s: %v", data, s.Err())
		}
		if err := s.End(); (err == nil) != want {
			t.Errorf("%s: %v", data, err)
		}
	}
}

func TestRaw(t *testing.T) {
	var s Scanner
	s.ResetString(`[ {"a" : "\u0041"} , "\n", -1.50, true , [ ], null ]`)
	if !s.EnterArray() {
		t.Fatal(s.Err())
	}
	want := []string{`{"a" : "\u0041"}`, `"\n"`, "-1.50", "true", "[ ]", "null"}
	for i := 0; s.Next(); i++ {
		s.Scalar() // decodes; Raw still gives what is written
		if got, ok := s.Raw(); !ok || got != want[i] {
			t.Errorf("element %d is %q, %v, want %q", i, got, ok, want[i])
		}
	}
	if got, ok := s.Raw(); ok || got != "" {
		t.Errorf("behind the last element stands %q", got)
	}
	if err := s.End(); err != nil {
		t.Error(err)
	}
	s.ResetString(`[{"a":1]`)
	s.EnterArray()
	s.Next()
	if got, ok := s.Raw(); ok {
		t.Errorf("Raw gives %q of a broken value", got)
	}
}

func TestOffsetAndSkip(t *testing.T) {
	const data = `{"a": [1, {}], "b": 2} `
	var s Scanner
	s.ResetString(data)
	check := func(where, read string) {
		t.Helper()
		if got := data[:s.Offset()]; got != read {
			t.Errorf("%s: %q is read, want %q", where, got, read)
		}
	}
	check("at the object", "")
	s.EnterObject()
	check("in the object", "{")
	s.Next()
	check("at the array", `{"a": `)
	s.Skip()
	check("behind the array", `{"a": [1, {}]`)
	s.Skip()
	check("skipping nothing", `{"a": [1, {}]`)
	s.Next()
	check("at the number", `{"a": [1, {}], "b": 2`)
	s.Next()
	check("behind the object", `{"a": [1, {}], "b": 2}`)
	if err := s.End(); err != nil {
		t.Error(err)
	}
}

func TestOpaque(t *testing.T) {
	const data = `{"a":"x\\\"\n\\","b":"\x","c":1,"d":["y"],"e":"plain"}`
	var s Scanner
	s.ResetString(data)
	if _, ok := s.Opaque(); ok {
		t.Error("Opaque reads the document's own value")
	}
	s.EnterObject()
	s.NextKey()
	if raw, ok := s.Opaque(); !ok || raw != `x\\\"\n\\` {
		t.Fatalf("a is %q, %v", raw, ok)
	}
	if raw, ok := s.Opaque(); ok {
		t.Errorf("a can be read twice: %q", raw)
	}
	if text, ok := s.Text(); !ok || text != "x\\\"\n\\" {
		t.Errorf("a says %q, %v", text, ok)
	}
	s.NextKey()
	if raw, ok := s.Opaque(); !ok || raw != `\x` { // not checked, as nobody asks
		t.Errorf("b is %q, %v", raw, ok)
	}
	for _, kind := range []Kind{Number, Array} {
		s.NextKey()
		if raw, ok := s.Opaque(); ok || s.Kind() != kind {
			t.Errorf("%s is %q", s.Key(), raw)
		}
	}
	s.NextKey()
	if raw, ok := s.Opaque(); !ok || raw != "plain" || s.Key() != "e" {
		t.Errorf("%s is %q, %v", s.Key(), raw, ok)
	}
	if s.NextKey() || s.End() != nil {
		t.Errorf("the end: %v", s.Err())
	}
	s.ResetString(data)
	for s.EnterObject(); s.NextKey() && s.Key() != "b"; {
	}
	s.Opaque()
	if text, ok := s.Text(); ok || s.Err() == nil {
		t.Errorf("b says %q", text)
	}
	s.ResetString(`{"a":"x`)
	s.EnterObject()
	s.NextKey()
	if raw, ok := s.Opaque(); ok || s.Err() == nil {
		t.Errorf("a string without an end is %q", raw)
	}
}

// TestPlainMembers: they are read as Next reads them, or left to it.
func TestPlainMembers(t *testing.T) {
	const doc = `{"a":"x","b" : "y", "c":1,"d":"\n","\u0065":"e","f":["g"],"k":1,"h":"李" ,"i":{},"l":1,"j":""}`
	var s, r Scanner
	s.Reset([]byte(doc))
	r.Reset([]byte(doc))
	s.EnterObject()
	r.EnterObject()
	var short []string
	for r.Next() {
		kind, want := r.Scalar()
		name, text, ok := s.PlainMember()
		if !ok && !s.Next() {
			t.Fatalf("%s is not there: %v", r.Key(), s.Err())
		}
		if !ok {
			name = s.Key()
			_, text = s.Scalar()
		} else if short = append(short, name); kind != String || s.Kind() != Invalid {
			t.Errorf("%s is %v, and then %v", name, kind, s.Kind())
		}
		if name != r.Key() || text != want {
			t.Errorf("%q is %q, want %q: %q", name, text, r.Key(), want)
		}
	}
	if _, _, ok := s.PlainMember(); ok || s.Next() || s.End() != nil {
		t.Errorf("there is more: %v", s.Err())
	}
	if got := strings.Join(short, ""); got != "ahj" {
		t.Errorf("plain are %s", got)
	}
	s.Reset([]byte(`{"a":"x","ab":"y" }`))
	s.EnterObject()
	for _, c := range []struct {
		head, want string
		ok         bool
	}{{`"ab":"`, "", false}, {`"a":"`, "x", true}, {`"a":"`, "", false}, {`"ab":"`, "y", true}, {`"ab":"`, "", false}} {
		if text, ok := s.KnownMember(c.head); text != c.want || ok != c.ok {
			t.Errorf("%s is %q, %v", c.head, text, ok)
		}
	}
	if s.Next() || s.End() != nil {
		t.Errorf("there is more: %v", s.Err())
	}
}

func TestRawBreaks(t *testing.T) {
	const data = "{\"content\":\"a\nb\r\n\tc\\n\"}"
	s := Scanner{RawBreaks: true}
	s.ResetString(data)
	s.EnterObject()
	s.Next()
	if text, ok := s.Text(); !ok || text != "a\nb\r\n\tc\n" {
		t.Errorf("got %q, %v, %v", text, ok, s.Err())
	}
	for _, bad := range []string{"\"\x00\"", "\"\v\"", "\"\x1f\"", "\"\xff\""} {
		s.ResetString(bad)
		if s.End() == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	s.RawBreaks = false
	s.ResetString(data)
	if s.End() == nil {
		t.Error("line breaks in a string are accepted without being asked for")
	}
}

// Strings that were decoded stay what they are until Reset, also when the buffer
// grows under them.
func TestDecodedStringsStay(t *testing.T) {
	var doc strings.Builder
	doc.WriteString("[")
	for i := range 200 {
		if i > 0 {
			doc.WriteString(",")
		}
		fmt.Fprintf(&doc, `"\u4e2d%d%s"`, i, strings.Repeat("x", i))
	}
	doc.WriteString("]")
	var s Scanner
	for range 2 {
		s.ResetString(doc.String())
		s.EnterArray()
		var got []string
		for s.Next() {
			text, _ := s.Text()
			again, _ := s.Text()
			if text != again {
				t.Fatalf("%q is read as %q the second time", text, again)
			}
			got = append(got, text)
		}
		for i, text := range got {
			if want := fmt.Sprintf("中%d%s", i, strings.Repeat("x", i)); text != want {
				t.Fatalf("string %d is %q, want %q", i, text, want)
			}
		}
	}
}

func TestHugeScratchIsLetGo(t *testing.T) {
	var s Scanner
	s.ResetString(`"\n` + strings.Repeat("x", keepScratch) + `"`)
	s.Text()
	s.ResetString(`""`)
	if cap(s.scratch) > keepScratch {
		t.Errorf("the scanner keeps %d bytes", cap(s.scratch))
	}
}

func TestWarmScannerAllocatesNothing(t *testing.T) {
	data := []byte(`{"answer":"您好,${userInfo.visitorName}\n\"x\"","format":"html","include":["segments","content"],
		"context":{"a":{"b":[1,2.5,null,true,{"\u0063":"\ud83d\ude00"}]}},"n":12}`)
	var s Scanner
	var dst []byte
	var count int
	read := func() {
		s.Reset(data)
		if !s.EnterObject() {
			t.Fatal(s.Err())
		}
		for s.Next() {
			switch s.Key() {
			case "answer", "format":
				text, _ := s.Text()
				dst = AppendQuoted(dst[:0], text)
			case "include":
				for ok := s.EnterArray(); ok && s.Next(); {
					count++
				}
			case "context":
				raw, _ := s.Raw()
				dst = AppendCompact(dst[:0], raw)
			}
		}
		if err := s.End(); err != nil {
			t.Fatal(err)
		}
	}
	read()
	if allocs := testing.AllocsPerRun(100, read); allocs != 0 {
		t.Errorf("reading a request allocates %v times, want 0", allocs)
	}
}

func TestKindNames(t *testing.T) {
	for k, want := range map[Kind]string{Invalid: "invalid", Null: "null", Bool: "boolean", Number: "number", String: "string", Array: "array", Object: "object", 99: "invalid"} {
		if got := k.String(); got != want {
			t.Errorf("kind %d is %q, want %q", k, got, want)
		}
	}
}

func TestDecodeError(t *testing.T) {
	v, err := Decode(`{"a":[1,2}`)
	var syntax *Error
	if v != nil || !errors.As(err, &syntax) || syntax.Offset != 9 {
		t.Errorf("got %v, %v", v, err)
	}
}
