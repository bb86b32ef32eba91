package condition

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	"pgregory.net/rapid"
)

// The oracle is expr itself: its type checker says what is well typed, its virtual
// machine says what comes out. Wherever the language page adds nothing (no missing
// values, no untyped numeric strings) both must agree with us, on whatever
// expression. What differs on purpose is kept out by the generator: overflow and
// division by zero (errors here), places in texts (characters here, bytes there),
// strings of composed values.

// writer writes random expressions of a wanted type.
type writer struct {
	t     *rapid.T
	wrong int // of 100 operands, how many have another type than is wanted
	items []class
	lets  []local
}

func (w *writer) pick(n int) int { return rapid.IntRange(0, n-1).Draw(w.t, "pick") }

func (w *writer) oneOf(choices ...string) string { return choices[w.pick(len(choices))] }

// write returns an expression of the class, or by chance one of another.
func (w *writer) write(c class, depth int) string {
	if w.wrong > 0 && w.pick(100) < w.wrong {
		c = []class{boolClass, intClass, floatClass, textClass, arrayClass}[w.pick(5)]
	}
	if depth <= 0 {
		return w.leaf(c)
	}
	switch w.pick(12) {
	case 0:
		return "(" + w.write(c, depth-1) + ")"
	case 1:
		return fmt.Sprintf("(%s ? %s : %s)", w.write(boolClass, depth-1), w.write(c, depth-1), w.write(c, depth-1))
	case 2:
		return w.let(c, depth)
	case 3:
		return w.leaf(c)
	}
	switch c {
	case boolClass:
		return w.boolean(depth)
	case intClass:
		return w.whole(depth)
	case floatClass:
		return w.fraction(depth)
	case textClass:
		return w.text(depth)
	}
	return w.list(depth)
}

func (w *writer) let(c class, depth int) string {
	of := []class{boolClass, intClass, textClass}[w.pick(3)]
	name := "v" + strconv.Itoa(len(w.lets))
	bound := w.write(of, depth-1)
	w.lets = append(w.lets, local{name, static{class: of}})
	body := w.write(c, depth-1)
	w.lets = w.lets[:len(w.lets)-1]
	return fmt.Sprintf("(let %s = %s; %s)", name, bound, body)
}

func (w *writer) leaf(c class) string {
	for i := len(w.items) - 1; i >= 0; i-- {
		if w.items[i] == c && i == len(w.items)-1 && w.pick(2) == 0 {
			return "#"
		}
	}
	for _, l := range w.lets {
		if l.typ.class == c && w.pick(2) == 0 {
			return l.name
		}
	}
	switch c {
	case boolClass:
		return w.oneOf("true", "false", "vipUser", "staffOnline")
	case intClass:
		return w.oneOf("0", "1", "2", "7", "-3", "userInfo.vipType", "chatInfo.visitTimes", "chatInfo.chatTimes", "1_000")
	case floatClass:
		return w.oneOf("0.5", "1.25", "-2.0", "1e3", "3.75")
	case textClass:
		return w.oneOf(`""`, `"a"`, `"中文"`, "'b c'", "`a|b`", "userInfo.visitorName", "userInfo.visitorId", `"12"`)
	}
	return w.oneOf("[1, 2, 3]", "[3, 1]", "1..4", "[userInfo.vipType, 5]", "[7]")
}

func (w *writer) boolean(depth int) string {
	d := depth - 1
	switch w.pick(9) {
	case 0:
		return w.write(boolClass, d) + w.oneOf(" && ", " || ", " and ", " or ") + "(" + w.write(boolClass, d) + ")"
	case 1:
		return w.oneOf("!", "not ") + "(" + w.write(boolClass, d) + ")"
	case 2:
		return w.number(d) + w.oneOf(" < ", " <= ", " > ", " >= ", " == ", " != ") + w.number(d)
	case 3:
		return w.write(textClass, d) + w.oneOf(" < ", " >= ", " == ", " != ", " contains ", " startsWith ", " endsWith ", " not contains ") + w.write(textClass, d)
	case 4:
		return w.write(intClass, d) + w.oneOf(" in ", " not in ") + w.write(arrayClass, d)
	case 5:
		return w.write(textClass, d) + " in [" + w.write(textClass, d) + `, "a"]`
	case 6:
		return w.write(textClass, d) + " matches " + w.oneOf(`"^a"`, `"[0-9]+"`, `".*文$"`)
	case 7:
		return w.loop(w.oneOf("all", "any", "none", "one"), boolClass, d)
	}
	return w.write(arrayClass, d) + w.oneOf(" == ", " != ") + w.write(arrayClass, d)
}

