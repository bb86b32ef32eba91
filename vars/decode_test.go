package vars

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zhida-kb/zhida/vars/scan"
)

// decode reads a context into new facts.
func decode(t testing.TB, context string) (*Facts, []Fault) {
	t.Helper()
	f := new(Facts)
	f.Reset(time.Time{})
	err := f.Decode([]byte(context), "/context")
	if err == nil {
		return f, nil
	}
	var bad *DecodeError
	if !errors.As(err, &bad) || len(bad.Faults) == 0 {
		t.Fatalf("the error is %#v, want a *DecodeError with faults", err)
	}
	return f, bad.Faults
}

func TestDecodeValues(t *testing.T) {
	f, faults := decode(t, `{
		"robotInfo": {"nickName": "小洽"},
		"chatInfo": {"lan": null, "echatTag": "", "chatTimes": 7, "visitTimes": "23", "myData": {"b": [1, 2 ], "a": "x y"}, "keyword": true, "lastChatTime": 3.50},
		"routeInfo": null,
		"userInfo": {"visitorName": "[[#toChat:x]]${a.b}\n", "vip\u0054ype": "abc", "level": 3, "tags": ["a", {"b": null}], "nothing": null},
		"systemInfo": {"dateutc8": "1999-01-01", "x": {}},
		"order": {"id": "A-1", "paid": false, "sum": 12.50, "": "empty name", "a b": 1},
		"nothing": null,
		"": {"x": 1}
	}`)
	if faults != nil {
		t.Fatal(faults)
	}
	for slot, want := range map[Slot]string{
		RobotInfoNickName: "小洽", ChatInfoLan: "", ChatInfoEchatTag: "", ChatInfoChatTimes: "7", ChatInfoVisitTimes: "23",
		ChatInfoMyData: `{"b":[1,2],"a":"x y"}`, ChatInfoKeyword: "true", ChatInfoLastChatTime: "3.50", RouteInfoRouteStatus: "",
		UserInfoVisitorName: "[[#toChat:x]]${a.b}\n", UserInfoVipType: "abc", LocationInfoCity: "", DateUTC: "", TimeUTC: "",
	} {
		if got := f.Text(slot); got != want {
			t.Errorf("%s is %q, want %q", slot.Row().Name, got, want)
		}
	}
	for slot, want := range map[Slot]float64{ChatInfoChatTimes: 7, ChatInfoVisitTimes: 23} {
		if got, ok := f.Number(slot); !ok || got != want {
			t.Errorf("%s as a number is %v, %v, want %v", slot.Row().Name, got, ok, want)
		}
	}
	for _, slot := range []Slot{UserInfoVipType, RouteInfoRouteStatus, ChatInfoMyData} {
		if got, ok := f.Number(slot); ok {
			t.Errorf("%s as a number is %v, want none", slot.Row().Name, got)
		}
	}
	for _, test := range []struct{ scope, name, text string }{
		{"userInfo", "level", "3"}, {"userInfo", "tags", `["a",{"b":null}]`}, {"userInfo", "nothing", ""},
		{"order", "id", "A-1"}, {"order", "paid", "false"}, {"order", "sum", "12.50"}, {"order", "", "empty name"}, {"order", "a b", "1"}, {"", "x", "1"},
	} {
		if v, ok := f.Other(test.scope, test.name); !ok || v.Text() != test.text {
			t.Errorf("%s.%s is %q, %v, want %q", test.scope, test.name, v.Text(), ok, test.text)
		}
	}
	for _, name := range [][2]string{
		{"systemInfo", "x"}, {"systemInfo", "dateutc8"}, {"nothing", "x"}, {"order", "ID"}, {"absent", "id"}, {"userInfo", "visitorName"}, {"robotInfo", "x"}, {"", ""},
	} {
		if v, ok := f.Other(name[0], name[1]); ok {
			t.Errorf("%v is %q, want absent", name, v.Text())
		}
	}
}

func TestDecodeOfNothing(t *testing.T) {
	for _, context := range []string{"null", "{}", " {} ", `{"userInfo":{}}`, `{"userInfo":null,"order":null}`} {
		f, faults := decode(t, context)
		if faults != nil {
			t.Errorf("%s: %v", context, faults)
		}
		for s := range Slot(NumSlots) {
			if f.Text(s) != "" || !f.Value(s).IsNull() {
				t.Errorf("%s: slot %d has a value", context, s)
			}
		}
	}
}

