package server

import (
	"reflect"
	"slices"
	"strings"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/vars/scan"
)

// object reads an object into a struct.
func (d *decoder) object(v reflect.Value, pointer string) {
	if !d.scan.EnterObject() {
		d.notA(pointer, anObject.Zh, anObject.En)
		return
	}
	before := len(d.faults)
	list := d.shapes.of(v.Type())
	seen := make([]bool, len(list))
	for d.scan.Next() {
		key := d.scan.Key()
		i := slices.IndexFunc(list, func(m member) bool { return m.name == key })
		switch {
		case i < 0:
			d.unknown(pointer, key, list)
		case seen[i]:
			d.twice(pointer, key)
		default:
			seen[i] = true
			d.value(v.FieldByIndex(list[i].index), scan.Pointer(pointer, key), list[i].rule)
		}
	}
	if d.scan.Err() != nil {
		return
	}
	for i, m := range list {
		if !seen[i] && !m.optional {
			d.fault(scan.Pointer(pointer, m.name), "必须给出 "+m.name, "must be given")
		}
	}
	if c, ok := v.Addr().Interface().(checker); ok && len(d.faults) == before {
		c.check(func(at, zh, en string) { d.fault(pointer+at, zh, en) })
	}
}

func (d *decoder) unknown(pointer, key string, list []member) {
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = m.name
	}
	zh, en := "没有这个字段", "there is no such member"
	if near, ok := diag.Nearest(key, names); ok {
		zh, en = zh+"，是否想写 "+near+"？", en+"; did you mean "+near+"?"
	}
	d.fault(scan.Pointer(pointer, key), zh, en)
}

func (d *decoder) twice(pointer, key string) {
	d.fault(scan.Pointer(pointer, key), "字段重复", "this name occurs twice")
}

// most is how many elements a list or map may have.
func (r rule) most() int {
	if r.max != nil {
		return *r.max
	}
	return maxElements
}

// list reads an array.
func (d *decoder) list(v reflect.Value, pointer string, r rule) {
	if !d.scan.EnterArray() {
		d.notA(pointer, anArray.Zh, anArray.En)
		return
	}
	out := reflect.MakeSlice(v.Type(), 0, 0)
	each := rule{enum: r.enum, format: r.format}
	n := 0
	for ; d.scan.Next(); n++ {
		if n >= r.most() {
			continue // counted, not kept
		}
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(item, scan.Pointer(pointer, itoa(n)), each)
		out = reflect.Append(out, item)
	}
	d.count(n, pointer, r)
	v.Set(out)
}

// mapping reads an object whose members have names of the caller's own.
func (d *decoder) mapping(v reflect.Value, pointer string, r rule) {
	if !d.scan.EnterObject() {
		d.notA(pointer, anObject.Zh, anObject.En)
		return
	}
	out := reflect.MakeMap(v.Type())
	each := rule{enum: r.enum, format: r.format}
	n := 0
	for ; d.scan.Next(); n++ {
		if n >= r.most() {
			continue
		}
		name := strings.Clone(d.scan.Key())
		key := reflect.ValueOf(name).Convert(v.Type().Key())
		switch at := scan.Pointer(pointer, name); {
		case strings.IndexByte(name, 0) >= 0:
			d.fault(at, "不能含有 U+0000", "must not hold U+0000")
		case out.MapIndex(key).IsValid():
			d.twice(pointer, name)
		default:
			item := reflect.New(v.Type().Elem()).Elem()
			d.value(item, at, each)
			out.SetMapIndex(key, item)
		}
	}
	d.count(n, pointer, r)
	v.Set(out)
}

// count holds a number of elements against its rule.
func (d *decoder) count(n int, pointer string, r rule) {
	if d.scan.Err() != nil {
		return
	}
	most := r.most()
	r.max = &most
	d.judgeSize(float64(n), pointer, r, " 项", " element", " elements")
}

// noNUL looks for U+0000 in the strings of a value that is kept as it is written.
func (d *decoder) noNUL(raw, pointer string) {
	if !strings.Contains(raw, `\u0000`) {
		return
	}
	var s scan.Scanner
	s.ResetString(raw)
	d.walkNUL(&s, pointer)
}

func (d *decoder) walkNUL(s *scan.Scanner, pointer string) {
	bad := func(at string) { d.fault(at, "不能含有 U+0000", "must not hold U+0000") }
	switch s.Kind() {
	case scan.String:
		if v, _ := s.Text(); strings.IndexByte(v, 0) >= 0 {
			bad(pointer)
		}
	case scan.Object:
		s.EnterObject()
		for s.Next() {
			at := scan.Pointer(pointer, s.Key())
			if strings.IndexByte(s.Key(), 0) >= 0 {
				bad(at)
			}
			d.walkNUL(s, at)
		}
	case scan.Array:
		s.EnterArray()
		for i := 0; s.Next(); i++ {
			d.walkNUL(s, scan.Pointer(pointer, itoa(i)))
		}
	default:
	}
}
