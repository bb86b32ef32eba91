package server

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/zhida-kb/zhida/parser/diag"
)

// schemaOf describes T as JSON Schema: what decode takes. A member is required unless it
// is a pointer, a Maybe or omitempty.
func schemaOf[T any]() schema { return describer{}.of(reflect.TypeFor[T](), rule{}) }

// replyOf describes T as sendJSON writes it: a pointer is always there too, null where it
// points to nothing.
func replyOf[T any]() schema { return describer{reply: true}.of(reflect.TypeFor[T](), rule{}) }

// describer describes types of requests, or of replies.
type describer struct{ reply bool }

// schemaType is a type that describes itself.
type schemaType interface{ describeJSON() schema }

var (
	schemaTypeType = reflect.TypeFor[schemaType]()
	textType       = reflect.TypeFor[encoding.TextMarshaler]()
	textTypeIn     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// shared are types that have a component of their own in the document.
func shared(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[diag.Text]():
		return "Text"
	case reflect.TypeFor[diag.Wire]():
		return "Diagnostic"
	case reflect.TypeFor[diag.Range]():
		return "Range"
	case reflect.TypeFor[diag.Position]():
		return "Position"
	}
	return ""
}

// of describes a type under a rule.
func (d describer) of(t reflect.Type, r rule) schema {
	if name := shared(t); name != "" {
		return ref(name)
	}
	switch {
	case t.Implements(schemaTypeType):
		return reflect.Zero(t).Interface().(schemaType).describeJSON() //nolint:forcetypeassert // asked just before
	case t == timeType:
		return schema{"type": "string", "format": "date-time"}
	case t == rawType || t.Kind() == reflect.Interface:
		return schema{}
	case reflect.PointerTo(t).Implements(slottedType):
		value, _ := t.FieldByName("Value")
		return orNull(d.of(value.Type, r))
	case t.Kind() == reflect.Pointer:
		return orNull(d.of(t.Elem(), r))
	case t.Implements(textType) || reflect.PointerTo(t).Implements(textTypeIn):
		return textSchema(r)
	}
	switch t.Kind() {
	case reflect.String:
		return textSchema(r)
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Float64, reflect.Float32:
		return bounded(schema{"type": "number"}, r, "minimum", "maximum")
	case reflect.Slice:
		s := array(d.of(t.Elem(), rule{enum: r.enum, format: r.format}))
		return bounded(s, r, "minItems", "maxItems")
	case reflect.Map:
		s := schema{"type": "object", "additionalProperties": d.of(t.Elem(), rule{enum: r.enum, format: r.format})}
		return bounded(s, r, "minProperties", "maxProperties")
	case reflect.Struct:
		return d.members(t)
	default:
		return bounded(schema{"type": "integer"}, r, "minimum", "maximum")
	}
}

// members describes a struct.
func (d describer) members(t reflect.Type) schema {
	var list []property
	for _, m := range membersOf(t) {
		field := t.FieldByIndex(m.index)
		s := describe(d.of(field.Type, m.rule), m.doc)
		if m.standard != "" {
			s["default"] = defaultValue(m.standard, field.Type)
		}
		always := d.reply && !m.empty && field.Type.Kind() == reflect.Pointer
		list = append(list, property{m.name, m.optional && !always, s})
	}
	s := object(list...)
	if name := t.Name(); name != "" && !strings.Contains(name, "[") {
		s[titleKeyword] = strings.ToUpper(name[:1]) + name[1:]
	}
	return s
}

// titleKeyword holds the name of a struct, until hoist makes a component of it.
const titleKeyword = "title"

// hoist makes components of the structs that have a name, so that a generated client has a
// type for each, and puts references in their places. It returns what stands in the place
// of v.
func hoist(v any, into map[string]schema) any {
	switch s := v.(type) {
	case schema:
		for k, inner := range s {
			s[k] = hoist(inner, into)
		}
		name, ok := s[titleKeyword].(string)
		if !ok {
			return s
		}
		place := ref(name)
		if about, ok := s["description"]; ok { // of the member, not of the type
			place["description"] = about
			delete(s, "description")
		}
		delete(s, titleKeyword)
		if before, ok := into[name]; ok && !reflect.DeepEqual(before, s) {
			panic("server: two structs of requests or replies are called " + name)
		}
		into[name] = s
		return place
	case []schema:
		for i := range s {
			if inner, ok := hoist(s[i], into).(schema); ok {
				s[i] = inner
			}
		}
	}
	return v
}

// defaultValue reads the tag default: of a string as it stands, of all else as JSON.
func defaultValue(tag string, t reflect.Type) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.String {
		return tag
	}
	if n, err := strconv.ParseFloat(tag, 64); err == nil {
		return n
	}
	return json.RawMessage(tag)
}

// textSchema describes a string.
func textSchema(r rule) schema {
	s := schema{"type": "string"}
	switch {
	case r.enum != nil:
		s = choice(r.enum...)
	case r.format == "id":
		return idSchema("")
	case r.format != "":
		s["format"] = r.format
	}
	return bounded(s, r, "minLength", "maxLength")
}

// bounded adds min and max under the keywords of the type.
func bounded(s schema, r rule, least, most string) schema {
	if r.min != nil {
		s[least] = *r.min
	}
	if r.max != nil {
		s[most] = *r.max
	}
	return s
}

// orNull lets a value be null too.
func orNull(s schema) schema {
	if kind, ok := s["type"].(string); ok && s[titleKeyword] == nil {
		s["type"] = []string{kind, "null"}
		if values, ok := s["enum"].([]string); ok {
			more := make([]any, 0, len(values)+1)
			for _, v := range values {
				more = append(more, v)
			}
			s["enum"] = append(more, nil)
		}
		return s
	}
	if len(s) == 0 {
		return s // anything, null too
	}
	return schema{"anyOf": []schema{s, {"type": "null"}}}
}
