package condition

import "github.com/zhida-kb/zhida/vars/scan"

// jsonFunctions turn values into JSON and back.
var jsonFunctions = []function{
	{name: "toJSON", params: "x", yields: textClass, run: runToJSON,
		zh: "任意值的 JSON 文本，分行缩进", en: "any value as JSON, indented", example: `toJSON(["a"])`, shows: "[\n  \"a\"\n]"},
	{name: "fromJSON", params: "t", yields: anyClass, run: runFromJSON,
		zh: "解析 JSON 文本", en: "the value that a JSON text says", example: `fromJSON("{\"a\": 1}").a`, shows: "1"},
}

func runToJSON(m *machine, n *node, args []value) value {
	m.weigh(n, args[0])
	return text(string(m.indented(n, nil, args[0], 1)))
}

// indented appends a value as expr's toJSON does, but with members in their order
// and without escapes for HTML.
func (m *machine) indented(n *node, dst []byte, v value, level int) []byte {
	if v.k != kArray && v.k != kObject || len(v.b.items) == 0 {
		return appendJSON(dst, v)
	}
	open, shut := byte('['), byte(']')
	if v.k == kObject {
		open, shut = '{', '}'
	}
	dst = append(dst, open)
	for i, item := range v.b.items {
		m.grow(n, 2*level+16)
		m.charge(n, 1)
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = newLine(dst, level)
		if v.k == kObject {
			m.grow(n, len(v.b.keys[i]))
			dst = append(scan.AppendQuoted(dst, v.b.keys[i]), ": "...)
		}
		dst = m.indented(n, dst, item, level+1)
	}
	return append(newLine(dst, level-1), shut)
}

func newLine(dst []byte, level int) []byte {
	dst = append(dst, '\n')
	for range level {
		dst = append(dst, "  "...)
	}
	return dst
}

func runFromJSON(m *machine, n *node, args []value) value {
	size := len(args[0].s)
	m.charge(n, 1+size/8)
	m.grow(n, size*20)
	doc, ok := ParseDocument(args[0].s)
	if !ok {
		m.fail(n, msgRunJSON)
	}
	return doc.root
}
