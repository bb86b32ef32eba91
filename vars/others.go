package vars

// few is how many entries are searched one by one before a map takes over: the work
// stays linear whatever a context holds.
const few = 12

// noParent is the parent of a scope's entry.
const noParent = -1

// entry is a scope, or a variable in one, that the table does not know. They lie in
// one list, in the order of the context; a scope stands before its variables.
type entry struct {
	name   string
	parent int32 // index of the scope's entry; noParent for a scope
	value  Value // of a variable
	memo   any   // the Go value of an array or object, once somebody asked
}

type entryKey struct {
	name   string
	parent int32
}

// Other looks up a variable that the table does not know: a bot's own one, or an
// undeclared one. ok is false when the context does not name it at all; one that it
// names as null is a null Value. systemInfo has none, the context's is not read.
func (f *Facts) Other(scope, name string) (v Value, ok bool) {
	i := f.find(noParent, scope)
	if i == noParent {
		return Value{}, false
	}
	if i = f.find(i, name); i == noParent {
		return Value{}, false
	}
	e := &f.others[i]
	v = e.value
	v.memo = &e.memo
	return v, true
}

// find returns the index of an entry, noParent when there is none.
func (f *Facts) find(parent int32, name string) int32 {
	if len(f.others) > few {
		if i, ok := f.index[entryKey{name, parent}]; ok {
			return i
		}
		return noParent
	}
	for i := range f.others {
		if e := &f.others[i]; e.parent == parent && e.name == name {
			return int32(i)
		}
	}
	return noParent
}

// add appends an entry and returns its index; ok is false, and the index that of
// the other one, when there is one of that name.
func (f *Facts) add(parent int32, name string) (i int32, ok bool) {
	if i = f.find(parent, name); i != noParent {
		return i, false
	}
	i = int32(len(f.others))
	f.others = append(f.others, entry{name: name, parent: parent})
	if len(f.others) <= few {
		return i, true
	}
	if len(f.others) == few+1 {
		f.fillIndex()
	}
	f.index[entryKey{name, parent}] = i
	return i, true
}

// fillIndex makes the map of all entries there are.
func (f *Facts) fillIndex() {
	if f.index == nil {
		f.index = make(map[entryKey]int32, 4*few)
	}
	for i := range f.others {
		e := &f.others[i]
		f.index[entryKey{e.name, e.parent}] = int32(i)
	}
}

// resetOthers forgets all entries and lets go of what a huge context needed.
func (f *Facts) resetOthers() {
	if len(f.others) > few {
		clear(f.index)
	}
	clear(f.others)
	f.others = f.others[:0]
	if cap(f.others) > keepEntries {
		f.others, f.index = nil, nil
	}
}
