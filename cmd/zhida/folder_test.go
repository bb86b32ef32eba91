package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zhida-kb/zhida/server"
	"github.com/zhida-kb/zhida/server/knowledge"
)

// TestFolderLossless: an answer that was pulled into a folder is read from it as it was,
// whatever characters its parts are made of.
func TestFolderLossless(t *testing.T) {
	pieces := []string{"\ufeff", "<b>&", "\u2028", "\u0085", "\x01", "\x7f", "\"", "\\", "'", "😀", "e\u0301", "\r\n", "\n", "\r", "\t", " ", "  ", "#", ": ", "- ",
		"---\n", "...", "%YAML", "!!", "|", ">", "*a", "&a", "{", "[", "null", "~", "0x1", "=", "<<", "好", strings.Repeat("长 ", 100)}
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 6).Draw(t, "pieces"), "")
	})
	rapid.Check(t, func(rt *rapid.T) {
		p := pullCommand{Dir: t.TempDir()}
		c := &console{out: io.Discard, err: io.Discard}
		want := map[string]*answerFile{}
		for _, id := range []string{"a", ".hidden", "..", "x.cases", "n.txt", "-"} {
			content := text.Draw(rt, "expected")
			cases, err := server.WriteCases([]knowledge.Case{{Name: "case", Content: &content}})
			if err != nil {
				rt.Fatal(err)
			}
			f := &answerFile{cases: string(cases), line: pushLine{ID: id, pushContent: pushContent{
				Title: text.Draw(rt, "title"), Questions: rapid.SliceOfN(text, 0, 3).Draw(rt, "questions"), Keywords: rapid.SliceOfN(text, 0, 3).Draw(rt, "keywords"),
				Format: rapid.SampledFrom([]string{"text", "html", "markdown"}).Draw(rt, "format"), Answer: text.Draw(rt, "answer")}}}
			if err := p.take(c, f, nil, &pulled{}); err != nil {
				rt.Fatal(err)
			}
			want[id] = f
		}
		got, err := readFolder(p.Dir)
		if err != nil || len(got) != len(want) {
			rt.Fatalf("%d answers of %d: %v", len(got), len(want), err)
		}
		for id, f := range want {
			if !got[id].line.equal(&f.line.pushContent) || got[id].cases != f.cases {
				a, _ := json.Marshal(f.line)
				b, _ := json.Marshal(got[id].line)
				rt.Errorf("%s was read as\n%s", a, b)
			}
		}
	})
}