func (w *writer) number(depth int) string {
	return "(" + w.write([]class{intClass, floatClass}[w.pick(2)], depth) + ")"
}

// loop writes a list function over numbers whose body has the class.
func (w *writer) loop(name string, body class, depth int) string {
	list := w.write(arrayClass, depth)
	w.items = append(w.items, intClass)
	defer func() { w.items = w.items[:len(w.items)-1] }()
	return fmt.Sprintf("%s(%s, %s)", name, list, w.write(body, depth))
}

func (w *writer) whole(depth int) string {
	d := depth - 1
	switch w.pick(7) {
	case 0:
		return "(" + w.write(intClass, d) + w.oneOf(" + ", " - ", " * ") + w.write(intClass, d) + ")"
	case 1:
		return "((" + w.write(intClass, d) + ") % 7)"
	case 2:
		return "len(" + w.write([]class{textClass, arrayClass}[w.pick(2)], d) + ")"
	case 3:
		return w.loop("count", boolClass, d)
	case 4:
		return w.loop("sum", intClass, d)
	case 5:
		// Not findLastIndex: expr's leaves a value on the machine's stack.
		return "(" + w.loop("findIndex", boolClass, d) + " ?? -1)"
	}
	return "int(" + w.number(d) + ")"
}

func (w *writer) fraction(depth int) string {
	d := depth - 1
	switch w.pick(4) {
	case 0:
		return "(" + w.number(d) + " / " + w.oneOf("2", "0.3", "-7") + ")"
	case 1:
		return w.oneOf("ceil", "floor", "round", "float") + "(" + w.number(d) + ")"
	case 2:
		return "mean(" + w.write(arrayClass, d) + ")"
	}
	return "(" + w.write(floatClass, d) + w.oneOf(" + ", " - ", " * ") + w.number(d) + ")"
}

func (w *writer) text(depth int) string {
	d := depth - 1
	switch w.pick(6) {
	case 0:
		return "(" + w.write(textClass, d) + " + " + w.write(textClass, d) + ")"
	case 1:
		return w.oneOf("upper", "lower", "trim", "toBase64") + "(" + w.write(textClass, d) + ")"
	case 2:
		return "replace(" + w.write(textClass, d) + `, "a", ` + w.write(textClass, d) + ")"
	case 3:
		return "string(" + w.write([]class{intClass, boolClass, textClass}[w.pick(3)], d) + ")"
	case 4:
		return "join(split(" + w.write(textClass, d) + `, "a"), ` + w.write(textClass, d) + ")"
	}
	return w.oneOf("trimPrefix", "trimSuffix") + "(" + w.write(textClass, d) + `, "a")`
}

func (w *writer) list(depth int) string {
	d := depth - 1
	switch w.pick(8) {
	case 0:
		return "[" + w.write(intClass, d) + ", " + w.write(intClass, d) + "]"
	case 1:
		return w.loop("filter", boolClass, d)
	case 2:
		return w.loop("map", intClass, d)
	case 3:
		return w.oneOf("sort", "reverse", "uniq", "flatten") + "(" + w.write(arrayClass, d) + ")"
	case 4:
		return "concat(" + w.write(arrayClass, d) + ", " + w.write(arrayClass, d) + ")"
	case 5:
		return "take(" + w.write(arrayClass, d) + ", 2)"
	case 6:
		return w.loop("sortBy", intClass, d)
	}
	return "(" + w.write(arrayClass, d) + ")[" + w.oneOf("1:", ":2", ":", "-2:", "1:3") + "]"
}

