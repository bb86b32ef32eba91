package scan

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds are documents, good and bad, that fuzzing starts from and that every oracle
// runs over in an ordinary test run.
var seeds = []string{
	``, ` `, `null`, `true`, `false`, `nul`, `nulll`, `True`, `"`, `""`, `"a`, `"a"b`, `[]`, `[`, `]`, `{}`, `{`, `}`,
	`[1]`, `[1,]`, `[,1]`, `[1 2]`, `[1,2]`, `[[[]]]`, `[[]`, `[]]`, `[}`, `{]`, `[1}`, `{"a":1]`,
	`{"a":1}`, `{"a":1,}`, `{,"a":1}`, `{"a"}`, `{"a":}`, `{"a" 1}`, `{a:1}`, `{1:1}`, `{"a":1 "b":2}`, `{"a":1,"a":2}`,
	` { "a" : [ 1 , { "b" : null } ] , "c" : "d" } `, "\t\r\n[\t\r\n]\t\r\n", "\v[]", "[]\x00", "\uFEFF[]", "\u00a0[]",
	`0`, `-0`, `-`, `+1`, `01`, `-01`, `1.`, `.5`, `1.5`, `1.e3`, `1e`, `1e+`, `1E-3`, `1e+30`, `1e999`, `0x10`, `1_000`,
	`NaN`, `Infinity`, `123456789012345678901234567890`, `-9223372036854775808`, `9223372036854775807`, `00`, `1 1`,
	`"\n\r\t\b\f\"\\\/"`, `"\x"`, `"\`, `"\"`, `"\u"`, `"\u12"`, `"\u12g4"`, `"\u0041"`, `"\u00e9\u4E2D"`, `"\u0000"`,
	`"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ud83d\ud83d\ude00"`, `"\uD83D\uDE0"`,
	"\"a\nb\"", "\"a\tb\"", "\"\x7f\"", "\"\x1f\"", "\"\xff\"", "\"\xc3\x28\"", "\"\xed\xa0\x80\"", "\"\xe0\x80\x80\"",
	"\"\xf4\x90\x80\x80\"", "\"\xf0\x9f\x98\x80\"", "\"李先生\"", "\"您好,\\n欢迎\\\"光临\\\"😀é\"", "\"中\xe4\xb8\"", "\"\xe4\xb8",
	"{\"\xff\":1}", `{"\ud800":1}`, `{"\u0061":1,"a":2}`, "[\"\u2028\u2029\ufffd\", \"\\ufffd\"]",
	strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth),
	strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1),
	strings.Repeat(`{"a":`, MaxDepth) + "1" + strings.Repeat("}", MaxDepth),
	strings.Repeat(`[{"a":`, 300) + "1" + strings.Repeat("}]", 300),
	strings.Repeat("[", 100000), `[1,2,"x",{"y":[true,false,null,"中文",-1.5e-7]}]  `,
}

// depth returns how deep a valid document is nested.
func depth(t testing.TB, data string) int {
	deepest, now := 0, 0
	d := json.NewDecoder(strings.NewReader(data))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return deepest
		}
		if err != nil {
			t.Fatalf("the oracle fails on a valid document: %v", err)
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			now++
			deepest = max(deepest, now)
		case json.Delim(']'), json.Delim('}'):
			now--
		}
	}
}

// replaced counts replacement characters among the strings and names of a valid
// document as encoding/json decodes it.
func replaced(t testing.TB, data string) int {
	n := 0
	d := json.NewDecoder(strings.NewReader(data))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatalf("the oracle fails on a valid document: %v", err)
		}
		if text, ok := token.(string); ok {
			n += strings.Count(text, "\uFFFD")
		}
	}
}

