package condition

import (
	"strings"
	"testing"

	"github.com/zhida-kb/zhida/parser/diag"
)

// TestRefuse is what is refused: kind, the piece of source that the error points at,
// what the fix makes of the source ("" for no fix), and the English message.
func TestRefuse(t *testing.T) {
	tests := []struct {
		src   string
		kind  Kind
		at    string
		fixed string
		en    string
	}{
		// Names.
		{`userInfo.vipTpe == 1`, Unknown, "vipTpe", `userInfo.vipType == 1`, "userInfo has no variable called vipTpe; it has: level, vipId, vipType, visitorId, visitorName."},
		{`"你" == userInfo.visitorNam`, Unknown, "visitorNam", `"你" == userInfo.visitorName`, ""},
		{`userInfo["vipTpe"] == 1`, Unknown, `"vipTpe"`, `userInfo["vipType"] == 1`, ""},
		{`userInfo.zzz == 1`, Unknown, "zzz", "", ""},
		{`userinfo.vipType == 1`, Unknown, "userinfo", `userInfo.vipType == 1`, "No variable or condition is called userinfo."},
		{`nowhere.x == 1`, Unknown, "nowhere", "", ""},
		{`chatInfo.vipType == 1`, Unknown, "vipType", `userInfo.vipType == 1`, ""},
		{`chatInfo["vipType"] == 1`, Unknown, `"vipType"`, "", ""},
		{`vipType == 1`, Unknown, "vipType", `userInfo.vipType == 1`, "No variable or condition is called vipType."},
		{`order.idd == 1`, Unknown, "idd", `order.id == 1`, ""},
		{`vipuser`, Unknown, "vipuser", `vipUser`, ""},
		{`goldMembr && true`, Unknown, "goldMembr", `goldMember && true`, ""},
		{`systemInfo.timeutc25 == ""`, Unknown, "timeutc25", "", "The time zone in timeutc25 does not exist."},
		{`systemInfo.timeuct8 == ""`, Unknown, "timeuct8", `systemInfo.timeutc8 == ""`, ""},
		{`data.nope.x == 1`, Unknown, "nope", "", "No data call before this place has the name nope."},
		{`data.membr.x == 1`, Unknown, "membr", `data.member.x == 1`, ""},
		{`lenn("a") == 1`, Unknown, "lenn", `len("a") == 1`, "No function is called lenn."},
		{`now().Yaer() == 1`, Unknown, "Yaer", `now().Year() == 1`, ""},
		{`userInfo.visitorName.contains("李")`, Unknown, "contains", `userInfo.visitorName contains ("李")`, ""},
		{`chatInfo.visitTimes 大于 3`, Syntax, "大于", `chatInfo.visitTimes > 3`, ""},
		{`locationInfo.city 包含 "上"`, Syntax, "包含", `locationInfo.city contains "上"`, ""},
		{`"a".Year() == 1`, Unknown, "Year", "", "This is a text and has no method called Year."},
		{`now().Local().Hour() == 1`, Unknown, "Local", "", ""},
		{`now().Year == 1`, Type, "Year", "", "This is a time and has no member Year."},
		{`$env.userInfo == nil`, Unknown, "$env", "", "$env is not available."},
		{`$env == nil`, Unknown, "$env", "", ""},
		{`$env() == nil`, Unknown, "$env", "", ""},
		{`len == 1`, Syntax, "len", "", "len is a function and is written len(…)."},
		{`vipUser() == 1`, Type, "vipUser", "", "This is no function."},
		{`userInfo.vipType() == 1`, Unknown, "vipType", "", ""},
		{`userInfo["x"]() == 1`, Syntax, "(", "", ""},
		{`userInfo == null`, Unknown, "null", `userInfo == nil`, ""},
		{`vipUser == True`, Unknown, "True", `vipUser == true`, ""},
		{`# == 1`, Syntax, "#", "", ""},
		{`any([1], #foo == 1)`, Unknown, "#foo", "", "There is no #foo; there are #, #index and #acc."},
		{`let vipUser = 1; true`, Syntax, "vipUser", "", "The name vipUser is taken; choose another one."},
		{`let a = 1; let a = 2; true`, Syntax, "a", "", ""},
		{`let len = 1; true`, Syntax, "len", "", ""},
		{`let data = 1; true`, Syntax, "data", "", ""},
		// Types.
		{`locationInfo.city == 上海`, Unknown, "上海", `locationInfo.city == "上海"`, ""},
		{`userInfo.visitorId == 3`, Type, `userInfo.visitorId == 3`, `userInfo.visitorId == "3"`, ""},
		{`userInfo.visitorName > 3`, Type, `userInfo.visitorName > 3`, "", "“>” does not go between a text and a number."},
		{`true && (userInfo.vipType) == ("1")`, Type, `(userInfo.vipType) == ("1")`, `true && (userInfo.vipType) == 1`, ""},
		{`userInfo.vipType == "会员"`, Type, `userInfo.vipType == "会员"`, "", "“==” does not go between a number and a text."},
		{`userInfo.vipType in ["1"]`, Type, `userInfo.vipType in ["1"]`, "", ""},
		{`vipUser == 1`, Type, `vipUser == 1`, "", "“==” does not go between a condition and a number."},
		{`userInfo.visitorName`, Type, `userInfo.visitorName`, "", "A condition must be true or false, and this is a text. Compare it with a value, by == or >."},
		{`userInfo.vipType + 1`, Type, `userInfo.vipType + 1`, "", ""},
		{`(1..3)`, Type, `1..3`, "", ""},
		{`nil`, Type, `nil`, "", ""},
		{`true ? 1 : 2`, Type, `true ? 1 : 2`, "", ""},
		{`userInfo`, Type, "userInfo", "", ""},
		{`userInfo.vipType && true`, Type, "userInfo.vipType", "", "“&&” wants a condition here, and this is a number."},
		{`true or (userInfo.visitorName)`, Type, "(userInfo.visitorName)", "", ""},
		{`!userInfo.vipType`, Type, "userInfo.vipType", "", ""},
		{`not "a"`, Type, `"a"`, "", ""},
		{`userInfo.vipType ? true : false`, Type, "userInfo.vipType", "", ""},
		{`-userInfo.visitorName == 1`, Type, "userInfo.visitorName", "", ""},
		{`userInfo.visitorName - 1 == 1`, Type, "userInfo.visitorName - 1", "", ""},
		{`userInfo.visitorName + 1 == ""`, Type, "userInfo.visitorName + 1", `userInfo.visitorName + "1" == ""`, ""},
		{`1.5 % 2 == 1`, Type, "1.5", "", "“%” wants whole numbers; int(…) makes one."},
		{`7 % (floor(2.5)) == 1`, Type, "(floor(2.5))", "", ""},
		{`userInfo.vipType contains "1"`, Type, "userInfo.vipType", "", "“contains” wants a text here, and this is a number."},
		{`"a" matches "("`, Type, `"("`, "", ""},
		{`"a" in "abc"`, Type, `"abc"`, "", ""},
		{`1 in userInfo`, Type, "1", "", ""},
		{`userInfo.visitorName.first == 1`, Type, "first", "", "This is a text and has no member first."},
		{`userInfo.visitorName[0] == 1`, Type, "userInfo.visitorName[0]", "", ""},
		{`[1]["a"] == 1`, Type, `"a"`, "", ""},
		{`"a"["b":] == 1`, Type, `"b"`, "", ""},
		{`(1)[1:] == 1`, Type, `(1)[1:]`, "", ""},
		{`"a".."b" == 1`, Type, `"a"`, "", ""},
		{`len(1) == 1`, Type, "1", "", "“len” wants a text here, and this is a number."},
		{`len("a", "b") == 1`, Type, "len", "", "The function len takes at most 1 arguments."},
		{`upper() == "A"`, Type, "upper", "", "The function upper wants at least 1 arguments."},
		{`upper(nil) == "A"`, Type, "nil", "", ""},
		{`filter("abc", true) == []`, Type, `"abc"`, "", ""},
		{`all([1], # + 1)`, Type, `# + 1`, "", ""},
		{`all(["a"], # == 1)`, Type, `# == 1`, `all(["a"], # == "1")`, ""},
		{`now() + 1 == nil`, Type, `now() + 1`, "", ""},
		{`now() == "2020"`, Type, `now() == "2020"`, "", ""},
		// The form.
		{``, Syntax, ``, "", "There is no expression here."},
		{`  `, Syntax, `  `, "", ""},
		{`userInfo.vipType ==`, Syntax, "==", "", "The expression ends too early."},
		{`userInfo.vipType == // 1`, Syntax, "== // 1", "", ""},
		{`true ? 1`, Syntax, "1", "", "The expression ends too early."},
		{`== 1`, Syntax, "==", "", "“==” is not expected here."},
		{`1 1`, Syntax, "1", "", ""},
		{`"a" AND "b"`, Syntax, "AND", `"a" && "b"`, ""},
		{`(true`, Syntax, "(", "", "The bracket “(” is never closed."},
		{`true)`, Syntax, ")", "", "There is one “)” too many."},
		{`(true]`, Syntax, "]", "", "“)” is due here, not “]”."},
		{`"你好`, Syntax, `"你好`, "", `The string has no closing " on its line.`},
		{"'a\nb'", Syntax, `'a`, "", ""},
		{"`a", Syntax, "`a", "", ""},
		{`1 /* a`, Syntax, `/* a`, "", ""},
		{`"\q" == ""`, Syntax, `"\q"`, "", "A backslash in this string begins no known escape."},
		{`b"x" == ""`, Syntax, `b"`, "", ""},
		{`99999999999999999999 > 1`, Syntax, "99999999999999999999", "", "“99999999999999999999” is no number."},
		{`1x > 1`, Syntax, "1x", "", ""},
		{`1 @ 2`, Syntax, "@", "", "The character “@” means nothing in an expression."},
		{`"a" == ☆`, Syntax, "☆", "", ""},
		{"\"a\" == \xff", Syntax, "\xff", "", "This byte is not UTF-8."},
		{`data.member.x ?? 0 > 5`, Syntax, ">", `(data.member.x ?? 0) > 5`, "?? and “>” do not mix; put the part with ?? into parentheses."},
		{`vipUser && data.member.x ?? f(1) == 5`, Syntax, "==", `vipUser && (data.member.x ?? f(1)) == 5`, ""},
		// Slips: one fix mends all of them.
		{`userInfo.vipType = 1`, Syntax, "=", `userInfo.vipType == 1`, "There is no operator “=”; “==” was meant."},
		{`userInfo.vipType === 1`, Syntax, "===", `userInfo.vipType == 1`, ""},
		{`userInfo.vipType <> 1`, Syntax, "<>", `userInfo.vipType != 1`, ""},
		{`userInfo.vipType => 1`, Syntax, "=>", `userInfo.vipType >= 1`, ""},
		{`userInfo.vipType =< 1`, Syntax, "=<", `userInfo.vipType <= 1`, ""},
		{`userInfo.vipType > = 1`, Syntax, "> =", `userInfo.vipType >= 1`, ""},
		{`userInfo.vipType !== 1`, Syntax, "!==", `userInfo.vipType != 1`, ""},
		{`vipUser & staffOnline`, Syntax, "&", `vipUser && staffOnline`, ""},
		{`vipUser &!staffOnline`, Syntax, "&", `vipUser &&!staffOnline`, ""},
		{`vipUser &&& staffOnline`, Syntax, "&&&", `vipUser && staffOnline`, ""},
		{`vipUser ||| staffOnline`, Syntax, "|||", `vipUser || staffOnline`, ""},
		{`${userInfo.vipType} == 1`, Braces, "${userInfo.vipType}", `userInfo.vipType == 1`, "In an expression a variable is written without ${ }: ${userInfo.vipType}"},
		{`${ userInfo.vipType } = 1 && ${data.member.x}`, Braces, "${ userInfo.vipType }", ` userInfo.vipType  == 1 && data.member.x`, ""},
		{`${userInfo.visitorName|朋友} == "a"`, Braces, "${userInfo.visitorName|朋友}", `(userInfo.visitorName ?? "朋友") == "a"`, ""},
		{`${${userInfo.vipType} == 1`, Braces, "${${userInfo.vipType}", `userInfo.vipType == 1`, ""},
		{`${userInfo.vipType == 1`, Braces, "${", `userInfo.vipType == 1`, ""},
		{`userInfo。vipType ＝＝ １`, Fullwidth, "。", `userInfo.vipType == 1`, "“。” is full-width punctuation; an expression wants “.”."},
		{`userInfo.vipType ＝ 1`, Fullwidth, "＝", `userInfo.vipType == 1`, ""},
		{`userInfo.vipType =＝ 1`, Fullwidth, "=＝", `userInfo.vipType == 1`, ""},
		{`userInfo.vipType ＝= 1`, Fullwidth, "＝=", `userInfo.vipType == 1`, ""},
		{`userInfo.vipType ＞＝ 1`, Fullwidth, "＞＝", `userInfo.vipType >= 1`, ""},
		{`userInfo.vipType >＝ 1`, Fullwidth, ">＝", `userInfo.vipType >= 1`, ""},
		{`userInfo.vipType ≥ 1`, Fullwidth, "≥", `userInfo.vipType >= 1`, ""},
		{`userInfo.vipType ！= 1`, Fullwidth, "！=", `userInfo.vipType != 1`, ""},
		{`vipUser ＆＆ ！staffOnline`, Fullwidth, "＆＆", `vipUser && !staffOnline`, ""},
		{`vipUser ＆ staffOnline ｜ true`, Fullwidth, "＆", `vipUser && staffOnline || true`, ""},
		{`（vipUser） && true`, Fullwidth, "（", `(vipUser) && true`, ""},
		{`(vipUser） && true`, Fullwidth, "）", `(vipUser) && true`, ""},
		{`（vipUser) && true`, Fullwidth, "（", `(vipUser) && true`, ""},
		{`userInfo.visitorName == “你，好（）”`, Fullwidth, "“", `userInfo.visitorName == "你，好（）"`, ""},
		{`userInfo.visitorName == ‘a"’`, Fullwidth, "‘", `userInfo.visitorName == 'a"'`, ""},
		{`userInfo.visitorName == “a'b”`, Fullwidth, "“", `userInfo.visitorName == "a'b"`, ""},
		{`userInfo.visitorName in ["a"，"b"]`, Fullwidth, "，", `userInfo.visitorName in ["a","b"]`, ""},
		{`userInfo.visitorName in 【"a"、"b"】`, Fullwidth, "【", `userInfo.visitorName in ["a","b"]`, ""},
		{`1 《 2 》 〔3〕 ≤ 4 ≠ 5 × 6 ÷ 7 — 8`, Fullwidth, "《", `1 < 2 > [3] <= 4 != 5 * 6 / 7 - 8`, ""},
		{`｛"a"： 1｝。a ＝＝ ￥a`, Fullwidth, "｛", `{"a": 1}.a == $a`, ""},
		{`vipUser && nOt true`, Syntax, "true", "", ""},
		{`vipUser OR true`, Syntax, "OR", `vipUser || true`, ""},
		{`NOT vipUser`, Syntax, "vipUser", "", ""},
		{`userInfo.vipType is 1`, Syntax, "is", `userInfo.vipType == 1`, ""},
		{`vipUser == FALSE`, Unknown, "FALSE", `vipUser == false`, ""},
		{`vipUser ？ true ： false`, Fullwidth, "？", `vipUser ? true : false`, ""},
		{`let x ＝ 1； x == 1`, Fullwidth, "＝", `let x = 1; x == 1`, ""},
		{"vipUser\u200b && true", Syntax, "\u200b", `vipUser && true`, "An invisible character stands here; delete it."},
		// What is no slip.
		{`"${userInfo.vipType}" == "＝（）“”" && 1 = 1`, Syntax, "=", `"${userInfo.vipType}" == "＝（）“”" && 1 == 1`, ""},
	}
	e := env(t, testCustoms, map[string]string{"goldMember": "userInfo.vipType == 1"})
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			x, err := e.Compile(tt.src, Bool, []string{"member"})
			if err == nil {
				t.Fatal("not refused")
			}
			if x != nil {
				t.Error("an expression came with the error")
			}
			if err.Kind != tt.kind {
				t.Errorf("kind %d, want %d", err.Kind, tt.kind)
			}
			if got := tt.src[err.Start:err.End]; got != tt.at {
				t.Errorf("points at %q, want %q", got, tt.at)
			}
			if tt.en != "" && err.Error() != tt.en {
				t.Errorf("says %q, want %q", err.Error(), tt.en)
			}
			if err.Message.Zh == "" || err.Message.Zh == err.Message.En || strings.Contains(err.Message.Zh+err.Message.En, "{0}") {
				t.Errorf("message %+v", err.Message)
			}
			fixed := ""
			if err.Fix != nil {
				fixed = diag.Apply(tt.src, err.Fix.Edits)
				if err.Fix.Title.Zh == "" || err.Fix.Title.En == "" {
					t.Errorf("the fix has the title %+v", err.Fix.Title)
				}
			}
			if fixed != tt.fixed {
				t.Errorf("the fix makes %q, want %q", fixed, tt.fixed)
			}
		})
	}
}

