package server

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/parser/diag"
)

// The query of a request: its parameters are those that the route's row lists under
// doc.query; dispatch refuses others, and those that stand there twice. A fault in one
// has the pointer "?name".

// checkQuery refuses parameters that the route does not have.
func (x *exchange) checkQuery() *Problem {
	var names []string
	for _, p := range x.route.doc.query {
		names = append(names, p.name)
	}
	var seen []string
	for key := range x.ctx.QueryArgs().All() {
		name := string(key)
		pointer := "?" + name
		switch {
		case slices.Contains(seen, name):
			x.fault(pointer, "参数重复", "this parameter occurs twice")
		case !slices.Contains(names, name):
			zh, en := "没有这个参数", "there is no such query parameter"
			if near, ok := diag.Nearest(name, names); ok {
				zh, en = zh+"，是否想写 "+near+"？", en+"; did you mean "+near+"?"
			}
			x.fault(pointer, zh, en)
		}
		seen = append(seen, name)
	}
	return x.faulty()
}

// faulty is the refusal of a request in which faults were noted; nil without any.
func (x *exchange) faulty() *Problem {
	if len(x.faults) == 0 {
		return nil
	}
	return badInput(x.faults...)
}

// queryText returns a query parameter, "" when it is not there.
func (x *exchange) queryText(name string) string {
	v := string(x.ctx.QueryArgs().Peek(name))
	if strings.IndexByte(v, 0) >= 0 {
		x.fault("?"+name, "不能含有 U+0000", "must not hold U+0000")
		return ""
	}
	return v
}

// queryChoice returns a query parameter that has to be one of some words, "" when it is
// not there.
func (x *exchange) queryChoice(name string, words ...string) string {
	v := x.queryText(name)
	if v != "" && !slices.Contains(words, v) {
		x.fault("?"+name, "只能是 "+strings.Join(words, "、"), "must be "+anyOf(words))
	}
	return v
}

// anyOf lists words: a, b or c.
func anyOf(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// queryInt returns a query parameter that is a whole number from least to most.
func (x *exchange) queryInt(name string, least, most, standard int) int {
	v := x.queryText(name)
	if v == "" {
		return standard
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		a, b := itoa(least), itoa(most)
		x.fault("?"+name, "必须是 "+a+" 至 "+b+" 的整数", "must be a whole number from "+a+" to "+b)
		return standard
	}
	return n
}

// page is the part of a list that a request asks for.
type page struct {
	After []string // where the page before ended: the parts that were given to cursor; nil: from the beginning
	Limit int
}

// The sizes of a page.
const (
	defaultPage = 50
	maxPage     = 200
)

// paged are the query parameters of a list, for a row's doc.query.
func paged(more ...property) []property {
	return append(more, may("cursor", str("The nextCursor of the page before.")),
		may("limit", num("How many items, 1 to 200.").with("minimum", 1).with("maximum", maxPage).with("default", defaultPage)))
}

// readPage reads cursor and limit; the cursor has so many parts. faulty tells what was
// wrong.
func (x *exchange) readPage(parts int) page {
	p := page{Limit: x.queryInt("limit", 1, maxPage, defaultPage)}
	v := x.queryText("cursor")
	if v == "" {
		return p
	}
	raw, err := base64.RawURLEncoding.DecodeString(v)
	var list []string
	if err != nil || json.Unmarshal(raw, &list) != nil || len(list) != parts+1 || list[0] != x.route.doc.id ||
		strings.Contains(strings.Join(list, ""), "\x00") {
		x.fault("?cursor", "不是本列表返回的 nextCursor", "is no nextCursor of this list")
		return p
	}
	p.After = list[1:]
	return p
}

// cursor makes a list's nextCursor of the position at which a page ended.
func (x *exchange) cursor(parts ...string) *string {
	b, err := json.Marshal(append([]string{x.route.doc.id}, parts...))
	if err != nil {
		panic("server: a cursor cannot be written: " + err.Error()) // strings always can
	}
	s := base64.RawURLEncoding.EncodeToString(b)
	return &s
}

// listOf is the reply of a list.
type listOf[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"nextCursor" doc:"Where the next page begins; null at the end."`
}

// setETag names the version of what is sent. Versions count from 1.
func (x *exchange) setETag(version int64) {
	x.ctx.Response.Header.Set(fasthttp.HeaderETag, etag(version))
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// precondition reads If-Match and If-None-Match of a write. match says whether the write
// may go on when version is what is there now, 0 when nothing is; it is nil when the
// request does not care. It is to be asked in the transaction that writes; where it says
// no, the room answers with an error of the code "stale".
func (x *exchange) precondition() (match func(version int64) bool, p *Problem) {
	h := &x.ctx.Request.Header
	want := strings.TrimSpace(string(h.Peek(fasthttp.HeaderIfMatch)))
	none := strings.TrimSpace(string(h.Peek(fasthttp.HeaderIfNoneMatch)))
	if want == "" && none == "" {
		return nil, nil
	}
	var wanted, refused []string
	for _, side := range []struct {
		header string
		list   *[]string
	}{{want, &wanted}, {none, &refused}} {
		for tag := range strings.SplitSeq(side.header, ",") {
			tag = strings.TrimSpace(tag)
			if tag != "" && tag != "*" && !validTag(tag) {
				return nil, badInput(InputFault{"", text(`If-Match 须为 ETag，如 "3"`, `If-Match must hold entity tags such as "3"`)})
			}
			*side.list = append(*side.list, tag)
		}
	}
	return func(version int64) bool {
		held := func(list []string) bool {
			return version > 0 && slices.Contains(list, "*") || slices.Contains(list, etag(version))
		}
		return (want == "" || held(wanted)) && (none == "" || !held(refused))
	}, nil
}

// validTag reports whether s is an entity tag (RFC 9110, section 8.8.3).
func validTag(s string) bool {
	s = strings.TrimPrefix(s, "W/")
	return len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' && !strings.Contains(s[1:len(s)-1], `"`)
}

// unchanged answers a GET whose If-None-Match names the version: 304. It reports whether
// it did.
func (x *exchange) unchanged(version int64) bool {
	x.setETag(version)
	for tag := range strings.SplitSeq(string(x.ctx.Request.Header.Peek(fasthttp.HeaderIfNoneMatch)), ",") {
		if tag = strings.TrimSpace(tag); strings.TrimPrefix(tag, "W/") == etag(version) || tag == "*" {
			x.ctx.SetStatusCode(fasthttp.StatusNotModified)
			return true
		}
	}
	return false
}
