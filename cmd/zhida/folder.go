package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/server"
)

// A folder of answers, as zhida push and pull have it: an answer is a file whose name is
// the answer's id and whose extension says its format (refund.txt, guide.md, terms.html).
// What else there is of it stands beside it in a file of the same name, refund.yaml:
//
//	title: 退款
//	questions:
//	  - 怎么退款
//	keywords: [退货]
//
// and its saved examples, where it has some, in refund.cases.json (docs/testing-answers.md).
//
// An id that begins with a dot has %2E in its place, for else the file would be hidden.
// Subfolders are for whoever reads them; they mean nothing. One line break at the end of an
// answer file belongs to the file and not to the answer: editors put it there.

// metaSuffix is how the file beside an answer ends.
const metaSuffix = ".yaml"

// answerFile is an answer in a folder.
type answerFile struct {
	path  string // of the file with the text
	line  pushLine
	cases string // the file of its examples, as plainCases writes it; empty: there is none
}

// answerMeta is the file beside an answer.
type answerMeta struct {
	Title     metaText   `yaml:"title,omitempty"`
	Questions []metaText `yaml:"questions,omitempty"`
	Keywords  []metaText `yaml:"keywords,omitempty"`
}

// metaText is a text in YAML. What the encoder would write over several lines, or as it is
// although it cannot be seen, is quoted: its own way of doing so is not always read again.
type metaText string

// MarshalYAML implements yaml.Marshaler.
func (t metaText) MarshalYAML() (any, error) {
	plain := func(r rune) bool { return r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r) }
	if strings.ContainsFunc(string(t), func(r rune) bool { return !plain(r) }) {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: string(t), Style: yaml.DoubleQuotedStyle}, nil
	}
	return string(t), nil
}

// convert makes texts of one kind of those of another.
func convert[T, F ~string](list []F) []T {
	var made []T
	for _, s := range list {
		made = append(made, T(s))
	}
	return made
}

// pushContent is what is written of an answer.
type pushContent struct {
	Title     string   `json:"title"`
	Questions []string `json:"questions,omitempty"`
	Keywords  []string `json:"keywords,omitempty"`
	Format    string   `json:"format"`
	Answer    string   `json:"answer"`
}

// pushLine is an answer as it goes over the wire.
type pushLine struct {
	ID string `json:"id"`
	pushContent
	Cases json.RawMessage `json:"cases,omitempty"`
}

// plainCases writes saved examples in one way; what is none is empty.
func plainCases(list json.RawMessage) (string, error) {
	if len(list) == 0 || string(list) == "[]" || string(list) == "null" {
		return "", nil
	}
	cases, faults := server.ReadCases(slices.Concat([]byte(`{"cases":`), list, []byte("}")))
	if len(faults) > 0 {
		return "", fmt.Errorf("%s: %s", faults[0].Pointer, faults[0].Text.En)
	}
	doc, err := server.WriteCases(cases)
	return string(doc), err
}

func (c *pushContent) equal(d *pushContent) bool {
	return c.Title == d.Title && c.Format == d.Format && c.Answer == d.Answer &&
		slices.Equal(c.Questions, d.Questions) && slices.Equal(c.Keywords, d.Keywords)
}

// answerText is the text of an answer file.
func answerText(b []byte) string {
	if bytes.HasSuffix(b, []byte("\r\n")) {
		return string(b[:len(b)-2])
	}
	return string(bytes.TrimSuffix(b, []byte("\n")))
}

// fileText is what an answer's file holds: answerText gives the text back.
func fileText(text string) []byte {
	if strings.HasSuffix(text, "\r") {
		return []byte(text + "\r\n")
	}
	return []byte(text + "\n")
}

