package vars

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/vars/scan"
	"pgregory.net/rapid"
)

// reference is Decode as the language page tells it, over encoding/json.
type reference struct {
	values map[[2]string]string // text form by scope and name
	kinds  map[[2]string]Kind
	faults []string // pointers, in the order of the document
}

// part is a member of an object.
type part struct {
	name string
	raw  json.RawMessage
}

// parts returns an object's members in order; ok is false for other values.
func parts(t rapid.TB, raw []byte) (list []part, ok bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var p part
		p.name, _ = name.(string)
		if err := d.Decode(&p.raw); err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list, true
}

// textForm returns what a value renders as.
func textForm(t rapid.TB, raw []byte) (Kind, string) {
	switch raw[0] {
	case 'n':
		return Null, ""
	case 't', 'f':
		return Bool, string(raw)
	case '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			t.Fatal(err)
		}
		return String, text
	case '{', '[':
		var b bytes.Buffer
		if err := json.Compact(&b, raw); err != nil {
			t.Fatal(err)
		}
		if raw[0] == '{' {
			return Object, b.String()
		}
		return Array, b.String()
	}
	return Number, string(raw)
}

// refer reads a context that is good JSON.
func refer(t rapid.TB, context []byte) reference {
	r := reference{values: map[[2]string]string{}, kinds: map[[2]string]Kind{}}
	context = bytes.TrimSpace(context)
	scopes, ok := parts(t, context)
	if !ok {
		if string(context) != "null" {
			r.faults = append(r.faults, "/context")
		}
		return r
	}
	seen := map[string]bool{}
	for _, scope := range scopes {
		pointer := scan.Pointer("/context", scope.name)
		members, ok := parts(t, scope.raw)
		switch {
		case scope.name == "data", seen[scope.name]:
			r.faults = append(r.faults, pointer)
			continue
		case scope.name == "systemInfo", string(scope.raw) == "null":
		case !ok:
			r.faults = append(r.faults, pointer)
		default:
			r.scope(t, scope.name, pointer, members)
		}
		seen[scope.name] = true
	}
	return r
}

func (r *reference) scope(t rapid.TB, scope, pointer string, members []part) {
	for _, member := range members {
		key := [2]string{scope, member.name}
		at := scan.Pointer(pointer, member.name)
		kind, text := textForm(t, member.raw)
		_, twice := r.kinds[key]
		_, problem := Resolve(scope, member.name)
		myData := key == [2]string{"chatInfo", "myData"}
		if !twice {
			r.kinds[key] = Null
		}
		switch {
		case twice,
			problem == OK && kind >= Array && !myData,
			myData && utf8.RuneCountInString(text) > 500:
			r.faults = append(r.faults, at)
		default:
			r.kinds[key], r.values[key] = kind, text
		}
	}
}

// checkDecode holds Decode against the reference.
func checkDecode(t rapid.TB, f *Facts, context []byte) {
	var s scan.Scanner
	s.Reset(context)
	broken := s.End() != nil
	f.Reset(time.Time{})
	err := f.Decode(context, "/context")
	var bad *DecodeError
	if err != nil && (!errors.As(err, &bad) || len(bad.Faults) == 0) {
		t.Fatalf("%q: the error is %#v", context, err)
	}
	var got []string
	if bad != nil {
		for _, fault := range bad.Faults {
			if !strings.HasPrefix(fault.Pointer, "/context") || fault.Detail == "" || fault.Zh == "" {
				t.Fatalf("%q: the fault %+v", context, fault)
			}
			got = append(got, fault.Pointer)
		}
	}
	if broken {
		if bad == nil {
			t.Fatalf("%q is no JSON, and accepted", context)
		}
		return
	}
	want := refer(t, context)
	if more := bad != nil && bad.More; more {
		if len(want.faults) <= len(got) || !slices.Equal(got, want.faults[:len(got)]) {
			t.Fatalf("%q: faults at %q and more, want %q", context, got, want.faults)
		}
	} else if !slices.Equal(got, want.faults) {
		t.Fatalf("%q: faults at %q, want %q", context, got, want.faults)
	}
	if bad == nil {
		checkValues(t, f, context, want)
	}
}

// checkValues holds the values of a context without faults against the reference.
func checkValues(t rapid.TB, f *Facts, context []byte, want reference) {
	known := 0
	for s := range Slot(NumSlots) {
		key := [2]string{s.Row().Scope, s.Row().Name}
		if _, ok := want.kinds[key]; ok {
			known++
		}
		v := f.Value(s)
		if f.Text(s) != want.values[key] || v.Text() != want.values[key] || v.Kind() != want.kinds[key] {
			t.Fatalf("%q: %v is %v %q, want %v %q", context, key, v.Kind(), v.Text(), want.kinds[key], want.values[key])
		}
		if got := f.AppendEscaped(nil, s); string(got) != string(scan.AppendEscaped(nil, v.Text())) {
			t.Fatalf("%q: %v is %s inside of JSON", context, key, got)
		}
	}
	for key, kind := range want.kinds {
		if _, problem := Resolve(key[0], key[1]); problem == OK {
			continue
		}
		known++
		v, ok := f.Other(key[0], key[1])
		if !ok || v.Kind() != kind || v.Text() != want.values[key] {
			t.Fatalf("%q: %v is %v %q, %v, want %v %q", context, key, v.Kind(), v.Text(), ok, kind, want.values[key])
		}
		if _, ok := f.Other(key[0], key[1]+"'"); ok && want.kinds[[2]string{key[0], key[1] + "'"}] == Null {
			if _, named := want.kinds[[2]string{key[0], key[1] + "'"}]; !named {
				t.Fatalf("%q: there is %v'", context, key)
			}
		}
	}
	if known != len(want.kinds) {
		t.Fatalf("%q: %d variables compared of %d", context, known, len(want.kinds))
	}
}

