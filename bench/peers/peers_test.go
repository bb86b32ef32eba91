package main

import (
	"html"
	"testing"

	"github.com/zhida-kb/zhida/runtime"
)

// TestSameBytes: every peer gives the bytes that we give. html/template and our html
// format write references for some characters; decoded, they read the same.
func TestSameBytes(t *testing.T) {
	vocab, faults := runtime.NewVocabulary(runtime.Settings{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, name := range []string{"S", "M", "L"} {
		w, answer, err := load(name, vocab)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range engines(vocab) {
			render, err := e.prepare(e.source(answer), w)
			if err != nil {
				t.Errorf("%s with %s: %v", name, e.name, err)
				continue
			}
			got, err := render()
			if err != nil {
				t.Errorf("%s with %s: %v", name, e.name, err)
				continue
			}
			text := string(got)
			if e.name == "html/template" {
				text = html.UnescapeString(text)
			}
			if e.name != "zhida, html" && text != string(w.done) {
				t.Errorf("%s: %s gives %.300q\nzhida %.300q", name, e.name, text, w.done)
			}
		}
	}
}
