package condition

import (
	"testing"
)

const testContext = `{
	"robotInfo": {"nickName": "小洽"},
	"userInfo": {"vipType": 1, "visitorName": "李先生", "visitorId": "web123", "level": "3", "vipId": ""},
	"chatInfo": {"visitTimes": "300", "chatTimes": 2.5, "lan": "zh-CN", "myData": {"tags": ["a", "b"], "n": "7", "on": true, "deep": {"x": [{"y": 1}]}}},
	"routeInfo": {"routeStatus": 1, "routeId": 10086},
	"order": {"id": "20200928001", "amount": 99.5, "items": [{"name": "杯子", "price": "12.50"}, {"name": "<b>", "price": 3}]}
}`

var testData = map[string]string{
	"m":    `{"points": "1818", "level": 3, "name": "王", "on": false, "none": null, "empty": "", "list": [3, "1", 2], "o": {"b": 1, "a": [1, 2]}}`,
	"text": `"plain"`,
	"num":  `12`,
	"big":  `[12345678901234567, 1e400, 0.1]`,
}

// TestValues is what expressions yield, by the text of the computed value. "!" begins
// what the error says in English; the value is then empty.
func TestValues(t *testing.T) {
	tests := []struct{ src, want string }{
		// The language page.
		{`userInfo.vipType == 1 && chatInfo.visitTimes > 3`, "true"},
		{`data.m.points > 1000`, "true"},
		// System variables and their types.
		{`userInfo.vipType + 1`, "2"},
		{`chatInfo.visitTimes - 1`, "299"},
		{`chatInfo.chatTimes`, "2.5"},
		{`chatInfo.chatTimes % 2 == 0`, "!A whole number is wanted here and 2.5 came."},
		{`routeInfo.routeId + "!"`, "10086!"},
		{`userInfo.visitorName + "您好"`, "李先生您好"},
		{`systemInfo.timeutc8`, "2020-10-01 12:00:00"},
		{`systemInfo.dateutc_12 < systemInfo.dateutc`, "true"},
		{`systemInfo["timeutc5_30"]`, "2020-10-01 09:30:00"},
		{`"vis" + "itorName" in userInfo`, "true"},
		{`userInfo["visitor" + "Id"]`, "web123"},
		{`userInfo?.visitorId`, "web123"},
		{`robotInfo`, `{"nickName":"小洽"}`},
		{`keys(routeInfo)`, `["routeId","routeStatus"]`},
		{`get(userInfo, "nothing") == nil`, "true"},
		{`len(keys(systemInfo))`, "2"},
		// The four conditions.
		{`staffOnline`, "true"}, {`staffOffline`, "false"}, {`vipUser && !anonymityUser`, "true"},
		// Custom variables and myData are untyped.
		{`order.amount > 99`, "true"},
		{`order.id == 20200928001`, "true"},
		{`order.id startsWith 2020`, "!compile"},
		{`order.id startsWith "2020"`, "true"},
		{`userInfo.level >= 3`, "true"},
		{`order.items[1].name`, "<b>"},
		{`order.items`, `[{"name":"杯子","price":"12.50"},{"name":"<b>","price":3}]`},
		{`sum(order.items, .price)`, "15.5"},
		{`map(order.items, .name)`, `["杯子","<b>"]`},
		{`chatInfo.myData.n * 2`, "14"},
		{`chatInfo.myData.on ? "y" : "n"`, "y"},
		{`"a" in chatInfo.myData.tags`, "true"},
		{`chatInfo.myData.deep.x[0].y`, "1"},
		{`chatInfo.myData.deep.x[-1]["y"]`, "1"},
		// A missing value is nil, a member of nil is nil.
		{`locationInfo.city == nil`, "true"}, {`locationInfo.city != nil`, "false"}, {`nil == locationInfo.city`, "true"},
		{`locationInfo.city == ""`, "false"}, {`userInfo.vipId == ""`, "true"}, {`userInfo.vipId == nil`, "false"},
		{`locationInfo.city ?? "未知"`, "未知"},
		{`locationInfo.city`, ""},
		{`data.gone`, ""}, {`data.gone.a.b.c == nil`, "true"}, {`data.gone[0] == nil`, "true"}, {`data.gone["a"].b[1:2] == nil`, "true"},
		{`data.m.none == nil`, "true"}, {`data.m.nothing.at.all == nil`, "true"}, {`order.other == nil`, "!compile"},
		{`(nil).a`, ""}, {`data.gone?.a?.b ?? 5`, "5"},
		{`data.gone < 1`, "false"}, {`data.gone >= 1`, "false"}, {`data.gone > nil`, "false"}, {`nil <= nil`, "false"},
		{`not (data.gone < 1)`, "true"},
		{`data.gone in [1]`, "false"}, {`nil in [nil]`, "false"}, {`1 in data.gone`, "false"}, {`data.gone not in [1]`, "true"},
		{`data.gone contains "a"`, "false"}, {`data.gone startsWith "a"`, "false"}, {`"a" endsWith data.gone`, "false"},
		{`locationInfo.city contains "海"`, "false"}, {`locationInfo.city not contains "海"`, "true"},
		{`data.gone matches "a"`, "false"}, {`"a" matches data.gone`, "false"},
		{`userInfo.vipType != nil`, "true"}, {`locationInfo.ip == locationInfo.city`, "true"},
		{`!data.gone`, "!A condition must be true or false, and a missing value came."},
		{`data.gone && true`, "!A condition must be true or false, and a missing value came."},
		{`true || data.gone`, "true"}, {`false && data.gone`, "false"},
		{`data.gone + 1`, "!“+” does not go between a missing value and a number."},
		{`"a" + data.gone`, "!Wanted here is a text, and a missing value came."},
		{`-data.gone`, "!Wanted here is a number, and a missing value came."},
		{`len(data.gone)`, "!Wanted here is a text, and a missing value came."},
		{`data.gone ? 1 : 2`, "!A condition must be true or false, and a missing value came."},
		// Untyped: a numeric string beside a number is a number.
		{`data.m.points == 1818`, "true"}, {`1818.0 == data.m.points`, "true"}, {`data.m.points != 1818`, "false"},
		{`data.m.points + 2`, "1820"}, {`2 + data.m.points`, "1820"}, {`data.m.points * data.m.level`, "5454"},
		{`data.m.points / data.m.level`, "606"}, {`data.m.points % 100`, "18"}, {`-data.m.points`, "-1818"},
		{`data.m.points in [1, 1818]`, "true"}, {`3 in data.m.list`, "true"}, {`1 in data.m.list`, "true"},
		{`max(data.m.list)`, "3"}, {`sum(data.m.list)`, "6"}, {`abs(data.m.points)`, "1818"}, {`data.m.list[data.m.list[2] - 1]`, "1"},
		{`data.m.name > 5`, "!“>” does not go between a text and a number."}, {`data.m.name == 5`, "false"}, {`data.m.name != 5`, "true"},
		{`data.m.name + 1`, "!“+” does not go between a text and a number."},
		{`"积分 " + data.m.level`, "积分 3"}, {`data.m.level + " 级"`, "3 级"}, {`data.m.points + data.m.name`, "1818王"},
		{`data.m.points < "2"`, "true"}, {`data.m.level == "3"`, "true"}, {`upper(data.m.level)`, "3"},
		{`data.m.level contains "3"`, "true"}, {`data.m.on contains "a"`, "!Wanted here is a text, and a condition came."},
		{`data.m.on == false`, "true"}, {`data.m.on == "false"`, "false"}, {`data.m.o == 1`, "false"},
		{`data.text + "!"`, "plain!"}, {`data.num`, "12"}, {`data.text.x`, "!This is a text and has no member x."},
		{`data.m.o`, `{"b":1,"a":[1,2]}`}, {`data.m.o.a`, "[1,2]"}, {`data["m"].o.b`, "1"}, {`data["nu" + "m"] + 1`, "13"},
		{`len(data)`, "4"}, {`data.big[0]`, "12345678901234567"}, {`data.big[1] == nil`, "true"}, {`data.big[0] == 12345678901234568`, "false"},
		// Numbers.
		{`1 / 3`, "0.333333333333"}, {`2 / 3`, "0.666666666667"}, {`6 / 2`, "3"}, {`0.1 + 0.2`, "0.3"}, {`0.1 + 0.2 == 0.3`, "false"},
		{`2 ** 10`, "1024"}, {`2 ^ -1`, "0.5"}, {`7 % 3`, "1"}, {`-7 % 3`, "-1"}, {`1e20`, "100000000000000000000"}, {`1e-7`, "0.0000001"},
		{`-0.0`, "0"}, {`0 * -1`, "0"}, {`0.0 * -1`, "0"}, {`0x10 + 0b11 + 0o7 + 1_000`, "1026"},
		{`1234567.891234567`, "1234567.89123"}, {`9007199254740991`, "9007199254740991"}, {`9223372036854775807`, "9223372036854775807"},
		{`1 / 0`, "!Division by zero."}, {`1 % 0`, "!Division by zero."}, {`0.0 / 0`, "!Division by zero."},
		{`1e308 * 10`, "!The result is beyond the range of numbers."}, {`(-1) ** 0.5`, "!The result is beyond the range of numbers."},
		{`9223372036854775807 + 1`, "!The result is beyond the range of numbers."},
		{`-9223372036854775807 - 2`, "!The result is beyond the range of numbers."},
		{`3037000500 * 3037000500`, "!The result is beyond the range of numbers."},
		{`1 == 1.0`, "true"}, {`1 < 1.5 && 1.5 <= 1.5`, "true"}, {`1 < 2 < 3`, "true"}, {`3 > 2 > 2`, "false"},
		// Texts and lists.
		{`"中文字"[1:2]`, "文"}, {`"中文字"[-1:]`, "字"}, {`"中文字"[:2]`, "中文"}, {`[1, 2, 3][1:]`, "[2,3]"}, {`"ab"[5:9]`, ""},
		{`[1, 2, 3][-1]`, "3"}, {`[1, 2][2]`, "!There is no item 2: the length is 2."}, {`[][0]`, "!There is no item 0: the length is 0."},
		{`1..3`, "[1,2,3]"}, {`3..1`, "[]"}, {`[1, "a", nil, true, 0.5]`, `[1,"a",null,true,0.5]`},
		{`{"a": 1, b: [2], ("c" + "d"): "<&>"}`, `{"a":1,"b":[2],"cd":"<&>"}`}, {`{}`, "{}"}, {`{a: 1}.a`, "1"}, {`{a: 1}["b"]`, ""},
		{`{a: 1, b: 2} == {b: 2, a: 1.0}`, "true"}, {`[1, [2]] == [1, [2.0]]`, "true"}, {`[1] == [2]`, "false"}, {`[1] == [1, 1]`, "false"},
		{`"b" in {"b": nil}`, "true"}, {`"x" not in ["a"]`, "true"},
		{`"web123" matches "^web[0-9]+$"`, "true"}, {`"web123" matches data.text`, "false"},
		{`"web" matches userInfo.visitorName + "("`, "!The regular expression is not valid: a ) is missing."},
		{`"a" < "b" and "b" > "a"`, "true"}, {`"a" == 'a' && "a" == ` + "`a`", "true"}, {`"\u4e2d\x41\n" == "中A\n"`, "true"},
		// The rest of the language.
		{`if userInfo.vipType == 1 { "会员" } else if vipUser { "x" } else { "访客" }`, "会员"},
		{`let a = 2; let b = a * 3; a + b`, "8"}, {`let s = userInfo.visitorName; len(s)`, "3"}, {`1; 2; 3`, "3"},
		{`userInfo.visitorName | lower() | len()`, "3"}, {`staffOnline ? "在" : "不在"`, "在"}, {`nil ?? "x" ?? "y"`, "x"},
		{`filter(1..10, # % 3 == 0) | map(# * 2)`, "[6,12,18]"}, {`map([5, 6], #index)`, "[0,1]"}, {`reduce(1..4, #acc * #)`, "24"},
		{`reduce([], #acc, 7)`, "7"}, {`reduce([], #acc)`, "!reduce has an empty list and no first value."},
		{`all(1..3, any(1..3, # == 2))`, "true"}, {`count([true, false, true])`, "2"}, {`filter([1, 2], "x")`, "!compile"},
		{`filter(data.m.list, #)`, "!A condition must be true or false, and a number came."},
		{`map(data.m.name, #)`, "!Wanted here is a list, and a text came."}, {`/* 会员 */ 1 // 一`, "1"},
		{`sortBy(order.items, .name, "desc") | map(.name)`, `["杯子","<b>"]`}, {`sort(data.m.list)`, `["1",2,3]`}, {`sort([2, nil, 1])`, "[null,1,2]"},
		{`sort(["a", 1])`, "!“<” does not go between a number and a text."}, {`sort([1], "up")`, "!The order is asc or desc, not “up”."},
		{`concat([1], order.items, 1..2) | len()`, "5"}, {`toJSON({a: "<"})`, "{\n  \"a\": \"<\"\n}"}, {`fromJSON("[1") `, "!The text is not JSON."},
		{`fromJSON('{"b": 1, "a": 2}')`, `{"b":1,"a":2}`}, {`int("12") + int(3.9)`, "15"}, {`int("x")`, "!“x” is no number."},
		{`max()`, "!compile"}, {`max([])`, ""}, {`mean([])`, "0"}, {`repeat("a", -1)`, "!A negative number does not go here: -1."},
		{`split("a,b,c", ",", 2)`, `["a","b,c"]`}, {`replace("aaa", "a", "b", 2)`, "bba"}, {`join([1, "a"], "-")`, "1-a"},
		{`string(nil) + string(1.0) + string(true) + string([1])`, "1true[1]"}, {`type(nil) + type(1) + type(1.5) + type({})`, "nilintfloatmap"},
		{`bitshl(1, -1)`, "!A negative number does not go here: -1."}, {`fromBase64("%")`, "!The text is not Base64."},
		{`fromBase64("/w==")`, "!The text is not Base64."},
		{`first([]) == nil && last([]) == nil`, "true"}, {`last([1, 2])`, "2"}, {`get(data.gone, "a")`, ""}, {`get(data.m.o, "b") + get([1, 2], -1)`, "3"},
		{`get([1], -2)`, ""}, {`get("abc", 1)`, "!This is a text and cannot be indexed."}, {`data.text[0]`, "!This is a text and cannot be indexed."}, {`data.m.level[0:1]`, "!This is a number and cannot be indexed."},
		{`take([1, 2], 9)`, "[1,2]"}, {`take([1, 2], -1)`, "!A negative number does not go here: -1."}, {`median([4, 1])`, "2.5"}, {`trimPrefix(" a")`, "a"},
		{`trim("--a-", "-")`, "a"}, {`join(["a", "b"])`, "ab"}, {`sort([1, 3], "asc")`, "[1,3]"}, {`sort([1, 3], data.m.name)`, "!The order is asc or desc, not “王”."},
		{`sum([duration("1h"), duration("1m")])`, "1h1m0s"}, {`sum(["1"])`, "!compile"}, {`sum(data.m.o)`, "!Wanted here is a list, and an object came."},
		{`true in {"true": 1}`, "!compile"}, {`data.m.on in {"false": 1}`, "true"}, {`data.m.o in {"a": 1}`, "!Wanted here is a text, and an object came."},
		{`1 in data.text`, "!Wanted here is a list, and a text came."}, {`data.m.o[true]`, "!compile"}, {`data.m.o[1.5] == nil`, "true"}, {`(1..3)[data.m.name]`, "!“王” is no number."},
		{`data.m.level[true]`, "!compile"}, {`(data.gone ?? "a") ** 2`, "!“**” does not go between a text and a number."}, {`-data.m.list`, "!Wanted here is a number, and a list came."},
		{`+data.m.points`, "1818"}, {`-(data.gone ?? duration("1h"))`, "-1h0m0s"}, {`-(-9223372036854775807 - 1)`, "9223372036850000000"},
		{`groupBy([true, false], #)`, `{"true":[true],"false":[false]}`}, {`fromPairs([["a", 1], ["a", 2]])`, `{"a":2}`}, {`fromPairs([[nil, 1]])`, "!fromPairs wants lists of two items of which the first is a text."},
		{`repeat("ab", 0)`, ""}, {`now().AddDate(9000000000, 0, 0)`, "!The result is beyond the range of numbers."}, {`uniq([1, "1", 1.0, "a"])`, `[1,"a"]`},
		// Times: the render's clock, UTC without a zone.
		{`now()`, "2020-10-01 04:00:00"}, {`now().In(timezone("Asia/Shanghai")).Hour()`, "12"}, {`now().Weekday()`, "4"},
		{`now() - date("2020-09-30")`, "28h0m0s"}, {`now() + duration("90m")`, "2020-10-01 05:30:00"}, {`now() > date("2020-10-01")`, "true"},
		{`date("2020-10-01 12:00:00", "2006-01-02 15:04:05", "+08:00") == now()`, "true"}, {`(now() - now()).Hours() == 0`, "true"},
		{`date("2020-02-30")`, "!“2020-02-30” is no date."}, {`duration("1 day")`, "!“1 day” is no duration."},
		{`date("02 Jan 06 15:04 CST", "02 Jan 06 15:04 MST").Hour()`, "15"}, {`duration("1h") * 1.5`, "1h30m0s"}, {`2 * duration("1h") > duration("90m")`, "true"},
		{`now() - duration("4h")`, "2020-10-01 00:00:00"}, {`duration("1h") + now()`, "2020-10-01 05:00:00"}, {`duration("1h") - duration("1m")`, "59m0s"},
		{`duration("1h") + duration("1m") == duration("61m")`, "true"}, {`duration("2000000h") * 2`, "!The result is beyond the range of numbers."},
		{`duration("2000000h") * 2.5`, "!The result is beyond the range of numbers."}, {`duration("1h") * data.m.level`, "3h0m0s"}, {`data.m.level * duration("1h")`, "3h0m0s"},
		{`now() + data.m.level`, "!“+” does not go between a time and a number."}, {`duration("1h") / 2`, "!compile"}, {`now() * 2`, "!compile"},
		{`timezone("UTC") == timezone("UTC")`, "true"}, {`timezone("UTC")`, "UTC"}, {`[timezone("-03:30")]`, `["-03:30"]`}, {`timezone("+24:00")`, "!The time zone “+24:00” is not known; write an offset such as +08:00."},
		{`timezone("Mars/Olympus")`, "!The time zone “Mars/Olympus” is not known; write an offset such as +08:00."},
		{`[now(), duration("1s")]`, `["2020-10-01 04:00:00","1s"]`}, {`now().Format("2006年1月2日")`, "2020年10月1日"},
		{`now().AddDate(99999, 0, 0)`, "!The result is beyond the range of numbers."}, {`date(chatInfo.lastChatTime ?? "2020-09-01") < now()`, "true"},
	}
	e := env(t, testCustoms, nil)
	in := &Input{Facts: facts(t, testContext), Data: dataFrom(t, testData)}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			in.Reset(in.Facts, in.Data)
			x, refused := e.Compile(tt.src, Value, []string{"m", "text", "num", "big", "gone"})
			if refused != nil {
				if tt.want != "!compile" {
					t.Fatalf("refused: %s", refused.Message.En)
				}
				return
			}
			got, err := x.AppendValue([]byte("<"), in)
			shown := string(got)
			if err != nil {
				if shown != "<" {
					t.Errorf("an error came with the value %q", shown)
				}
				shown = "<!" + err.Error()
			}
			if shown != "<"+tt.want {
				t.Errorf("got  %q\nwant %q", shown[1:], tt.want)
			}
		})
	}
}