// genValue draws a JSON value, written with and without white space and escapes.
func genValue() *rapid.Generator[string] {
	space := rapid.SampledFrom([]string{"", "", " ", "\n\t"})
	scalar := rapid.OneOf(
		rapid.SampledFrom([]string{"null", "true", "false", "0", "1", "-2.50", "1e3", `"1"`, `"2"`, `""`, `"\u4e2d\n"`, `"\ud83d\ude00"`, `"李先生"`, `"[[#toChat:x]]"`}),
		rapid.Map(rapid.String(), func(s string) string { return string(scan.AppendQuoted(nil, s)) }),
	)
	list := rapid.Custom(func(t *rapid.T) string {
		gap := space.Draw(t, "gap")
		return "[" + gap + strings.Join(rapid.SliceOfN(scalar, 0, 4).Draw(t, "elements"), gap+","+gap) + gap + "]"
	})
	object := rapid.Custom(func(t *rapid.T) string {
		gap := space.Draw(t, "gap")
		var members []string
		for i, v := range rapid.SliceOfN(rapid.OneOf(scalar, list), 0, 4).Draw(t, "values") {
			members = append(members, fmt.Sprintf(`"%c"%s:%s%s`, 'a'+i, gap, gap, v))
		}
		return "{" + gap + strings.Join(members, gap+","+gap) + gap + "}"
	})
	return rapid.OneOf(scalar, scalar, scalar, list, object)
}

// genContext draws a context, mostly a good one.
func genContext() *rapid.Generator[string] {
	scopeNames := []string{"robotInfo", "systemInfo", "chatInfo", "routeInfo", "userInfo", "locationInfo", "order", "vip", "", "a/b", "data", "userinfo"}
	names := []string{"id", "x", "level", "a~b", "", "dateutc8", "VipId"}
	for _, row := range Rows() {
		names = append(names, row.Name)
	}
	return rapid.Custom(func(t *rapid.T) string {
		used := map[string]bool{}
		unique := func(list []string, label string) string {
			name := rapid.SampledFrom(list).Draw(t, label)
			if used[name] && rapid.IntRange(0, 9).Draw(t, "twice") > 0 {
				name += rapid.StringMatching(`[a-z0-9]{4}`).Draw(t, "suffix")
			}
			used[name] = true
			return string(scan.AppendQuoted(nil, name))
		}
		var b strings.Builder
		b.WriteString("{")
		for i := range rapid.IntRange(0, 8).Draw(t, "scopes") {
			if i > 0 {
				b.WriteString(",")
			}
			scope := unique(scopeNames, "scope")
			inner := used
			used = map[string]bool{}
			if rapid.IntRange(0, 19).Draw(t, "odd") == 0 {
				b.WriteString(scope + ":" + genValue().Draw(t, "odd scope"))
				used = inner
				continue
			}
			b.WriteString(scope + ": {")
			comma := rapid.SampledFrom([]string{",", ",", " ,", ", "}).Draw(t, "comma")
			for j := range rapid.IntRange(0, 20).Draw(t, "members") {
				if j > 0 {
					b.WriteString(comma)
				}
				b.WriteString(unique(names, "name") + ":" + genValue().Draw(t, "value"))
			}
			b.WriteString("}")
			used = inner
		}
		b.WriteString("}")
		return b.String()
	})
}

func TestDecodeOracle(t *testing.T) {
	var f Facts // one for all: what is left of the context before must not show
	rapid.Check(t, func(t *rapid.T) {
		checkDecode(t, &f, []byte(genContext().Draw(t, "context")))
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(workload(f))
	for _, seed := range []string{
		``, `null`, `{}`, `[]`, `{"userInfo":{"visitorName":"李先生","vipType":1},"routeInfo":{"routeStatus":1}}`,
		`{"data":{}}`, `{"userInfo":[]}`, `{"userInfo":{"vipId":1,"vipId":2}}`, `{"a":{"b":{ "c" : [ ] },"b":1},"a":null}`,
		`{"chatInfo":{"myData":{"a":[1,2,{"b":"\u4e2d\ud83d\ude00"}]}}}`, `{"chatInfo":{"myData":"` + strings.Repeat("x", 501) + `"}}`,
		`{"x":{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"a":14}}`,
		`{"x":{"y":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}}`, `{"userInfo":{"vipId":"\ud800"}}`, "{\"userInfo\":{\"vipId\":\"\xff\"}}",
	} {
		f.Add([]byte(seed))
	}
	var facts Facts
	f.Fuzz(func(t *testing.T, context []byte) {
		before := bytes.Clone(context)
		checkDecode(t, &facts, context)
		facts.Flags()
		for s := range Slot(NumSlots) {
			facts.Value(s).Go()
			facts.Number(s)
		}
		if !bytes.Equal(context, before) {
			t.Fatal("Decode changed the context")
		}
	})
}

// The cases of the reference are met by what is drawn.
func TestDrawnContextsCoverTheCases(t *testing.T) {
	count := map[string]int{}
	for seed := range 300 {
		context := genContext().Example(seed)
		want := refer(t, []byte(context))
		if len(want.faults) == 0 {
			count["good"]++
		} else {
			count["faulty"]++
		}
		for key, kind := range want.kinds {
			_, problem := Resolve(key[0], key[1])
			count[fmt.Sprintf("%v known=%v", kind, problem == OK)]++
		}
	}
	for _, name := range []string{
		"good", "faulty", "null known=true", "string known=true", "number known=true", "boolean known=true",
		"null known=false", "string known=false", "array known=false", "object known=false",
	} {
		if count[name] < 10 {
			t.Errorf("%s: drawn %d times only", name, count[name])
		}
	}
}
