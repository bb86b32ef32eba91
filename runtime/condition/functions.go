package condition

import "slices"

// function is a row of the table of functions. A function takes its arguments
// evaluated and checked by its parameters, and charges the machine for what it does.
type function struct {
	name string
	// params has a letter for each parameter (see kinds); a ? behind it makes it
	// optional, a + lets it be repeated.
	params string
	// yields is the class of the result, unless special tells it from the arguments.
	yields  class
	special func(args []operand) static
	run     func(m *machine, n *node, args []value) value
	clock   bool // the result depends on the moment of the render

	zh, en         string // what it does
	example, shows string // an expression, and its text
}

func (f *function) result(args []operand) static {
	if f.special != nil {
		return f.special(args)
	}
	return static{class: f.yields}
}

// paramKind is what an argument may be.
type paramKind struct{ classes []class }

// kinds are the letters of parameters. The first class of each is what a message
// names. At run time an untyped number is taken as its text where a text is wanted,
// and a numeric string as its number where a number is.
var kinds = map[byte]paramKind{
	't': {[]class{textClass}},
	'n': {[]class{intClass, floatClass}},
	'i': {[]class{intClass, floatClass}}, // whole
	'v': {[]class{intClass, floatClass, textClass}},
	'a': {[]class{arrayClass}},
	'N': {[]class{intClass, floatClass, arrayClass}},
	'o': {[]class{objectClass}},
	's': {[]class{textClass, arrayClass, objectClass}},
	'd': {[]class{durationClass}},
	'T': {[]class{timeClass}},
	'z': {[]class{zoneClass}},
	'x': {[]class{anyClass, nilClass, boolClass, intClass, floatClass, textClass, arrayClass, objectClass, timeClass, durationClass, zoneClass}},
}

// Function is a function of expressions as editors meet it.
type Function struct {
	Name            string
	Zh, En          string // what it does
	Example, Result string // an expression, and the text of its value
}

// functions is the table of all functions but those over lists. It never changes.
var functions = slices.Concat(textFunctions, numberFunctions, listFunctions, jsonFunctions, clockFunctions)

// functionIndex finds a row by its name, functionNames are the names that there are.
var functionIndex, functionNames = indexFunctions()

func indexFunctions() (map[string]int, []string) {
	index, names := make(map[string]int, len(functions)), make([]string, 0, len(functions)+len(loops))
	for i, f := range functions {
		index[f.name] = i
		names = append(names, f.name)
	}
	for _, l := range loops {
		names = append(names, l.name)
	}
	return index, names
}

func findFunction(name string) (int, bool) {
	i, ok := functionIndex[name]
	return i, ok
}

// Functions returns the table of functions, the list functions among them, sorted by
// name. The caller may change the slice.
func Functions() []Function {
	var rows []Function
	for _, f := range functions {
		rows = append(rows, Function{f.name, f.zh, f.en, f.example, f.shows})
	}
	for _, l := range loops {
		rows = append(rows, Function{l.name, l.zh, l.en, l.example, l.shows})
	}
	slices.SortFunc(rows, func(a, b Function) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return rows
}
