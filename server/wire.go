package server

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/vars"
	"github.com/zhida-kb/zhida/vars/scan"
)

var (
	contentTypeJSON = []byte("application/json")
	contentTypeHTML = []byte("text/html; charset=utf-8")
)

// pathOf is the path that was asked for, as it is written. fasthttp would take the whole
// address apart, which takes longer than finding the key.
func pathOf(ctx *fasthttp.RequestCtx) []byte {
	target := ctx.Request.Header.RequestURI()
	if len(target) < 2 || target[0] != '/' || target[1] == '/' {
		return ctx.Request.URI().PathOriginal()
	}
	if at := bytes.IndexAny(target, "?#"); at >= 0 {
		target = target[:at]
	}
	return target
}

// hasQuery reports whether anything stands behind a question mark.
func (x *exchange) hasQuery() bool {
	return bytes.IndexByte(x.ctx.Request.Header.RequestURI(), '?') >= 0 && len(x.ctx.URI().QueryString()) > 0
}

// checkMedia refuses bodies that say that they are no JSON. No type at all is taken, and so is the one that curl and many HTTP
// libraries put on any body when they are told nothing: what it holds decides.
func (x *exchange) checkMedia() *Problem {
	media := x.ctx.Request.Header.ContentType()
	if bytes.Equal(media, contentTypeJSON) || len(media) == 0 {
		return nil
	}
	if at := bytes.IndexByte(media, ';'); at >= 0 {
		media = media[:at]
	}
	media = bytes.TrimSpace(media)
	if bytes.EqualFold(media, contentTypeJSON) || bytes.EqualFold(media, []byte("application/x-www-form-urlencoded")) {
		return nil
	}
	return &Problem{Code: UnsupportedMedia, Detail: text("请求内容必须是 JSON(Content-Type: application/json)。",
		"The body must be JSON (Content-Type: application/json).")}
}

// What a value should have been.
var (
	aString  = text("必须是字符串", "must be a string")
	anArray  = text("必须是数组", "must be an array")
	anObject = text("必须是对象", "must be an object")
)

// How much is told about one request: what is wrong with it comes from its sender, who
// could otherwise have a large reply made of a small request.
const (
	maxInputFaults = 32
	maxPointer     = 256
)

// fault notes that something in the body is wrong.
func (x *exchange) fault(pointer, zh, en string) {
	if len(x.faults) < maxInputFaults {
		x.faults = append(x.faults, InputFault{cut(pointer, maxPointer), text(zh, en)})
	}
}

// notA notes that a value is of another type than it should be, unless the document
// itself is broken there: brokenJSON will tell that.
func (x *exchange) notA(pointer string, want diag.Text) {
	if x.scan.Err() == nil {
		x.fault(pointer, want.Zh, want.En)
	}
}

// unknown notes a member that the object at pointer does not have.
func (x *exchange) unknown(pointer, key string, known []string) {
	zh, en := "没有这个字段", "there is no such member"
	if near, ok := diag.Nearest(key, known); ok {
		zh, en = zh+"，是否想写 "+near+"？", en+"; did you mean "+near+"?"
	}
	x.fault(scan.Pointer(pointer, key), zh, en)
}

// twice notes a member that occurs twice.
func (x *exchange) twice(pointer, key string) {
	x.fault(scan.Pointer(pointer, key), "字段重复", "this name occurs twice")
}

// contextFaults notes what is wrong with a context.
func (x *exchange) contextFaults(err error) {
	var faults *vars.DecodeError
	if x.scan.Err() != nil || !errors.As(err, &faults) {
		return // brokenJSON tells
	}
	for _, f := range faults.Faults {
		x.fault(f.Pointer, f.Zh, f.Detail)
	}
}

// compressed is the refusal of a body that is compressed. It is asked for only where a
// body turned out to be no JSON: a look at one more header costs every request.
func (x *exchange) compressed() *Problem {
	coding := x.ctx.Request.Header.Peek(fasthttp.HeaderContentEncoding)
	if len(coding) == 0 || bytes.EqualFold(coding, []byte("identity")) {
		return nil
	}
	return &Problem{Code: UnsupportedMedia, Detail: text("不支持压缩的请求内容。", "Compressed bodies are not supported.")}
}

// notAnObject is the refusal of a body that is no JSON object.
func (x *exchange) notAnObject() *Problem {
	if p := x.compressed(); p != nil {
		return p
	}
	if x.scan.End() != nil {
		return x.brokenJSON()
	}
	return badInput(InputFault{"", anObject})
}

// brokenJSON is the refusal of a body that is not JSON, or not as strict as it is taken
// here. What else was found before is told too, behind it.
func (x *exchange) brokenJSON() *Problem {
	if p := x.compressed(); p != nil {
		return p
	}
	var syntax *scan.Error
	if !errors.As(x.scan.Err(), &syntax) {
		return badInput(x.faults...)
	}
	first := InputFault{cut(pointerAt(x.body, syntax.Offset), maxPointer), text(syntax.Zh(), syntax.Error())}
	p := badInput(append([]InputFault{first}, x.faults...)...)
	p.Detail = first.Text
	return p
}

// pointerAt returns the JSON pointer of the value in which the byte at offset lies.
// doc may be broken at and behind that byte.
func pointerAt(doc []byte, offset int) string {
	type level struct {
		object bool
		named  bool // an object's member has begun
		name   string
		index  int
	}
	var path []level
	for i := 0; i < min(offset, len(doc)); {
		c := doc[i]
		switch c {
		case '{', '[':
			path = append(path, level{object: c == '{'})
		case '}', ']':
			path = path[:max(len(path)-1, 0)]
		case ',':
			if len(path) > 0 {
				path[len(path)-1].named = false
				path[len(path)-1].index++
			}
		case '"':
			end := stringEnd(doc, i)
			if last := len(path) - 1; end <= offset && last >= 0 && path[last].object && !path[last].named {
				var s scan.Scanner
				s.Reset(doc[i:end])
				path[last].name, path[last].named = "", true
				if name, ok := s.Text(); ok {
					path[last].name = string([]byte(name))
				}
			}
			i = end
			continue
		}
		i++
	}
	var pointer []byte
	for _, l := range path {
		switch {
		case !l.object:
			pointer = scan.AppendPointer(pointer, itoa(l.index))
		case l.named:
			pointer = scan.AppendPointer(pointer, l.name)
		}
	}
	return string(pointer)
}

// stringEnd returns the offset behind the string that begins at i.
func stringEnd(doc []byte, i int) int {
	for i++; i < len(doc) && doc[i] != '"'; i++ {
		if doc[i] == '\\' {
			i++
		}
	}
	return min(i+1, len(doc))
}

// cut shortens s to at most n bytes, at a character's border.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

func itoa(n int) string { return strconv.Itoa(n) }

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

func appendQuoted(dst []byte, s string) []byte { return scan.AppendQuoted(dst, s) }

// stringAsBytes looks at s as bytes without a copy. They may not be written to.
func stringAsBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// byteSize writes a number of bytes for people: 1 MiB, 256 KiB, 300 bytes.
func byteSize(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return itoa(n>>20) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return itoa(n>>10) + " KiB"
	}
	return itoa(n) + " bytes"
}
