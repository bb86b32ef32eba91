package server

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/zhida-kb/zhida/vars/scan"
)

// sendJSON makes v the reply, with a status. v follows the tags that shape.go tells of.
// Against encoding/json: a nil list is [] and a nil map {}, so that clients never meet
// null where the document says array; times are UTC with milliseconds; <, > and & stand
// as they are.
func (x *exchange) sendJSON(status int, v any) {
	e := encoder{}
	x.ctx.SetStatusCode(status)
	x.send(e.value(x.reply(), reflect.ValueOf(v)))
}

// sendNothing is the reply of a DELETE: 204.
func (x *exchange) sendNothing() { x.ctx.SetStatusCode(204) }

// appendJSON appends v as sendJSON writes it.
func appendJSON(dst []byte, v any) []byte {
	e := encoder{}
	return e.value(dst, reflect.ValueOf(v))
}

// timeFormat is how replies write a moment.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

type encoder struct{ shapes shapes }

// value appends a value.
func (e *encoder) value(dst []byte, v reflect.Value) []byte {
	if !v.IsValid() {
		return append(dst, "null"...)
	}
	switch own := v.Interface().(type) {
	case time.Time:
		return scan.AppendQuoted(dst, own.UTC().Format(timeFormat))
	case *time.Time:
		if own != nil {
			return e.value(dst, v.Elem())
		}
	case interface{ shown() any }:
		return e.value(dst, reflect.ValueOf(own.shown()))
	case json.RawMessage:
		if len(own) == 0 {
			return append(dst, "null"...)
		}
		return scan.AppendCompact(dst, string(own))
	case encoding.TextMarshaler:
		if v.Kind() != reflect.Pointer || !v.IsNil() {
			text, err := own.MarshalText()
			if err != nil {
				panic("server: a value cannot be written: " + err.Error())
			}
			return scan.AppendQuoted(dst, string(text))
		}
	case json.Marshaler:
		if v.Kind() != reflect.Pointer || !v.IsNil() {
			text, err := own.MarshalJSON()
			if err != nil {
				panic("server: a value cannot be written: " + err.Error())
			}
			return append(dst, text...)
		}
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return append(dst, "null"...)
		}
		return e.value(dst, v.Elem())
	case reflect.Struct:
		return e.object(dst, v)
	case reflect.Slice, reflect.Array:
		return e.list(dst, v)
	case reflect.Map:
		return e.mapping(dst, v)
	default:
		return e.scalar(dst, v)
	}
}

func (e *encoder) scalar(dst []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.String:
		return scan.AppendQuoted(dst, v.String())
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(dst, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(dst, v.Uint(), 10)
	case reflect.Float64, reflect.Float32:
		b, err := json.Marshal(v.Float())
		if err != nil {
			panic("server: a value cannot be written: " + err.Error()) // infinite or not a number
		}
		return append(dst, b...)
	default:
		panic("server: a reply cannot have a member of type " + v.Type().String())
	}
}

func (e *encoder) object(dst []byte, v reflect.Value) []byte {
	dst = append(dst, '{')
	first := true
	for _, m := range e.shapes.of(v.Type()) {
		field := v.FieldByIndex(m.index)
		if m.empty && (field.IsZero() || hasLength(field) && field.Len() == 0) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = scan.AppendQuoted(dst, m.name)
		dst = append(dst, ':')
		dst = e.value(dst, field)
	}
	return append(dst, '}')
}

func hasLength(v reflect.Value) bool { return v.Kind() == reflect.Slice || v.Kind() == reflect.Map }

func (e *encoder) list(dst []byte, v reflect.Value) []byte {
	dst = append(dst, '[')
	for i := range v.Len() {
		dst = e.value(appendComma(dst, i), v.Index(i))
	}
	return append(dst, ']')
}

// mapping appends a map, its members in the order of their names.
func (e *encoder) mapping(dst []byte, v reflect.Value) []byte {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		if a.String() < b.String() {
			return -1
		}
		return 1
	})
	dst = append(dst, '{')
	for i, k := range keys {
		dst = scan.AppendQuoted(appendComma(dst, i), k.String())
		dst = append(dst, ':')
		dst = e.value(dst, v.MapIndex(k))
	}
	return append(dst, '}')
}