// checkAgreement holds the scanner against encoding/json: they accept the same
// documents but for the three points of doc.go, and read the same in them.
func checkAgreement(t *testing.T, data string) {
	var s Scanner
	s.ResetString(data)
	err := s.End()
	valid := json.Valid([]byte(data))
	checkLazy(t, data, err)
	if err == nil && !valid {
		t.Fatalf("accepted, yet it is no JSON: %q", data)
	}
	if err == nil {
		checkSameTokens(t, data)
		checkSameValue(t, data)
		checkCompact(t, data)
		return
	}
	var syntax *Error
	if !errors.As(err, &syntax) {
		t.Fatalf("the error is a %T, want *Error", err)
	}
	if syntax.Offset < 0 || syntax.Offset > len(data) {
		t.Fatalf("offset %d lies outside of %q", syntax.Offset, data)
	}
	if again := s.End(); again != err || s.Next() || s.Kind() != Invalid || s.Offset() != syntax.Offset {
		t.Fatalf("the error of %q does not stay", data)
	}
	if syntax.Pointer != "" && syntax.Pointer[0] != '/' {
		t.Fatalf("the pointer is %q", syntax.Pointer)
	}
	if !valid {
		return
	}
	switch syntax.Reason {
	case InvalidUTF8:
		if utf8.ValidString(data) {
			t.Fatalf("refused as invalid UTF-8, which it is not: %q", data)
		}
	case LoneSurrogate:
		written := strings.Count(data, "\uFFFD") + strings.Count(strings.ToLower(data), `\ufffd`)
		if replaced(t, data) <= written {
			t.Fatalf("refused for a lone surrogate, which it has not: %q", data)
		}
	case TooDeep:
		if depth(t, data) <= MaxDepth {
			t.Fatalf("refused for its depth of %d", depth(t, data))
		}
	default:
		t.Fatalf("refused, yet it is JSON: %q: %v", data, err)
	}
}

// token is what a walk meets: a delimiter, a name, or a scalar.
type token struct {
	kind Kind
	text string
}

// walk collects the tokens below the value where the scanner stands.
func walk(s *Scanner, list []token) []token {
	switch k, text := s.Scalar(); k {
	case Object:
		list = append(list, token{k, "{"})
		s.EnterObject()
		for s.Next() {
			list = append(list, token{String, s.Key()})
			list = walk(s, list)
		}
		return append(list, token{k, "}"})
	case Array:
		list = append(list, token{k, "["})
		s.EnterArray()
		for s.Next() {
			list = walk(s, list)
		}
		return append(list, token{k, "]"})
	default:
		return append(list, token{k, text})
	}
}

// checkSameTokens walks an accepted document with both readers.
func checkSameTokens(t *testing.T, data string) {
	var s Scanner
	s.Reset([]byte(data))
	got := walk(&s, nil)
	if err := s.End(); err != nil {
		t.Fatalf("skipping accepts, walking refuses %q: %v", data, err)
	}
	d := json.NewDecoder(strings.NewReader(data))
	d.UseNumber()
	for i := 0; ; i++ {
		oracle, err := d.Token()
		if errors.Is(err, io.EOF) {
			if i != len(got) {
				t.Fatalf("%d tokens in %q, want %d", len(got), data, i)
			}
			return
		}
		if err != nil || i == len(got) {
			t.Fatalf("token %d of %q: the oracle has %v, %v", i, data, oracle, err)
		}
		var want token
		switch v := oracle.(type) {
		case json.Delim:
			want = token{Array, v.String()}
			if v == '{' || v == '}' {
				want.kind = Object
			}
		case string:
			want = token{String, v}
		case json.Number:
			want = token{Number, v.String()}
		case bool:
			want = token{Bool, strconv.FormatBool(v)}
		case nil:
			want = token{Null, "null"}
		}
		if got[i] != want {
			t.Fatalf("token %d of %q is %v, want %v", i, data, got[i], want)
		}
	}
}

// walkLazily is walk by NextKey: of the values one in three is read as any other, one
// by Opaque first, and one not at all. The tokens of the last are not told.
func walkLazily(t *testing.T, s *Scanner, list []token, turn *int) []token {
	*turn++
	if *turn%3 == 0 {
		return append(list, token{text: "passed over"})
	}
	raw, ok := "", false
	if *turn%3 == 1 {
		if raw, ok = s.Opaque(); !ok && s.depth > 0 && s.Kind() == String {
			t.Fatal("Opaque refuses a string")
		}
	}
	k, text := s.Scalar()
	if ok && k == String {
		if want := raw; !strings.Contains(raw, "\\") && text != want {
			t.Fatalf("Opaque gives %q, Scalar %q", raw, text)
		}
	}
	switch k {
	case Object:
		list = append(list, token{k, "{"})
		for s.EnterObject(); s.NextKey(); {
			list = append(list, token{String, s.Key()})
			list = walkLazily(t, s, list, turn)
		}
		return append(list, token{k, "}"})
	case Array:
		list = append(list, token{k, "["})
		for s.EnterArray(); s.NextKey(); {
			list = walkLazily(t, s, list, turn)
		}
		return append(list, token{k, "]"})
	default:
		return append(list, token{k, text})
	}
}

