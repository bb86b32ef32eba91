package server

import (
	"bytes"
	"slices"
	"strings"
)

// node is one segment of the paths of the route table.
type node struct {
	name     string // empty for a parameter
	children []*node
	param    *node
	rest     *node    // {rest...}: whatever follows
	routes   []*route // those that end here, one per method
	allow    string   // their methods, for a 405
}

// newTree makes the tree of a route table. It panics when two rows have the same
// method and path, which is a mistake in the table and found by every test.
func newTree(table []*route) *node {
	root := &node{}
	for _, r := range table {
		r.finish()
		n := root
		for _, segment := range strings.Split(strings.TrimPrefix(r.path, "/"), "/") {
			n = n.grow(segment)
		}
		for _, other := range n.routes {
			if other.method == r.method {
				panic("server: the route " + r.method + " " + r.path + " stands in the table twice")
			}
		}
		n.routes = append(n.routes, r)
		n.allow = n.methods()
	}
	return root
}

// grow returns the child for a segment of a path, which may be new.
func (n *node) grow(segment string) *node {
	if strings.HasSuffix(segment, "...}") {
		if n.rest == nil {
			n.rest = &node{}
		}
		return n.rest
	}
	if strings.HasPrefix(segment, "{") {
		if n.param == nil {
			n.param = &node{}
		}
		return n.param
	}
	for _, c := range n.children {
		if c.name == segment {
			return c
		}
	}
	c := &node{name: segment}
	n.children = append(n.children, c)
	return c
}

// methods lists what the routes that end here can do. GET means HEAD too.
func (n *node) methods() string {
	var names []string
	for _, r := range n.routes {
		names = append(names, r.method)
		if r.method == "GET" {
			names = append(names, "HEAD")
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// find walks to the node of a path and notes the values of its parameters, as they
// stand in the path, in params. A segment of the table's own always goes before a
// parameter, and both before {rest...}.
func (n *node) find(path []byte, params *[maxParams][]byte) *node {
	if len(path) == 0 || path[0] != '/' {
		return nil
	}
	path = path[1:]
	var rest *node // the last {rest...} on the way
	var restPath []byte
	restUsed := 0
	for used := 0; ; {
		if n.rest != nil && used < len(params) {
			rest, restPath, restUsed = n.rest, path, used
		}
		segment := path
		end := bytes.IndexByte(path, '/')
		if end >= 0 {
			segment = path[:end]
		}
		next := n.child(segment)
		if next == nil && n.param != nil && len(segment) > 0 && used < len(params) {
			next = n.param
			params[used] = segment
			used++
		}
		if next == nil || end < 0 && next.routes == nil {
			if rest != nil {
				clear(params[restUsed:])
				params[restUsed] = restPath
			}
			return rest
		}
		n = next
		if end < 0 {
			return n
		}
		path = path[end+1:]
	}
}

func (n *node) child(segment []byte) *node {
	for _, c := range n.children {
		if c.name == string(segment) {
			return c
		}
	}
	return nil
}

// route returns the route for a method, nil when there is none. HEAD is GET, whose body
// fasthttp leaves out, where it has no row of its own.
func (n *node) route(method []byte) *route {
	for _, r := range n.routes {
		if r.method == string(method) {
			return r
		}
	}
	if string(method) == "HEAD" {
		return n.route([]byte("GET"))
	}
	return nil
}

// forPages reports whether pages of other origins may call what ends here.
func (n *node) forPages() bool {
	return slices.ContainsFunc(n.routes, func(r *route) bool { return r.pages })
}
