package server

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars/scan"
)

// Reading the bodies of all routes but the hot one: the same strictness, with closures
// in the place of speed. Each method reads the value that the scanner has come to, and
// notes a fault at pointer when it is not what it should be.

// members reads an object whose members are the known ones, each at most once. The
// callback need not read a member's value.
func (x *exchange) members(pointer string, known []string, read func(key string)) {
	if !x.scan.EnterObject() {
		x.notA(pointer, anObject)
		return
	}
	var seen uint32
	for x.scan.Next() {
		key := x.scan.Key()
		i := slices.Index(known, key)
		switch {
		case i < 0:
			x.unknown(pointer, key, known)
		case seen>>i&1 != 0:
			x.twice(pointer, key)
		default:
			seen |= 1 << i
			read(known[i])
		}
	}
}

// readMembers reads the whole body, which is an object of the known members.
func (x *exchange) readMembers(known []string, read func(key string)) *Problem {
	x.scan.Reset(x.body)
	x.members("", known, read)
	if x.scan.End() != nil {
		return x.brokenJSON()
	}
	return nil
}

// elements reads an array of at most limit elements.
func (x *exchange) elements(pointer string, limit int, read func(i int, pointer string)) {
	if !x.scan.EnterArray() {
		x.notA(pointer, anArray)
		return
	}
	for i := 0; x.scan.Next(); i++ {
		if i == limit {
			n := itoa(limit)
			x.fault(pointer, "最多 "+n+" 项", "must have at most "+n+" elements")
		}
		if i < limit {
			read(i, scan.Pointer(pointer, itoa(i)))
		}
	}
}

// readText reads a string.
func (x *exchange) readText(pointer string, into *string) bool {
	v, ok := x.scan.Text()
	if !ok {
		x.notA(pointer, aString)
		return false
	}
	*into = v
	return true
}

// readFormat reads the name of a format.
func (x *exchange) readFormat(pointer string, into *runtime.Format) {
	var name string
	if x.readText(pointer, &name) {
		x.parseFormat(name, into)
	}
}

// readTime reads an RFC 3339 time.
func (x *exchange) readTime(pointer string, into *time.Time) {
	var v string
	if !x.readText(pointer, &v) {
		return
	}
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		x.fault(pointer, "必须是 RFC 3339 时间，如 2024-12-12T09:00:00+08:00",
			"must be an RFC 3339 time such as 2024-12-12T09:00:00+08:00")
		return
	}
	*into = t
}

// readID reads an id.
func (x *exchange) readID(pointer string, into *string) {
	if x.readText(pointer, into) && !ValidID(*into) {
		x.fault(pointer, idRuleZh, idRuleEn)
	}
}

// appendDiagnostics appends what there is to say of an answer as a JSON array.
func appendDiagnostics(dst []byte, ix *diag.Index, found []diag.Diagnostic) []byte {
	b, err := json.Marshal(diag.ToWire(ix, found))
	if err != nil {
		panic("server: diagnostics cannot be written: " + err.Error()) // they are plain texts and numbers
	}
	return append(dst, b...)
}

// appendRange appends a span of an answer as an editor's range.
func appendRange(dst []byte, ix *diag.Index, span diag.Span) []byte {
	r := ix.Range(span)
	dst = append(dst, `{"start":`...)
	dst = appendPosition(dst, r.Start)
	dst = append(dst, `,"end":`...)
	dst = appendPosition(dst, r.End)
	return append(dst, '}')
}

func appendPosition(dst []byte, p diag.Position) []byte {
	dst = append(dst, `{"offset":`...)
	dst = appendInt(dst, int64(p.Offset))
	dst = append(dst, `,"line":`...)
	dst = appendInt(dst, int64(p.Line))
	dst = append(dst, `,"character":`...)
	dst = appendInt(dst, int64(p.Character))
	return append(dst, '}')
}
