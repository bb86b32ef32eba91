package server

import "slices"

// Area is what a route belongs to; a key's scope says which areas it opens.
type Area uint8

// The areas. AreaOpen needs no key.
const (
	AreaOpen Area = iota
	AreaRelay
	AreaRender
	AreaConversations
	AreaEdit
	AreaOperate
	AreaAdmin
)

// Scope is what a key may do.
type Scope uint8

// The scopes of api.md. The zero value is none of them.
const (
	ScopeRelay Scope = iota + 1
	ScopeRender
	ScopeEdit
	ScopeOperate
	ScopeAdmin
)

// scopeRow is one scope: its name in settings, the areas it opens, and what it is for.
type scopeRow struct {
	scope Scope
	name  string
	areas []Area
	about string
}

// scopes returns the table of scopes. Scopes are no ladder: operate does not edit, and
// relay opens nothing but the human service's root paths.
func scopes() []scopeRow {
	return []scopeRow{
		{ScopeRelay, "relay", []Area{AreaRelay}, "/v1/human/* only"},
		{ScopeRender, "render", []Area{AreaRender, AreaConversations}, "render, language, conversations, tool, bot events"},
		{ScopeEdit, "edit", []Area{AreaRender, AreaConversations, AreaEdit}, "render and answers, preview, check"},
		{ScopeOperate, "operate", []Area{AreaConversations, AreaOperate}, "conversations, desk, dead letters, status, hours, verify, erase"},
		{ScopeAdmin, "admin", []Area{AreaRelay, AreaRender, AreaConversations, AreaEdit, AreaOperate, AreaAdmin}, "all"},
	}
}

// ParseScope finds a scope by its name.
func ParseScope(name string) (Scope, bool) {
	for _, r := range scopes() {
		if r.name == name {
			return r.scope, true
		}
	}
	return 0, false
}

// String returns the scope's name in settings.
func (s Scope) String() string {
	for _, r := range scopes() {
		if r.scope == s {
			return r.name
		}
	}
	return "none"
}

// areaSet is a set of areas, a bit for each.
type areaSet uint16

func (s areaSet) has(a Area) bool { return s&(1<<a) != 0 }

// areas returns what the scope opens.
func (s Scope) areas() areaSet {
	set := areaSet(1 << AreaOpen)
	for _, r := range scopes() {
		if r.scope == s {
			for _, a := range r.areas {
				set |= 1 << a
			}
		}
	}
	return set
}

// scopesFor names the scopes that open an area, for a refusal that helps.
func scopesFor(a Area) []string {
	var names []string
	for _, r := range scopes() {
		if slices.Contains(r.areas, a) {
			names = append(names, r.name)
		}
	}
	return names
}