// TestBool is the outcome of conditions; what fails is false and says why.
func TestBool(t *testing.T) {
	tests := []struct {
		src    string
		held   bool
		failed string
		at     string // the piece of source that the error points at
	}{
		{`userInfo.vipType == 1`, true, "", ""},
		{`1 == userInfo.vipType`, true, "", ""},
		{`3 < chatInfo.visitTimes`, true, "", ""},
		{`locationInfo.city == "上海"`, false, "", ""},
		{`locationInfo.city != "上海"`, true, "", ""},
		{`chatInfo.myData.on`, true, "", ""},
		{`data.m.on`, false, "", ""},
		{`data.gone`, false, "A condition must be true or false, and a missing value came.", "data.gone"},
		{`data.m.points`, false, "A condition must be true or false, and a text came.", "data.m.points"},
		{`true && data.m.level`, false, "A condition must be true or false, and a number came.", "data.m.level"},
		{`"您好" != "" && data.m.points > data.m.name + 5`, false, "“+” does not go between a text and a number.", "data.m.name + 5"},
		{`"你" == "你" ? data.m.list[7] == 1 : true`, false, "There is no item 7: the length is 3.", "data.m.list[7]"},
		{`any(1..3, # / 0 == 1)`, false, "Division by zero.", "# / 0"},
		{`len(data.m.level) > 1`, false, "Wanted here is a text, and a number came.", "data.m.level"},
	}
	e := env(t, testCustoms, nil)
	in := &Input{Facts: facts(t, testContext), Data: dataFrom(t, testData)}
	for _, tt := range tests {
		x := compiled(t, e, tt.src, Bool, "m", "gone")
		held, err := x.Bool(in)
		if held != tt.held {
			t.Errorf("%s: held is %v", tt.src, held)
		}
		if err == nil {
			if tt.failed != "" {
				t.Errorf("%s: no error, want %q", tt.src, tt.failed)
			}
			continue
		}
		failed, ok := err.(*RunError)
		if !ok || failed.Message.En != tt.failed || failed.Message.Zh == "" {
			t.Errorf("%s: error %q, want %q", tt.src, err, tt.failed)
			continue
		}
		if got := tt.src[failed.Start:failed.End]; got != tt.at {
			t.Errorf("%s: the error points at %q, want %q", tt.src, got, tt.at)
		}
	}
}

