package runtime

import (
	"slices"

	"github.com/zhida-kb/zhida/vars"
)

// words are a Vocabulary's names in the form in which package parser and the
// search for the nearest name want them. It implements parser.Names.
type words struct {
	operations []string
	data       []string
	conditions []string
	scopes     []string
	names      map[string][]string // by scope
	paths      []string            // scope.name of all variables
	zoned      []string            // of those that a zone follows
}

func newWords(v *Vocabulary) words {
	w := words{data: []string{"else"}, names: map[string][]string{}}
	for _, f := range functions {
		if f.Data {
			w.data = append(w.data, f.Name)
		} else {
			w.operations = append(w.operations, f.Name)
		}
	}
	for _, c := range conditionRows {
		w.conditions = append(w.conditions, c.Name)
	}
	w.conditions = append(w.conditions, v.env.Names()...)
	add := func(scope, name string) {
		if !slices.Contains(w.scopes, scope) {
			w.scopes = append(w.scopes, scope)
		}
		w.names[scope] = append(w.names[scope], name)
		w.paths = append(w.paths, scope+"."+name)
	}
	for _, row := range vars.Rows() {
		add(row.Scope, row.Name)
		if row.Zoned {
			w.zoned = append(w.zoned, row.Scope+"."+row.Name)
		}
	}
	for _, c := range v.customs.All() {
		add(c.Scope, c.Name)
	}
	return w
}

// Operations implements parser.Names.
func (v *Vocabulary) Operations() []string { return v.words.operations }

// Data implements parser.Names.
func (v *Vocabulary) Data() []string { return v.words.data }

// Conditions implements parser.Names.
func (v *Vocabulary) Conditions() []string { return v.words.conditions }

// Scopes implements parser.Names.
func (v *Vocabulary) Scopes() []string { return v.words.scopes }

// Variables implements parser.Names.
func (v *Vocabulary) Variables(scope string) []string { return v.words.names[scope] }

// Variable implements parser.Names.
func (v *Vocabulary) Variable(scope, name string) bool {
	_, problem := vars.Resolve(scope, name)
	return problem == vars.OK || v.customs.Has(scope, name)
}
