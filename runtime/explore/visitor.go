package explore

import (
	"strconv"
	"strings"
	"time"

	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/vars/scan"
)

// Visitor is who an answer is rendered for, in the form in which a preview takes it.
type Visitor struct {
	Context string // JSON
	Now     time.Time
	Replies []Reply // of the calls that were made, in source order
}

// Reply is what a URL replies.
type Reply struct {
	URL  string // without the signature
	JSON string // as in a preview's data.replies
}

// tree is a JSON value that is put together of values at paths.
type tree struct {
	key      condition.Key
	raw      string // JSON; counts where there are no children
	children []*tree
}

// maxIndex is the largest index for which a list is made.
const maxIndex = 63

// put sets the value at path. The first one at a path counts.
func (t *tree) put(path []condition.Key, raw string) {
	if len(path) == 0 {
		if t.raw == "" {
			t.raw = raw
		}
		return
	}
	k := path[0]
	if k.IsIndex && (k.Index < 0 || k.Index > maxIndex) {
		return
	}
	for _, c := range t.children {
		if c.key == k {
			c.put(path[1:], raw)
			return
		}
	}
	c := &tree{key: k}
	t.children = append(t.children, c)
	c.put(path[1:], raw)
}

// has reports whether something was put.
func (t *tree) has() bool { return t.raw != "" || len(t.children) > 0 }

// append appends the tree as JSON.
func (t *tree) append(dst []byte) []byte {
	switch {
	case len(t.children) == 0 && t.raw == "":
		return append(dst, "null"...)
	case len(t.children) == 0:
		return append(dst, t.raw...)
	case t.children[0].key.IsIndex:
		return t.appendList(dst)
	}
	dst = append(dst, '{')
	first := true
	for _, c := range t.children {
		if c.key.IsIndex {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(scan.AppendQuoted(dst, c.key.Name), ':')
		dst = c.append(dst)
	}
	return append(dst, '}')
}

func (t *tree) appendList(dst []byte) []byte {
	var items []*tree
	for _, c := range t.children {
		for c.key.IsIndex && len(items) <= c.key.Index {
			items = append(items, &tree{})
		}
		if c.key.IsIndex {
			items[c.key.Index] = c
		}
	}
	dst = append(dst, '[')
	for i, c := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = c.append(dst)
	}
	return append(dst, ']')
}

// quoted returns s as JSON.
func quoted(s string) string { return string(scan.AppendQuoted(nil, s)) }

// dotted reads a dotted path.
func dotted(keys string) []condition.Key {
	if keys == "" {
		return nil
	}
	var path []condition.Key
	for _, k := range strings.Split(keys, ".") {
		if n, err := strconv.Atoi(k); err == nil && n >= 0 {
			path = append(path, condition.Key{Index: n, IsIndex: true})
			continue
		}
		path = append(path, condition.Key{Name: k})
	}
	return path
}
