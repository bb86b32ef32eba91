package runtime

import (
	"strings"

	"github.com/zhida-kb/zhida/vars/scan"
)

// document is a reply as ${data.name.key…} reads it: numbers and the order of
// members stay as they were sent.
type document struct {
	nodes []docNode
	items []int32 // the nodes of arrays and objects, in order
	index map[docKey]int32
}

// docNode is a JSON value.
type docNode struct {
	kind     scan.Kind
	text     string // what it renders as
	key      string // its name, in an object
	from, to int32  // its elements or members: items[from:to]
}

// docKey is a member of a big object.
type docKey struct {
	node int32
	name string
}

// indexFrom is how many members an object has before it gets an index.
const indexFrom = 16

// parseDocument reads JSON text; nil when content is none.
func parseDocument(content string) *document {
	var s scan.Scanner
	if !scan.IsCompact(content) {
		s.ResetString(content)
		if s.Skip(); s.End() != nil { // AppendCompact wants checked text
			return nil
		}
		content = string(scan.AppendCompact(nil, content))
	}
	s.ResetString(content)
	d := &document{}
	d.read(&s, content)
	if s.End() != nil {
		return nil
	}
	return d
}

// read appends the value where s stands and returns its index.
func (d *document) read(s *scan.Scanner, src string) int32 {
	i := int32(len(d.nodes))
	k, text := s.Scalar()
	d.nodes = append(d.nodes, docNode{kind: k, text: text})
	if k != scan.Array && k != scan.Object {
		return i
	}
	start := s.Offset()
	if k == scan.Object {
		s.EnterObject()
	} else {
		s.EnterArray()
	}
	var items []int32
	for s.Next() {
		key := s.Key()
		item := d.read(s, src)
		d.nodes[item].key = key
		items = append(items, item)
	}
	n := &d.nodes[i]
	n.from = int32(len(d.items))
	d.items = append(d.items, items...)
	n.to = int32(len(d.items))
	if s.Err() == nil {
		n.text = src[start:s.Offset()]
	}
	if k == scan.Object && len(items) > indexFrom {
		if d.index == nil {
			d.index = map[docKey]int32{}
		}
		for _, item := range items {
			d.index[docKey{i, d.nodes[item].key}] = item
		}
	}
	return i
}

// text returns what the value at a path of keys and array indexes renders as, empty
// where it leads nowhere.
func (d *document) text(path string) string {
	i := int32(0)
	for path != "" {
		var key string
		key, path, _ = strings.Cut(path, ".")
		if i = d.part(i, key); i < 0 {
			return ""
		}
	}
	if d.nodes[i].kind == scan.Null {
		return ""
	}
	return d.nodes[i].text
}

// part returns the element or member of node i, -1 when it has none; of two
// members with one name the last.
func (d *document) part(i int32, key string) int32 {
	n := &d.nodes[i]
	items := d.items[n.from:n.to]
	switch n.kind {
	case scan.Array:
		at := 0
		for j := range len(key) {
			if c := key[j]; c-'0' > 9 || at > len(items) {
				return -1
			}
			at = at*10 + int(key[j]-'0')
		}
		if at < len(items) && (len(key) == 1 || key[0] != '0') {
			return items[at]
		}
	case scan.Object:
		if len(items) > indexFrom {
			if item, ok := d.index[docKey{i, key}]; ok {
				return item
			}
			return -1
		}
		for j := len(items) - 1; j >= 0; j-- {
			if d.nodes[items[j]].key == key {
				return items[j]
			}
		}
	}
	return -1
}
