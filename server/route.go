package server

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// handler serves one route. It writes the reply, or returns the refusal that is to be
// written instead.
type handler func(s *Server, x *exchange) *Problem

// body says which body a route takes; Config.bodyLimit knows how large it may be.
type body uint8

const (
	noBody      body = iota
	renderBody       // an answer and a context
	checkBody        // an answer
	previewBody      // an answer, replies and contexts
)

// load says what a route costs, and so which gate it passes.
type load uint8

const (
	free  load = iota // never refused: what operators look at
	light             // a render
	heavy             // diagnostics, previews
)

// route is a row of the route table, from which routing, authorisation, the OpenAPI
// document and the tests of all three are made.
type route struct {
	method string
	path   string // a segment in braces is a parameter; {bot} is looked up before the handler runs
	area   Area
	body   body
	load   load
	serve  handler
	doc    operation

	hasBot   bool // set by newTree: the path has {bot}
	counters [600 - firstStatus]atomic.Pointer[prometheus.Counter]
}

// node is one segment of the paths of the route table.
type node struct {
	name     string // empty for a parameter
	children []*node
	param    *node
	routes   []*route // those that end here, one per method
	allow    string   // their methods, for a 405
}

// newTree makes the tree of a route table. It panics when two rows have the same
// method and path, which is a mistake in the table and found by every test.
func newTree(table []*route) *node {
	root := &node{}
	for _, r := range table {
		r.hasBot = strings.Contains(r.path, "{bot}")
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
	return strings.Join(names, ", ")
}

// find walks to the node of a path and notes the values of its parameters, as they
// stand in the path, in params; a path with more of them than params holds is unknown.
// A segment of the table's own always goes before a parameter.
func (n *node) find(path []byte, params *[2][]byte) *node {
	if len(path) == 0 || path[0] != '/' {
		return nil
	}
	path = path[1:]
	for used := 0; ; {
		segment := path
		end := bytes.IndexByte(path, '/')
		if end >= 0 {
			segment = path[:end]
		}
		next := n.child(segment)
		if next == nil {
			if n.param == nil || len(segment) == 0 || used == len(params) {
				return nil
			}
			next = n.param
			params[used] = segment
			used++
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

// route returns the route for a method, nil when there is none. HEAD is GET whose body
// fasthttp leaves out.
func (n *node) route(method []byte) *route {
	if string(method) == "HEAD" {
		method = []byte("GET")
	}
	for _, r := range n.routes {
		if r.method == string(method) {
			return r
		}
	}
	return nil
}

// count counts a reply of the route. Its counters are looked up once for each status,
// for a look-up by label allocates.
func (r *route) count(m *Metrics, status int) {
	i := status - firstStatus
	if i < 0 || i >= len(r.counters) {
		i = 0
	}
	c := r.counters[i].Load()
	if c == nil {
		found := m.requests.WithLabelValues(r.method+" "+r.path, strconv.Itoa(status))
		c = &found
		r.counters[i].Store(c)
	}
	(*c).Inc()
}

// firstStatus is the lowest status that a reply may have; they end below 600.
const firstStatus = 200
