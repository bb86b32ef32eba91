package condition

import "github.com/zhida-kb/zhida/parser/diag"

// class is what is known of a value when the expression is compiled. Every value
// may be nil at run time, whatever its class.
type class uint8

const (
	anyClass class = iota // untyped: data, custom variables, myData, fromJSON …
	nilClass              // the literal nil
	boolClass
	intClass
	floatClass
	textClass
	arrayClass
	objectClass
	timeClass
	durationClass
	zoneClass
)

// static is the type of an expression. The zero static is untyped.
type static struct {
	class class
	elem  *static // arrays: the type of the elements, nil: untyped
	scope int     // objects: 1 + the index of the scope in the Env, 0: no scope
}

func (t static) is(c class) bool { return t.class == c }
func (t static) untyped() bool   { return t.class == anyClass }
func (t static) numeric() bool   { return t.class == intClass || t.class == floatClass }

// may reports whether a value of the type can be of one of the classes.
func (t static) may(cs ...class) bool {
	if t.class == anyClass {
		return true
	}
	for _, c := range cs {
		if t.class == c {
			return true
		}
	}
	return false
}

// element returns the type of the elements of a list.
func (t static) element() static {
	if t.elem == nil {
		return static{}
	}
	return *t.elem
}

// arrayOf returns the type of a list of t.
func arrayOf(t static) static {
	if t.class == anyClass {
		return static{class: arrayClass}
	}
	return static{class: arrayClass, elem: &t}
}

// same reports whether the two types are one.
func (t static) same(u static) bool {
	if t.class != u.class {
		return false
	}
	if t.class != arrayClass {
		return true
	}
	return t.element().class == u.element().class && (t.elem == nil || t.element().same(u.element()))
}

// join returns the type of a value that is of one of the two.
func join(t, u static) static {
	switch {
	case t.class == nilClass:
		return u
	case u.class == nilClass, t.same(u):
		return t
	case t.numeric() && u.numeric():
		return static{class: floatClass}
	case t.class == arrayClass && u.class == arrayClass:
		return static{class: arrayClass}
	}
	return static{}
}

// comparable reports whether == makes sense between the two.
func (t static) comparable(u static) bool {
	return t.untyped() || u.untyped() || t.is(nilClass) || u.is(nilClass) || t.numeric() && u.numeric() ||
		t.class == u.class
}

// className is what editors call a type.
func (t static) name() diag.Text { return classNames[t.class] }

var classNames = [...]diag.Text{
	anyClass:      {Zh: "任意值", En: "a value"},
	nilClass:      {Zh: "空值", En: "a missing value"},
	boolClass:     {Zh: "条件", En: "a condition"},
	intClass:      {Zh: "数字", En: "a number"},
	floatClass:    {Zh: "数字", En: "a number"},
	textClass:     {Zh: "文本", En: "a text"},
	arrayClass:    {Zh: "列表", En: "a list"},
	objectClass:   {Zh: "对象", En: "an object"},
	timeClass:     {Zh: "时间", En: "a time"},
	durationClass: {Zh: "时长", En: "a duration"},
	zoneClass:     {Zh: "时区", En: "a time zone"},
}

// classOf returns the class of a value at run time.
func classOf(k kind) class {
	return [...]class{
		kNil: nilClass, kBool: boolClass, kInt: intClass, kFloat: floatClass, kText: textClass,
		kArray: arrayClass, kObject: objectClass, kTime: timeClass, kDuration: durationClass, kZone: zoneClass,
	}[k]
}

// nameOf is what editors call the type of v.
func nameOf(v value) diag.Text { return classNames[classOf(v.k)] }