// TestDataMayBeAnything: what runtime hands over may also be what encoding/json makes.
func TestDataMayBeAnything(t *testing.T) {
	e := env(t, nil, nil)
	in := &Input{Facts: facts(t, `{}`)}
	for _, tt := range []struct {
		src, want string
		data      any
	}{
		{`data.d.b[1]`, "x", map[string]any{"b": []any{1.0, "x"}, "a": nil}},
		{`data.d`, `{"a":null,"b":[1,"x"]}`, map[string]any{"b": []any{1.0, "x"}, "a": nil}},
		{`data.d + 1`, "3.5", 2.5}, {`data.d + 1`, "3", 2}, {`data.d + 1`, "3", int64(2)}, {`data.d == true`, "true", true},
		{`data.d == nil`, "true", nil}, {`data.d == nil`, "true", (*Document)(nil)}, {`data.d == nil`, "true", struct{}{}},
	} {
		in.Data = func(string) (any, bool) { return tt.data, true }
		got, err := compiled(t, e, tt.src, Value, "d").AppendValue(nil, in)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s of %v: %q, %v; want %q", tt.src, tt.data, got, err, tt.want)
		}
	}
	in.Data = nil
	if held, err := compiled(t, e, `data.d == nil`, Bool, "d").Bool(in); !held || err != nil {
		t.Errorf("without Data: %v, %v", held, err)
	}
}