// passOver takes the tokens out that walkLazily does not tell.
func passOver(list []token, turn *int) (kept, rest []token) {
	*turn++
	first, rest := list[0], list[1:]
	skipped := *turn%3 == 0
	if skipped {
		kept = append(kept, token{text: "passed over"})
	} else {
		kept = append(kept, first)
	}
	if first.kind != Object && first.kind != Array {
		return kept, rest
	}
	inner := turn
	if skipped {
		inner = new(int)
	}
	for rest[0].text != "}" && rest[0].text != "]" || rest[0].kind < Array {
		if first.kind == Object {
			if !skipped {
				kept = append(kept, rest[0])
			}
			rest = rest[1:]
		}
		var below []token
		below, rest = passOver(rest, inner)
		if !skipped {
			kept = append(kept, below...)
		}
	}
	if !skipped {
		kept = append(kept, rest[0])
	}
	return kept, rest[1:]
}

// checkLazy holds reading by NextKey and Opaque against reading by Next.
func checkLazy(t *testing.T, data string, want error) {
	for start := range 3 {
		var s Scanner
		s.ResetString(data)
		turn := start
		if turn%3 == 2 { // the whole is not to be passed over
			turn = 3
		}
		from := turn
		got := walkLazily(t, &s, nil, &turn)
		err := s.End()
		if want != nil {
			if err == nil || *err.(*Error) != *want.(*Error) {
				t.Fatalf("%q: read lazily %v, else %v", data, err, want)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%q: read lazily %v", data, err)
		}
		s.ResetString(data)
		kept, rest := passOver(walk(&s, nil), &from)
		if len(rest) != 0 || !slices.Equal(got, kept) {
			t.Fatalf("%q: read lazily %v, else %v", data, got, kept)
		}
	}
}

// checkCompact holds AppendCompact and IsCompact against json.Compact.
func checkCompact(t *testing.T, data string) {
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(data)); err != nil {
		t.Fatal(err)
	}
	var s Scanner
	s.ResetString(data)
	raw, ok := s.Raw()
	if !ok || raw != strings.Trim(data, " \t\r\n") {
		t.Fatalf("Raw of %q is %q, %v", data, raw, ok)
	}
	if got := string(AppendCompact(nil, raw)); got != want.String() {
		t.Fatalf("compact form of %q is %q, want %q", data, got, want.String())
	}
	if IsCompact(raw) != (raw == want.String()) {
		t.Fatalf("IsCompact(%q) is %v", raw, IsCompact(raw))
	}
}

// checkSameValue holds Decode against json.Unmarshal.
func checkSameValue(t *testing.T, data string) {
	got, err := Decode(data)
	if err != nil {
		t.Fatalf("Decode refuses %q: %v", data, err)
	}
	d := json.NewDecoder(strings.NewReader(data))
	d.UseNumber()
	var want any
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	if !sameValue(got, want) {
		t.Fatalf("Decode of %q is %#v, want %#v", data, got, want)
	}
}

func sameValue(got, want any) bool {
	switch w := want.(type) {
	case []any:
		g, ok := got.([]any)
		same := ok && len(g) == len(w)
		for i := range w {
			same = same && sameValue(g[i], w[i])
		}
		return same
	case map[string]any:
		g, ok := got.(map[string]any)
		same := ok && len(g) == len(w)
		for name := range w {
			_, has := g[name]
			same = same && has && sameValue(g[name], w[name])
		}
		return same
	case json.Number:
		if n, err := strconv.Atoi(w.String()); err == nil {
			return got == n
		}
		if f, err := w.Float64(); err == nil {
			return got == f
		}
		return got == nil
	default:
		return got == want
	}
}

func TestAgreement(t *testing.T) {
	for _, data := range seeds {
		checkAgreement(t, data)
	}
}

// A document that is cut anywhere is refused or read as encoding/json reads it.
func TestAgreementOfPrefixes(t *testing.T) {
	for _, data := range seeds {
		for i := range min(len(data), 200) {
			checkAgreement(t, data[:i])
		}
	}
}

// addSeeds gives the fuzzer the seeds, without the huge ones, which it would mutate
// slowly; TestAgreement has them.
func addSeeds(f *testing.F) {
	for _, data := range seeds {
		if len(data) < 1<<12 {
			f.Add(data)
		}
	}
}

func FuzzScan(f *testing.F) {
	addSeeds(f)
	f.Fuzz(checkAgreement)
}
