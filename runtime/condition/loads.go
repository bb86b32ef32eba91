package condition

import (
	"github.com/zhida-kb/zhida/vars"
	"github.com/zhida-kb/zhida/vars/scan"
)

// load reads what has no slot: custom variables, myData, data, whole scopes. It is
// read once in an evaluation, however often it is used.
func (m *machine) load(n *node) value {
	at := m.memoFrom + int(n.c)
	if m.memo[at].k != unread {
		return m.memo[at]
	}
	var v value
	switch n.op {
	case opMyData:
		v = m.given(n, m.facts.Value(vars.ChatInfoMyData))
	case opCustom:
		v = m.custom(n, m.x.names[n.a][0], m.x.names[n.a][1])
	case opData:
		v = m.dataOf(n, m.x.names[n.a][1])
	case opDataAll:
		v = m.allData(n)
	case opScope:
		v = m.scope(n, &m.x.env.scopes[n.y])
	default:
	}
	m.memo[at] = v
	return v
}

func (m *machine) custom(n *node, scope, name string) value {
	v, _ := m.facts.Other(scope, name)
	return m.given(n, v)
}

// given makes a value of one that the caller's context gave.
func (m *machine) given(n *node, v vars.Value) value {
	switch v.Kind() {
	case vars.Bool:
		return boolean(v.Text() == "true")
	case vars.Number:
		num, _ := numeral(v.Text())
		return num
	case vars.String:
		return text(v.Text())
	case vars.Array, vars.Object:
		size := len(v.Text())
		m.charge(n, size/8)
		m.grow(n, size*16)
		doc, ok := ParseDocument(v.Text())
		if !ok {
			m.fail(n, msgRunDepth)
		}
		return doc.root
	case vars.Null:
	}
	return value{}
}

// dataOf returns what data has under a name, nil when there is nothing.
func (m *machine) dataOf(n *node, name string) value {
	if m.data == nil {
		return value{}
	}
	v, ok := m.data(name)
	if !ok {
		return value{}
	}
	return m.natural(n, v, 0)
}

// allData returns data as an object of the names that there are before the place.
func (m *machine) allData(n *node) value {
	b := &box{}
	for _, name := range m.x.uses {
		v := m.dataOf(n, name)
		if v.k == kNil {
			continue
		}
		m.grow(n, valueSize+stringHeader)
		b.keys, b.items = append(b.keys, name), append(b.items, v)
	}
	return m.object(n, b)
}

// scope returns a scope as an object of the variables that are not missing.
func (m *machine) scope(n *node, s *scope) value {
	b := &box{}
	add := func(name string, v value) {
		if v.k == kNil {
			return
		}
		m.grow(n, valueSize+stringHeader)
		b.keys, b.items = append(b.keys, name), append(b.items, v)
	}
	for _, slot := range s.system {
		row := slot.Row()
		switch {
		case slot == vars.ChatInfoMyData:
			add(row.Name, m.given(n, m.facts.Value(slot)))
		case row.Numeric:
			if f, ok := m.facts.Number(slot); ok {
				add(row.Name, number(f))
			}
		case row.Zoned:
			ref, _ := vars.Resolve(row.Scope, row.Name)
			add(row.Name, text(string(m.facts.AppendZoned(nil, ref))))
		default:
			if v := m.facts.Value(slot); !v.IsNull() {
				add(row.Name, text(v.Text()))
			}
		}
	}
	for _, name := range s.customs {
		add(name, m.custom(n, s.name, name))
	}
	return m.object(n, b)
}

// natural makes a value of one that Go has: what Input.Data may return.
func (m *machine) natural(n *node, v any, depth int) value {
	if depth > maxDepth {
		m.fail(n, msgRunDepth)
	}
	switch v := v.(type) {
	case *Document:
		if v == nil {
			return value{}
		}
		return v.root
	case bool:
		return boolean(v)
	case int:
		return integer(int64(v))
	case int64:
		return integer(v)
	case float64:
		m.finite(n, v)
		return number(v)
	case string:
		return text(v)
	case []any:
		m.grow(n, len(v)*valueSize)
		items := make([]value, len(v))
		for i := range v {
			items[i] = m.natural(n, v[i], depth+1)
		}
		return m.list(n, items)
	case map[string]any:
		m.grow(n, len(v)*(valueSize+stringHeader))
		b := &box{}
		for _, name := range sortedKeys(v) {
			b.keys, b.items = append(b.keys, name), append(b.items, m.natural(n, v[name], depth+1))
		}
		return m.object(n, b)
	}
	return value{}
}

