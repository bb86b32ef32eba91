package server

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// A route's request and reply are Go structs. Their fields' tags say all there is to
// say of a member, and three readers follow them: decode, encode and schemaOf.
//
//	json:"name"           the member; ",omitempty" makes it optional, as a pointer or Maybe does
//	doc:"…"               what it means, for the OpenAPI document
//	enum:"a,b"            the values that a string may have
//	format:"id"           a form: id (A-Za-z0-9._-, 1 to 64), date, email, uri
//	min:"1" max:"200"     of a string: characters; of a list or map: elements; of a number: its value
//	default:"…"           what it is when left out, for the OpenAPI document alone
//
// A list or map without max has at most maxElements. Embedded structs count as if their
// fields stood in the outer one.

// maxElements is how many elements a list or map may have that says nothing of it.
const maxElements = 1000

// member is a field of a struct as a member of a JSON object.
type member struct {
	name     string
	index    []int // for reflect.Value.FieldByIndex
	optional bool
	empty    bool // left out of replies when empty
	rule     rule
	doc      string
	standard string // the default, as JSON or as a text
}

// rule is what a type cannot say of a value.
type rule struct {
	enum     []string
	format   string
	min, max *int
}

// Maybe is a member that tells apart whether it was absent, null or a value.
type Maybe[T any] struct {
	Given bool // it was there
	Null  bool // as null
	Value T    // otherwise
}

// slot gives the decoder access to a Maybe of any type.
func (m *Maybe[T]) slot() (given, null *bool, value reflect.Value) {
	return &m.Given, &m.Null, reflect.ValueOf(&m.Value).Elem()
}

// shown is what a reply shows of a Maybe: its value, or nil.
func (m Maybe[T]) shown() any {
	if !m.Given || m.Null {
		return nil
	}
	return m.Value
}

type slotted interface {
	slot() (given, null *bool, value reflect.Value)
}

var (
	timeType    = reflect.TypeFor[time.Time]()
	rawType     = reflect.TypeFor[json.RawMessage]()
	slottedType = reflect.TypeFor[slotted]()
)

// membersOf lists the members of a struct type in the order of its fields. A mistake in
// the tags is a panic, which every test of the route finds.
func membersOf(t reflect.Type) []member {
	var list []member
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("json")
		if f.Anonymous && !tagged {
			for _, inner := range membersOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				list = append(list, inner)
			}
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if !f.IsExported() || name == "-" || !tagged {
			continue
		}
		m := member{name: name, index: []int{i}, doc: f.Tag.Get("doc"), standard: f.Tag.Get("default")}
		m.empty = options == "omitempty" || options == "omitzero"
		m.optional = m.empty || f.Type.Kind() == reflect.Pointer || reflect.PointerTo(f.Type).Implements(slottedType)
		m.rule = rule{format: f.Tag.Get("format"), min: bound(f, "min"), max: bound(f, "max")}
		if values := f.Tag.Get("enum"); values != "" {
			m.rule.enum = strings.Split(values, ",")
		}
		list = append(list, m)
	}
	return list
}

// bound reads min or max.
func bound(f reflect.StructField, tag string) *int {
	text, ok := f.Tag.Lookup(tag)
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic("server: the tag " + tag + " of " + f.Name + " is no number")
	}
	return &n
}

// shapes remembers the members of struct types for the time of one body or reply.
type shapes map[reflect.Type][]member

func (s *shapes) of(t reflect.Type) []member {
	if list, ok := (*s)[t]; ok {
		return list
	}
	if *s == nil {
		*s = shapes{}
	}
	list := membersOf(t)
	(*s)[t] = list
	return list
}
