package server

import (
	"encoding"
	"errors"
	"math"
	"net/mail"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/vars/scan"
)

// decode reads the whole body into v, a pointer to a struct (shape.go says how its tags
// are read). It tells everything that is wrong at once, at its pointer: unknown, doubled
// and missing members, values of a wrong type or over a bound, U+0000 in any string.
// What v then holds is a copy: nothing of it aliases the body.
func (x *exchange) decode(v any) *Problem {
	if len(x.body) == 0 && x.route.optionalBody {
		return nil
	}
	if p := x.emptyBody(); p != nil {
		return p
	}
	d := decoder{faults: x.faults}
	d.scan.Reset(x.body)
	d.value(reflect.ValueOf(v).Elem(), "", rule{})
	x.faults = d.faults
	if d.scan.End() != nil {
		x.scan.Reset(x.body) // brokenJSON reads it again, for the place
		if x.scan.End() != nil {
			return x.brokenJSON()
		}
	}
	if len(x.faults) > 0 {
		return badInput(x.faults...)
	}
	return nil
}

// emptyBody is the refusal of a body that is not there at all.
func (x *exchange) emptyBody() *Problem {
	if len(x.body) > 0 {
		return nil
	}
	return badInput(InputFault{"", text("请求需要 JSON 内容", "the request needs a JSON body")})
}

// decodeJSON is decode for a document that is no request's body, such as a line of an
// import. The faults are all there are.
func decodeJSON(doc []byte, v any) []InputFault {
	d := decoder{}
	d.scan.Reset(doc)
	d.value(reflect.ValueOf(v).Elem(), "", rule{})
	var syntax *scan.Error
	if errors.As(d.scan.End(), &syntax) {
		first := InputFault{cut(pointerAt(doc, syntax.Offset), maxPointer), text(syntax.Zh(), syntax.Error())}
		return append([]InputFault{first}, d.faults...)
	}
	return d.faults
}

// checker is a struct that knows more of itself than its tags say. check is called when
// the struct has been read without a fault; its pointers begin at the struct: "/from".
type checker interface {
	check(report func(pointer, zh, en string))
}

// decoder reads one document.
type decoder struct {
	scan   scan.Scanner
	faults []InputFault
	shapes shapes
}

func (d *decoder) fault(pointer, zh, en string) {
	if len(d.faults) < maxInputFaults {
		d.faults = append(d.faults, InputFault{cut(pointer, maxPointer), text(zh, en)})
	}
}

// notA notes a value of a wrong type, unless the document itself is broken there.
func (d *decoder) notA(pointer, zh, en string) {
	if d.scan.Err() == nil {
		d.fault(pointer, zh, en)
	}
}