// named evaluates a named condition, once in an evaluation. Trouble in it makes it
// false and is told when all is done: so a condition and its opposite are never both
// false, and {{#x:…}} and {{#if(x):…}} always agree.
func (m *machine) named(n *node) value {
	known := &m.truths[n.y]
	if *known == unknown {
		*known = isFalse
		if m.holdsNamed(n) {
			m.truths[n.y] = isTrue
		}
	}
	return boolean(m.truths[n.y] == isTrue)
}

func (m *machine) holdsNamed(n *node) (held bool) {
	outer := *m
	x := m.x.env.named[n.y]
	m.charge(n, len(x.nodes))
	m.name = m.x.env.names[n.y]
	m.enter(x)
	defer func() {
		if r := recover(); r != nil {
			m.noted(m.recovered(r))
			held = false
		}
		m.x, m.name = outer.x, outer.name
		m.memo, m.memoFrom = m.memo[:len(outer.memo)], outer.memoFrom
		m.locals, m.localFrom = m.locals[:len(outer.locals)], outer.localFrom
		m.stack, m.frames = m.stack[:len(outer.stack)], m.frames[:len(outer.frames)]
		if m.steps < 0 || m.memory < 0 {
			m.fail(n, msgRunSteps) // the budget is that of the whole evaluation
		}
	}()
	return m.condition(x.root)
}

// noted keeps the first trouble inside of named conditions.
func (m *machine) noted(err *RunError) {
	if m.nested == nil {
		m.nested = err
	}
}

// Document is a JSON value that expressions can read. It is immutable and safe for
// concurrent use.
type Document struct {
	root value
}

// ParseDocument reads JSON text (RFC 8259; no bytes that are not UTF-8, no lone
// surrogates). Members keep their order, of two with one name the last one counts.
// ok is false when the text is no JSON, or nests deeper than an expression may go,
// 100 levels. The document keeps json.
func ParseDocument(json string) (doc *Document, ok bool) {
	if !scan.IsCompact(json) {
		var s scan.Scanner
		s.ResetString(json)
		if s.Skip(); s.End() != nil { // AppendCompact wants checked text
			return nil, false
		}
		json = string(scan.AppendCompact(nil, json))
	}
	var s scan.Scanner
	s.ResetString(json)
	d := reader{s: &s, src: json}
	root := d.read(0)
	if s.End() != nil || d.deep {
		return nil, false
	}
	return &Document{root: root}, true
}

// reader builds a value of compact JSON.
type reader struct {
	s    *scan.Scanner
	src  string
	deep bool
}

func (d *reader) read(depth int) value {
	s := d.s
	switch s.Kind() {
	case scan.String:
		t, _ := s.Text()
		return text(t)
	case scan.Number:
		t, _ := s.Number()
		if num, ok := numeral(t); ok {
			return num
		}
	case scan.Bool:
		b, _ := s.Bool()
		return boolean(b)
	case scan.Array, scan.Object:
		if depth == maxDepth {
			d.deep = true
			break
		}
		return d.parts(depth)
	case scan.Null, scan.Invalid:
	}
	s.Skip()
	return value{}
}

// parts reads a list or an object with the text that it is written in.
func (d *reader) parts(depth int) value {
	s, b := d.s, &box{}
	start := s.Offset()
	k := kArray
	if s.EnterObject() {
		k = kObject
	} else {
		s.EnterArray()
	}
	for s.Next() {
		if k == kObject {
			b.keys = append(b.keys, s.Key())
		}
		b.items = append(b.items, d.read(depth+1))
	}
	if end := s.Offset(); s.Err() == nil {
		b.raw = d.src[start:end]
	}
	return value{k: k, b: b.seal()}
}
