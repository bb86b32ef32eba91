package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/server"
)

// testReport writes how cases came out.
type testReport interface {
	add(t *tested) error
	end(s *testTally) error
}

func newTestReport(output string, c *console) testReport {
	switch output {
	case "json":
		return &testJSON{w: c.out}
	case "junit":
		return &testJUnit{w: c.out}
	}
	return &testText{w: c.out, lang: c.lang}
}

// testText writes for people: what failed, and what is not covered.
type testText struct {
	w    io.Writer
	lang string
}

func (r *testText) add(t *tested) error {
	var b strings.Builder
	for i := range t.Cases {
		if c := &t.Cases[i]; !c.Passed {
			fmt.Fprintf(&b, "%s: %s\n%s", t.Path, failedWords(c.Name).In(r.lang), indented(c.Diff.Unified))
		}
	}
	if t.Coverage != nil {
		r.cover(&b, t.Path, t.Coverage)
	}
	_, err := io.WriteString(r.w, b.String())
	return err
}

func (r *testText) end(*testTally) error { return nil }

// failedWords says that a case failed.
func failedWords(name string) diag.Text {
	return diag.Text{Zh: "用例“" + name + "”失败", En: "the case “" + name + "” fails"}
}

func indented(s string) string {
	if s == "" {
		return ""
	}
	return "    " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n    ") + "\n"
}

// cover writes what no case reaches, and the dead ends.
func (r *testText) cover(b *strings.Builder, path string, c *server.Coverage) {
	at := func(p diag.Range) string { return fmt.Sprintf("%s:%d:%d: ", path, p.Start.Line+1, p.Start.Character+1) }
	missing := func(p diag.Range, what string, never bool, zh, en string) {
		if never {
			b.WriteString(at(p) + diag.Text{Zh: what + "：没有用例或默认访客使它" + zh, En: what + ": no case and no persona makes it " + en}.In(r.lang) + "\n")
		}
	}
	for _, d := range c.Conditions {
		missing(d.Range, d.Source, len(d.True) == 0, "成立", "hold")
		missing(d.Range, d.Source, len(d.False) == 0, "不成立", "fail to hold")
	}
	for _, d := range c.Calls {
		missing(d.Range, d.URL, len(d.OK) == 0, "成功", "succeed")
		missing(d.Range, d.URL, len(d.Failed) == 0, "失败", "fail")
	}
	for _, d := range c.DeadEnds {
		b.WriteString(path + ": " + d.Message.In(r.lang) + "\n" + indented(visitorLine(&d.Visitor)))
	}
	if c.MoreDead > 0 {
		b.WriteString(path + ": " + diag.Text{Zh: fmt.Sprintf("另有 %d 种空白回复", c.MoreDead), En: fmt.Sprintf("%d more dead ends", c.MoreDead)}.In(r.lang) + "\n")
	}
	for _, o := range c.Opposites {
		b.WriteString(at(o.First.Range) + o.Message.In(r.lang) + "\n" + indented(visitorLine(&o.Visitor)))
	}
	if c.Explored.Method != "all" || !c.Explored.Complete {
		b.WriteString(path + ": " + c.Explored.Message.In(r.lang) + "\n")
	}
}

// visitorLine shows a visitor as JSON.
func visitorLine(v *server.Visitor) string {
	doc, err := plainJSON(v)
	if err != nil {
		panic("zhida: a visitor cannot be written: " + err.Error()) // it is made of JSON
	}
	return string(doc)
}

// plainJSON is JSON in which <, > and & stand as they are.
func plainJSON(v any) ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return []byte(strings.TrimSuffix(b.String(), "\n")), err
}

// testJSON writes one document: the answers that have cases, and the counts.
type testJSON struct {
	w     io.Writer
	begun bool
}

func (r *testJSON) add(t *tested) error {
	if t.Cases == nil {
		t.Cases = []server.CaseResult{}
	}
	doc, err := plainJSON(t)
	if err != nil {
		return err
	}
	lead := ",\n"
	if !r.begun {
		r.begun, lead = true, "{\"answers\":[\n"
	}
	_, err = io.WriteString(r.w, lead+string(doc))
	return err
}

func (r *testJSON) end(s *testTally) error {
	lead := "],\n\"tested\":"
	if !r.begun {
		lead = `{"answers":[` + lead
	}
	doc, err := plainJSON(s)
	if err != nil {
		return err
	}
	_, err = io.WriteString(r.w, lead+string(doc)+"}\n")
	return err
}

// testJUnit writes what CI systems read: a suite for each answer.
type testJUnit struct {
	w      io.Writer
	suites []junitSuite
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
	Output   string      `xml:"system-out,omitempty"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (r *testJUnit) add(t *tested) error {
	s := junitSuite{Name: t.Path, Tests: len(t.Cases)}
	for i := range t.Cases {
		c := junitCase{Class: t.Path, Name: t.Cases[i].Name}
		if !t.Cases[i].Passed {
			s.Failures++
			c.Failure = &junitFailure{Message: failedWords(c.Name).En, Text: t.Cases[i].Diff.Unified}
		}
		s.Cases = append(s.Cases, c)
	}
	if t.Coverage != nil {
		var b strings.Builder
		(&testText{lang: "en"}).cover(&b, t.Path, t.Coverage)
		s.Output = b.String()
	}
	r.suites = append(r.suites, s)
	return nil
}

func (r *testJUnit) end(s *testTally) error {
	doc, err := xml.MarshalIndent(junitSuites{Name: "zhida", Tests: s.Passed + s.Failed, Failures: s.Failed, Suites: r.suites}, "", "  ")
	if err != nil {
		return err
	}
	_, err = r.w.Write(append(append([]byte(xml.Header), doc...), '\n'))
	return err
}
