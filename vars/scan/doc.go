// Package scan reads and writes JSON for the hot paths: the render request, the
// facts of one render, and the reply.
//
// # Reading
//
// A [Scanner] is a pull reader over one document that lies in memory. Nothing is
// built: the caller walks to the values it wants, takes those, and what it leaves
// alone is checked and stepped over.
//
//	var s scan.Scanner // reused between documents
//	s.Reset(body)
//	if s.EnterObject() {
//		for s.Next() {
//			switch s.Key() {
//			case "answer":
//				answer, ok = s.Text() // !ok: another value; Next steps over it
//			case "include":
//				if s.EnterArray() {
//					for s.Next() {
//						part, ok := s.Text()
//						…
//					}
//				}
//			}
//		}
//	}
//	if err := s.End(); err != nil { … } // *scan.Error: offset, JSON pointer, reason
//
// Two kinds of trouble are kept apart. A value of another type than the caller
// asked for is the caller's affair: the method says ok == false, reads nothing,
// and the walk goes on, so that every such fault can be told at once. A document
// that is not JSON ends the walk: every method says no from there on, and Err and
// End tell where and why.
//
// A caller that reads the same long string again and again, such as an answer that
// comes with every request, can spare the look into it: NextKey goes to a member
// without reading its value, and Opaque takes a string as it is written, to be
// compared with one that has been checked before.
//
// The grammar is RFC 8259 to the letter, and stricter in three points, each of
// which encoding/json lets pass: bytes that are not UTF-8 are refused, an escaped
// surrogate without its other half (\ud800) is refused, and nesting ends at
// [MaxDepth]. Member names that occur twice are not the scanner's affair, for only
// a caller knows at which level they would matter.
//
// Strings that hold no escape alias the document, others lie in a buffer of the
// scanner: both stay valid until the next Reset and no longer than the document
// itself stays unchanged. A warm scanner allocates nothing.
//
// # Writing
//
// [AppendQuoted] and [AppendEscaped] write a string, [AppendCompact] copies a value
// without its white space, [AppendPointer] builds the RFC 6901 pointer that a fault
// is reported with.
package scan