func TestDecodeFaults(t *testing.T) {
	long := strings.Repeat("x", 501)
	for _, test := range []struct {
		context string
		want    []string // pointer and the fault's words
	}{
		{`"text"`, []string{"/context " + faultContext.en}},
		{`[1]`, []string{"/context " + faultContext.en}},
		{`false`, []string{"/context " + faultContext.en}},
		{`{"data":{}}`, []string{"/context/data " + faultData.en}},
		{`{"data":null}`, []string{"/context/data " + faultData.en}},
		{`{"userInfo":[]}`, []string{"/context/userInfo " + faultScope.en}},
		{`{"userInfo":"x","order":1,"a/b~":true}`, []string{"/context/userInfo " + faultScope.en, "/context/order " + faultScope.en, "/context/a~1b~0 " + faultScope.en}},
		{`{"userInfo":{"visitorName":{}}}`, []string{"/context/userInfo/visitorName " + faultComposite.en}},
		{`{"chatInfo":{"chatTimes":[1],"lan":"zh","keyword":{}}}`, []string{"/context/chatInfo/chatTimes " + faultComposite.en, "/context/chatInfo/keyword " + faultComposite.en}},
		{`{"userInfo":{"vipId":1,"vipId":2}}`, []string{"/context/userInfo/vipId " + faultTwice.en}},
		{`{"userInfo":{"vipId":null,"vip\u0049d":2}}`, []string{"/context/userInfo/vipId " + faultTwice.en}},
		{`{"order":{"id":1,"id":2},"userInfo":{"x":1,"x":2}}`, []string{"/context/order/id " + faultTwice.en, "/context/userInfo/x " + faultTwice.en}},
		{`{"order":{},"order":{}}`, []string{"/context/order " + faultTwice.en}},
		{`{"userInfo":{},"userInfo":{}}`, []string{"/context/userInfo " + faultTwice.en}},
		{`{"systemInfo":1,"systemInfo":2}`, []string{"/context/systemInfo " + faultTwice.en}},
		{`{"chatInfo":{"myData":"` + long + `"}}`, []string{"/context/chatInfo/myData " + faultMyData.en}},
		{`{"data":1,"chatInfo":{"myData":"` + long + `","lan":{}},"userInfo":{"x":1}}`,
			[]string{"/context/data " + faultData.en, "/context/chatInfo/myData " + faultMyData.en, "/context/chatInfo/lan " + faultComposite.en}},
		{``, []string{"/context invalid JSON at byte 0: the JSON text ends too early"}},
		{`{} x`, []string{"/context invalid JSON at byte 3: nothing may follow the JSON value"}},
		{`{"userInfo":{"vipId":"a" "vipType":1}}`, []string{"/context/userInfo/vipId invalid JSON at byte 25: a comma or } is expected here"}},
		{`{"userInfo":{"vipId":"\ud800"}}`, []string{"/context/userInfo/vipId invalid JSON at byte 22: an escaped surrogate lacks its other half"}},
		{`{"userInfo":{"vipId":1,"x":"\ud800"}}`, []string{"/context/userInfo/x invalid JSON at byte 28: an escaped surrogate lacks its other half"}},
		{`{"data":1,"order":{"id":[1,}]}}`, []string{"/context/data " + faultData.en, "/context/order/id/1 invalid JSON at byte 27: a JSON value is expected here"}},
	} {
		_, faults := decode(t, test.context)
		var got []string
		for _, fault := range faults {
			got = append(got, fault.Pointer+" "+fault.Detail)
			if fault.Zh == "" || fault.Zh == fault.Detail {
				t.Errorf("%.60s: the fault at %s has no Chinese: %q", test.context, fault.Pointer, fault.Zh)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%.60s:\n got %q\nwant %q", test.context, got, test.want)
		}
	}
}

// The bound of myData counts code points of its text form, whatever it came as.
func TestMyDataBound(t *testing.T) {
	digits := strings.Repeat("7", 500)
	for _, test := range []struct {
		myData string
		ok     bool
	}{
		{`"` + strings.Repeat("单", 500) + `"`, true},
		{`"` + strings.Repeat("单", 501) + `"`, false},
		{`"` + strings.Repeat("😀", 500) + `"`, true},
		{`"` + strings.Repeat(`\ud83d\ude00`, 500) + `"`, true},
		{`"` + strings.Repeat(`\ud83d\ude00`, 501) + `"`, false},
		{`"` + strings.Repeat(`\n`, 500) + `"`, true},
		{`"` + strings.Repeat(`x`, 501) + `"`, false},
		{digits, true},
		{digits + "7", false},
		{`["` + strings.Repeat("单", 496) + `"]`, true},
		{`["` + strings.Repeat("单", 497) + `"]`, false},
		{"[ \"" + strings.Repeat("单", 496) + "\"\n, \"\"]", false},
		{"[   \"" + strings.Repeat("单", 493) + "\"\n,  \"\"]", true},
	} {
		_, faults := decode(t, `{"chatInfo":{"myData":`+test.myData+`}}`)
		if test.ok != (faults == nil) {
			t.Errorf("%.30s… of %d bytes: %v", test.myData, len(test.myData), faults)
		}
		if !test.ok && (len(faults) != 1 || faults[0].Pointer != "/context/chatInfo/myData") {
			t.Errorf("%.30s…: %v", test.myData, faults)
		}
		if _, faults = decode(t, `{"order":{"myData":`+test.myData+`},"userInfo":{"myData":`+test.myData+`}}`); faults != nil {
			t.Errorf("%.30s… as another variable: %v", test.myData, faults)
		}
	}
}

func TestFaultsAreCapped(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"first":{}`)
	for i := range 1000 {
		fmt.Fprintf(&b, `,"s%d":1`, i)
	}
	b.WriteString("}")
	var f Facts
	f.Reset(time.Time{})
	var bad *DecodeError
	if err := f.Decode([]byte(b.String()), "/context"); !errors.As(err, &bad) {
		t.Fatal(err)
	}
	if len(bad.Faults) != maxFaults || !bad.More || !strings.HasSuffix(bad.Error(), "; and more") {
		t.Errorf("%d faults, more is %v", len(bad.Faults), bad.More)
	}
	// A long name is not repeated with every fault below it.
	name := strings.Repeat("n", maxPointerBytes)
	b.Reset()
	fmt.Fprintf(&b, `{"%s":{"x":1`, name)
	for range 100 {
		b.WriteString(`,"x":1`)
	}
	b.WriteString("}}")
	f.Reset(time.Time{})
	if err := f.Decode([]byte(b.String()), "/context"); !errors.As(err, &bad) {
		t.Fatal(err)
	}
	if len(bad.Faults) != 1 || !bad.More {
		t.Errorf("%d faults, more is %v", len(bad.Faults), bad.More)
	}
}

func TestDecodeErrorText(t *testing.T) {
	err := &DecodeError{Faults: []Fault{{Pointer: "/context/data", Detail: "one"}, {Pointer: "/context/x", Detail: "two"}}}
	if got := err.Error(); got != "/context/data: one; /context/x: two" {
		t.Errorf("got %q", got)
	}
}

// Contexts with many undeclared names take another path; it gives the same.
func TestManyOthers(t *testing.T) {
	for _, n := range []int{1, few - 1, few, few + 1, 100, 5000} {
		for _, scopes := range []int{1, 3, n} {
			var f Facts
			for range 2 { // the second time with what the first left behind
				checkOthers(t, &f, n, scopes)
			}
		}
	}
}

// checkOthers decodes a context of n variables spread over scopes.
func checkOthers(t *testing.T, f *Facts, n, scopes int) {
	t.Helper()
	scopes = min(scopes, n)
	var b strings.Builder
	b.WriteString("{")
	for s := range scopes {
		if s > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `"s%d":{"here":null`, s)
		for i := s; i < n; i += scopes {
			fmt.Fprintf(&b, `,"v%d":"%d"`, i, i)
		}
		b.WriteString("}")
	}
	good := b.String() + "}"
	f.Reset(time.Time{})
	if err := f.Decode([]byte(good), ""); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		v, ok := f.Other("s"+strconv.Itoa(i%scopes), "v"+strconv.Itoa(i))
		if !ok || v.Text() != strconv.Itoa(i) {
			t.Fatalf("of %d in %d scopes variable %d is %q, %v", n, scopes, i, v.Text(), ok)
		}
		if _, ok := f.Other("s"+strconv.Itoa(i%scopes), "w"+strconv.Itoa(i)); ok {
			t.Fatalf("there is a variable w%d", i)
		}
	}
	if v, ok := f.Other("s0", "here"); !ok || !v.IsNull() {
		t.Fatalf("the null variable is %q, %v", v.Text(), ok)
	}
	f.Reset(time.Time{})
	if _, ok := f.Other("s0", "v0"); ok {
		t.Fatal("a variable outlives Reset")
	}
	err := f.Decode([]byte(b.String()+`,"s0":{}}`), "")
	var bad *DecodeError
	if !errors.As(err, &bad) || bad.Faults[0].Pointer != "/s0" {
		t.Fatalf("a scope that comes twice: %v", err)
	}
}

func TestResetLetsGoOfHugeContexts(t *testing.T) {
	var f Facts
	checkOthers(t, &f, 2*keepEntries, 1)
	f.Reset(time.Time{})
	if err := f.Decode([]byte(`{"x":{"y":[ "`+strings.Repeat("z", keepScratch)+`"]}}`), ""); err != nil {
		t.Fatal(err)
	}
	f.Reset(time.Time{})
	if cap(f.others) > keepEntries || f.index != nil || cap(f.scratch) > keepScratch {
		t.Errorf("kept: %d entries, %d names, %d bytes", cap(f.others), len(f.index), cap(f.scratch))
	}
}

// Read takes the context out of a request that somebody else reads.
func TestRead(t *testing.T) {
	const body = `{"answer":"x","context":{"userInfo":{"visitorName":"李\u5148生"},"order":{"o":{ "a":1}}},"format":"text"}`
	var s scan.Scanner
	var f Facts
	f.Reset(time.Time{})
	s.ResetString(body)
	var keys []string
	for s.EnterObject(); s.Next(); {
		keys = append(keys, s.Key())
		if s.Key() == "context" {
			if err := f.Read(&s, "/context"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.End(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(keys, []string{"answer", "context", "format"}) {
		t.Errorf("the walk met %q", keys)
	}
	if got := f.Text(UserInfoVisitorName); got != "李先生" {
		t.Errorf("visitorName is %q", got)
	}
	if v, _ := f.Other("order", "o"); v.Text() != `{"a":1}` {
		t.Errorf("order.o is %q", v.Text())
	}
	for context, pointer := range map[string]string{
		`{"userInfo":{"x":1]}`: "/c/userInfo/x", `"text"`: "/c", `{"order":{"id":[}}`: "/c/order/id/0", `{"order":7,"a":1}`: "/c/order",
	} {
		s.ResetString(`{"c":` + context + `,"d":1}`)
		s.EnterObject()
		s.Next()
		f.Reset(time.Time{})
		var bad *DecodeError
		if err := f.Read(&s, "/c"); !errors.As(err, &bad) || bad.Faults[0].Pointer != pointer {
			t.Errorf("%s: %v, want a fault at %s", context, err, pointer)
		}
		if broken := strings.ContainsAny(context, "]["); broken != (s.Err() != nil) {
			t.Errorf("%s: the scanner says %v", context, s.Err())
		} else if !broken && (!s.Next() || s.Kind() != scan.Number) {
			t.Errorf("%s: the walk does not go on behind it", context)
		}
	}
}

// TestSameNameElsewhere: a name of the table is another variable in another scope, also
// where no context has been read before.
func TestSameNameElsewhere(t *testing.T) {
	f, faults := decode(t, `{"userInfo":{"nickName":"x"}}`)
	if v, ok := f.Other("userInfo", "nickName"); faults != nil || !ok || v.Text() != "x" || f.Text(RobotInfoNickName) != "" {
		t.Errorf("%v, %q, %v, and the robot's is %q", faults, v.Text(), ok, f.Text(RobotInfoNickName))
	}
}