// TestReadOnce: what an expression reads of data is asked for once.
func TestReadOnce(t *testing.T) {
	asked := 0
	in := &Input{Facts: facts(t, `{}`), Data: func(string) (any, bool) { asked++; return 5, true }}
	x := compiled(t, env(t, nil, nil), `let a = data.d; all(1..10, data.d == 5 || a == 6)`, Bool, "d")
	if held, err := x.Bool(in); !held || err != nil || asked > 2 {
		t.Errorf("held %v, error %v, asked %d times for two places", held, err, asked)
	}
}

func TestUsesData(t *testing.T) {
	e := env(t, testCustoms, nil)
	names := []string{"a", "b", "c"}
	for _, tt := range []struct {
		src  string
		want string
	}{
		{`data.b.x == 1 && data.a > 2 || data.b`, "a b"},
		{`userInfo.vipType == 1`, ""},
		{`data["c"].d`, "c"},
		{`data[userInfo.visitorName]`, "a b c"},
		{`len(data)`, "a b c"},
		{`any([1], data.a == #)`, "a"},
	} {
		got := ""
		for _, name := range compiled(t, e, tt.src, Value, names...).UsesData() {
			if got != "" {
				got += " "
			}
			got += name
		}
		if got != tt.want {
			t.Errorf("%s uses %q, want %q", tt.src, got, tt.want)
		}
	}
}