// TestAccept is what looks like a slip or a fault and is right.
func TestAccept(t *testing.T) {
	e := env(t, testCustoms, map[string]string{"goldMember": "true", "if_": "true", "2x": "true", "len": "true"})
	for _, src := range []string{
		`let x = 1; x == 1`, `userInfo.visitorName == "a = b ＝ ${x.y} 。"`, "userInfo.visitorName == `“`", `vipUser /* ＝ */ && true // ，`,
		`a`[:0] + `vipUser&&!staffOnline||!vipUser`, `goldMember and not vipUser or if_`, "vipUser\u00a0&&\u3000true", "\n\t vipUser\r\n",
		`userInfo.visitorName != '' && userInfo["visitorName"] != ""`, `[1, 2,] == [1, 2]`, `filter([1], {# == 1}) == [1]`, `len`,
		`userInfo.vipType == 1.0`, `nil == nil`, `userInfo.vipType < nil`, `data.member`, `data.member > data.other.x`, `1 ?? 2 == 1`[:0] + `(1 ?? 2) == 1`,
		`chatInfo.myData.a["b"][0] == "x"`, `vipUser ? chatInfo.myData : true`, `!order.id`, `systemInfo.dateutc_3_30 > "2020"`,
	} {
		if _, err := e.Compile(src, Bool, []string{"member", "other"}); err != nil {
			t.Errorf("%s: %s at %q", src, err.Message.En, src[err.Start:err.End])
		}
	}
}

// TestDataByPlace: data is known from its call on, and in no named condition.
func TestDataByPlace(t *testing.T) {
	e := env(t, nil, nil)
	for _, src := range []string{`data.m == 1`, `data == nil`, `data["m"] == 1`, `len(data) == 1`} {
		_, err := e.Compile(src, Bool, nil)
		if err == nil || err.Kind != Unknown || err.Message.En != "No named data call stands before this place, so there is no data." {
			t.Errorf("%s before any call: %v", src, err)
			continue
		}
		if got := src[err.Start:err.End]; got != "data" {
			t.Errorf("%s: points at %q", src, got)
		}
	}
}