// value reads the value at which the scanner stands into v.
func (d *decoder) value(v reflect.Value, pointer string, r rule) {
	switch t := v.Type(); {
	case t == rawType:
		d.raw(v, pointer)
		return
	case t == timeType:
		d.time(v, pointer)
		return
	case reflect.PointerTo(t).Implements(slottedType):
		given, null, inner := v.Addr().Interface().(slotted).slot() //nolint:forcetypeassert // asked just before
		*given, *null = true, d.scan.IsNull()
		if !*null {
			d.value(inner, pointer, r)
		}
		return
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok && v.Kind() != reflect.Pointer {
		d.unmarshal(u, pointer)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !d.scan.IsNull() {
			v.Set(reflect.New(v.Type().Elem()))
			d.value(v.Elem(), pointer, r)
		}
	case reflect.Struct:
		d.object(v, pointer)
	case reflect.Slice:
		d.list(v, pointer, r)
	case reflect.Map:
		d.mapping(v, pointer, r)
	case reflect.Interface:
		if raw, ok := d.scan.Raw(); ok {
			if built, err := scan.Decode(raw); err == nil && built != nil {
				v.Set(reflect.ValueOf(built))
			}
			d.noNUL(raw, pointer)
		}
	default:
		d.scalar(v, pointer, r)
	}
}

// scalar reads a string, a boolean or a number.
func (d *decoder) scalar(v reflect.Value, pointer string, r rule) {
	switch k := v.Kind(); k {
	case reflect.String:
		if s, ok := d.text(pointer); ok {
			v.SetString(s)
			d.judgeText(s, pointer, r)
		}
	case reflect.Bool:
		b, ok := d.scan.Bool()
		if !ok {
			d.notA(pointer, "必须是 true 或 false", "must be true or false")
		}
		v.SetBool(b)
	case reflect.Float64:
		number, ok := d.scan.Number()
		f, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil {
			d.notA(pointer, "必须是数字", "must be a number")
			return
		}
		v.SetFloat(f)
		d.judgeSize(f, pointer, r, "", "", "")
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Int16, reflect.Int8:
		n, ok := d.integer()
		if !ok || v.OverflowInt(n) {
			d.notA(pointer, "必须是整数", "must be a whole number")
			return
		}
		v.SetInt(n)
		d.judgeSize(float64(n), pointer, r, "", "", "")
	default:
		panic("server: a request cannot have a member of type " + v.Type().String())
	}
}

// integer reads a whole number; 1.0 and 1e3 are whole too.
func (d *decoder) integer() (int64, bool) {
	number, ok := d.scan.Number()
	if !ok {
		return 0, false
	}
	if n, err := strconv.ParseInt(number, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// text reads a string and copies it.
func (d *decoder) text(pointer string) (string, bool) {
	s, ok := d.scan.Text()
	if !ok {
		d.notA(pointer, aString.Zh, aString.En)
		return "", false
	}
	if strings.IndexByte(s, 0) >= 0 {
		d.fault(pointer, "不能含有 U+0000", "must not hold U+0000")
		return "", false
	}
	return strings.Clone(s), true
}

// judgeText holds a string against its rule.
func (d *decoder) judgeText(s, pointer string, r rule) {
	if r.enum != nil && !slices.Contains(r.enum, s) {
		zh, en := "只能是 "+strings.Join(r.enum, "、"), "must be "+anyOf(r.enum)
		if near, ok := diag.Nearest(s, r.enum); ok {
			zh, en = zh+"，是否想写 "+near+"？", en+"; did you mean "+near+"?"
		}
		d.fault(pointer, zh, en)
		return
	}
	switch {
	case r.format == "id" && !ValidID(s):
		d.fault(pointer, idRuleZh, idRuleEn)
	case r.format == "date" && !wellFormed(s, "date"):
		d.fault(pointer, "必须是日期，如 2024-12-12", "must be a date such as 2024-12-12")
	case r.format == "email" && !wellFormed(s, "email"):
		d.fault(pointer, "必须是邮箱地址", "must be an email address")
	case r.format == "uri" && !wellFormed(s, "uri"):
		d.fault(pointer, "必须是完整的 URL", "must be a whole URL")
	}
	d.judgeSize(float64(utf8.RuneCountInString(s)), pointer, r, " 个字符", " character", " characters")
}

// wellFormed reports whether s has a form that a tag may ask for.
func wellFormed(s, format string) bool {
	switch format {
	case "date":
		_, err := time.Parse(time.DateOnly, s)
		return err == nil
	case "email":
		a, err := mail.ParseAddress(s)
		return err == nil && a.Address == s
	default:
		u, err := url.Parse(s)
		return err == nil && u.IsAbs() && u.Host != ""
	}
}

// judgeSize holds a size or a number against min and max.
func (d *decoder) judgeSize(n float64, pointer string, r rule, unitZh, one, many string) {
	if r.min != nil && n < float64(*r.min) {
		at := itoa(*r.min)
		unit := many
		if *r.min == 1 {
			unit = one
		}
		d.fault(pointer, "至少为 "+at+unitZh, "must be at least "+at+unit)
	}
	if r.max != nil && n > float64(*r.max) {
		at := itoa(*r.max)
		d.fault(pointer, "不能超过 "+at+unitZh, "must be at most "+at+many)
	}
}

// time reads a moment.
func (d *decoder) time(v reflect.Value, pointer string) {
	s, ok := d.text(pointer)
	if !ok {
		return
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		d.fault(pointer, "必须是 RFC 3339 时间，如 2024-12-12T09:00:00+08:00",
			"must be an RFC 3339 time such as 2024-12-12T09:00:00+08:00")
		return
	}
	v.Set(reflect.ValueOf(t))
}

// unmarshal lets a type read its own text.
func (d *decoder) unmarshal(u encoding.TextUnmarshaler, pointer string) {
	s, ok := d.text(pointer)
	if !ok {
		return
	}
	if err := u.UnmarshalText([]byte(s)); err != nil {
		zh := "不是合法的值"
		var told domainError
		if errors.As(err, &told) {
			zh = told.Zh()
		}
		d.fault(pointer, zh, err.Error())
	}
}

// raw keeps a value as it is written.
func (d *decoder) raw(v reflect.Value, pointer string) {
	raw, ok := d.scan.Raw()
	if !ok {
		return
	}
	d.noNUL(raw, pointer)
	v.SetBytes([]byte(raw))
}