func TestConstant(t *testing.T) {
	e := env(t, nil, map[string]string{"c": "true"})
	for _, tt := range []struct {
		src      string
		held, ok bool
	}{
		{`1 == 2`, false, true}, {`"1" in ["1"]`, true, true}, {`any(1..3, # == 2)`, true, true}, {`1 / 0 == 1`, false, false},
		{`c`, false, false}, {`vipUser`, false, false}, {`userInfo.vipType == 1`, false, false}, {`now() == now()`, false, false},
		{`data.d == nil`, false, false}, {`len(data) == 0`, false, false}, {`chatInfo.myData == 1`, false, false},
		{`systemInfo.dateutc == ""`, false, false},
	} {
		if held, ok := compiled(t, e, tt.src, Bool, "d").Constant(); held != tt.held || ok != tt.ok {
			t.Errorf("%s: %v, %v", tt.src, held, ok)
		}
	}
}

// TestDefaultOnline: the flags follow the facts at the moment of the evaluation.
func TestDefaultOnline(t *testing.T) {
	f := facts(t, `{}`)
	in := &Input{Facts: f}
	x := compiled(t, env(t, nil, nil), `staffOnline && !staffOffline`, Bool)
	for _, online := range []bool{true, false} {
		f.DefaultOnline = online
		if held, err := x.Bool(in); held != online || err != nil {
			t.Errorf("online %v: %v, %v", online, held, err)
		}
	}
}