// readFolder reads all answers of a folder, by their ids. The error lists every fault.
func readFolder(dir string) (map[string]*answerFile, error) {
	paths, err := findFiles([]string{dir})
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, errors.Join(err, fmt.Errorf("%s: is no folder (不是文件夹)", dir))
	}
	found := map[string]*answerFile{}
	var faults []error
	for _, path := range paths {
		id := answerID(path)
		if other := found[id]; other != nil {
			faults = append(faults, fmt.Errorf("%s: the answer %s stands in %s already (答案 id 重复)", path, id, other.path))
			continue
		}
		f, err := readAnswerFile(path, id)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		found[id] = f
	}
	faults = append(faults, orphans(dir, paths)...)
	return found, errors.Join(faults...)
}

// hiddenDot stands for the dot with which an id begins: a file whose name began with one
// would be hidden.
const hiddenDot = "%2E"

// answerID is the id of the answer in a file.
func answerID(path string) string {
	id := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if rest, ok := strings.CutPrefix(id, hiddenDot); ok {
		return "." + rest
	}
	return id
}

// answerName is the name of an answer's file, without its extension.
func answerName(id string) string {
	if rest, ok := strings.CutPrefix(id, "."); ok {
		return hiddenDot + rest
	}
	return id
}

func readAnswerFile(path, id string) (*answerFile, error) {
	if !server.ValidID(id) {
		return nil, fmt.Errorf("%s: its name without the extension is the answer's id, 1 to 64 of A-Za-z0-9._- (文件名须为 1 到 64 个 A-Za-z0-9._- 字符)", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(raw) {
		return nil, fmt.Errorf("%s: is not UTF-8; zhida check says more (不是 UTF-8 文本)", path)
	}
	f := &answerFile{path: path, line: pushLine{ID: id, pushContent: pushContent{Format: formatOf(path).String(), Answer: answerText(raw)}}}
	if err := f.readCases(); err != nil {
		return nil, err
	}
	meta, err := os.ReadFile(metaOf(path))
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	var m answerMeta
	d := yaml.NewDecoder(bytes.NewReader(meta))
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil && len(bytes.TrimSpace(meta)) > 0 {
		return nil, fmt.Errorf("%s: %s; it may have title, questions and keywords (只能有 title、questions 与 keywords)",
			metaOf(path), strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n", " "), "yaml: "))
	}
	f.line.Title, f.line.Questions, f.line.Keywords = string(m.Title), convert[string](m.Questions), convert[string](m.Keywords)
	return f, nil
}

// readCases reads the examples beside an answer file.
func (f *answerFile) readCases() error {
	file := casesOf(f.path)
	doc, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	cases, faults := server.ReadCases(doc)
	if len(faults) > 0 {
		return fmt.Errorf("%s: %s (%s)", at(file, faults[0].Pointer), faults[0].Text.En, faults[0].Text.Zh)
	}
	plain, err := server.WriteCases(cases)
	if err != nil {
		return err
	}
	var list struct{ Cases json.RawMessage }
	if err := json.Unmarshal(plain, &list); err != nil {
		return err
	}
	f.cases, f.line.Cases = string(plain), list.Cases
	return nil
}

// metaOf is the file beside an answer file.
func metaOf(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + metaSuffix }

// orphans are faults: files that belong to an answer which is not there. paths are the
// answer files.
func orphans(dir string, paths []string) []error {
	known := map[string]bool{}
	for _, path := range paths {
		known[metaOf(path)], known[casesOf(path)] = true, true
	}
	var faults []error
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && path != dir {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() && (strings.HasSuffix(path, metaSuffix) || strings.HasSuffix(path, casesSuffix)) && !known[path] {
			faults = append(faults, fmt.Errorf("%s: there is no answer file beside it (旁边没有答案文件)", path))
		}
		return nil
	})
	if err != nil {
		faults = append(faults, err)
	}
	return faults
}

// extension is that of the files of a format.
func extension(format string) string {
	f, _ := runtime.ParseFormat(format) // of a server, which knows no others
	switch f {
	case runtime.HTML:
		return ".html"
	case runtime.Markdown:
		return ".md"
	default:
		return ".txt"
	}
}