const oracleContext = `{"userInfo": {"visitorName": "李a", "visitorId": "web123", "vipType": "1"}, "chatInfo": {"visitTimes": "300", "chatTimes": 0}}`

// oracleTypes is oracleEnv with its types, as structs have them.
type oracleTypes struct {
	UserInfo struct {
		Name string `expr:"visitorName"`
		ID   string `expr:"visitorId"`
		Vip  int    `expr:"vipType"`
	} `expr:"userInfo"`
	ChatInfo struct {
		Visits int `expr:"visitTimes"`
		Chats  int `expr:"chatTimes"`
	} `expr:"chatInfo"`
	VipUser     bool `expr:"vipUser"`
	StaffOnline bool `expr:"staffOnline"`
}

func oracleFacts() oracleTypes {
	var o oracleTypes
	o.UserInfo.Name, o.UserInfo.ID, o.UserInfo.Vip, o.ChatInfo.Visits, o.VipUser = "李a", "web123", 1, 300, true
	return o
}

// shown is a value of expr's as we show one.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return string(appendFloat(nil, v))
	case nil:
		return ""
	}
	if reflect.TypeOf(v).Kind() == reflect.Slice {
		if reflect.ValueOf(v).Len() == 0 {
			return "[]"
		}
		b, err := json.Marshal(v)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	return fmt.Sprint(v)
}

// forgets finds the functions behind which expr no longer knows the type of a list's
// items, and we do; and sum, whose argument it does not check.
var forgets = regexp.MustCompile(`(take|sort|reverse|uniq|mean|sum)\(`)

// TestOracle: what is well typed gives what expr gives.
func TestOracle(t *testing.T) {
	e := env(t, nil, nil)
	in := &Input{Facts: facts(t, oracleContext)}
	worth := 0
	rapid.Check(t, func(rt *rapid.T) {
		w := &writer{t: rt}
		src := w.write([]class{boolClass, intClass, floatClass, textClass, arrayClass}[w.pick(5)], 4)
		theirs, err := expr.Compile(src, expr.Env(oracleTypes{}))
		if err != nil || len(src) > 4000 {
			return // the generator's slip, such as a bracket too deep
		}
		x, refused := e.Compile(src, Value, nil)
		if refused != nil {
			rt.Fatalf("%s\nrefused: %s", src, refused.Message.En)
		}
		in.Reset(in.Facts, nil)
		got, failed := x.AppendValue(nil, in)
		want, err := expr.Run(theirs, oracleFacts())
		if err != nil || failed != nil {
			// Arithmetic beyond the numbers is an error here, and wraps there.
			if failed != nil && strings.Contains(failed.Error(), "range of numbers") {
				return
			}
			if (err != nil) != (failed != nil) {
				rt.Fatalf("%s\nours: %q %v\nexpr: %v %v", src, got, failed, want, err)
			}
			return
		}
		if f, ok := want.(float64); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
			return
		}
		worth++
		if string(got) != shown(want) {
			rt.Fatalf("%s\nours: %s\nexpr: %s", src, got, shown(want))
		}
	})
	if worth == 0 {
		t.Error("no expression was compared")
	}
}

// TestOracleTypes: what expr's checker refuses we refuse, and the other way round.
func TestOracleTypes(t *testing.T) {
	e := env(t, nil, nil)
	refusals := 0
	rapid.Check(t, func(rt *rapid.T) {
		w := &writer{t: rt, wrong: 4}
		src := w.write([]class{boolClass, intClass, floatClass, textClass, arrayClass}[w.pick(5)], 3)
		if strings.Contains(src, "?") || len(src) > 4000 {
			return // of two types expr makes "unknown", we a number where both are
		}
		_, theirs := expr.Compile(src, expr.Env(oracleTypes{}), expr.Optimize(false))
		x, ours := e.Compile(src, Value, nil)
		if theirs != nil {
			refusals++
		}
		if theirs == nil && forgets.MatchString(src) {
			return
		}
		if (theirs == nil) != (x != nil) {
			rt.Fatalf("%s\nours: %v\nexpr: %v", src, ours, theirs)
		}
	})
	if refusals == 0 {
		t.Error("the checker never refused anything")
	}
}
