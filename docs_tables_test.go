package zhida

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/runtime/condition"
	"github.com/zhida-kb/zhida/vars"
)

// A docTable makes a table of the documentation in a language, heads first.
type docTable func(lang string) [][]string

// docTables are the tables between <!-- table:NAME --> and <!-- end -->.
var docTables = map[string]docTable{
	"variables": variablesTable, "operations": operationsTable, "conditions": conditionsTable, "functions": functionsTable,
	"diagnostics": diagnosticsTable, "outcomes": outcomesTable, "limits": limitsTable,
}

var tableBetween = regexp.MustCompile(`(?s)<!-- table:([a-z]+) -->\n(.*?)<!-- end -->`)

// TestDocsTables: the tables of the reference are those of the code. With -update it
// writes them anew.
func TestDocsTables(t *testing.T) {
	for path, lang := range docLangs {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var there []string
		page := tableBetween.ReplaceAllStringFunc(string(src), func(old string) string {
			name := tableBetween.FindStringSubmatch(old)[1]
			table, ok := docTables[name]
			if !ok {
				t.Errorf("%s: there is no table %s", path, name)
				return old
			}
			there = append(there, name)
			return "<!-- table:" + name + " -->\n" + markdownTable(table(lang)) + "<!-- end -->"
		})
		for name := range docTables {
			if strings.HasPrefix(path, "docs/") && !slices.Contains(there, name) {
				t.Errorf("%s does not have the table %s", path, name)
			}
		}
		switch {
		case page == string(src):
		case *update:
			if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("the tables of %s are not those of the code: go test -run TestDocsTables -update .", path)
		}
	}
}

// markdownTable writes a table as GFM has it.
func markdownTable(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		for k, cell := range row {
			row[k] = strings.ReplaceAll(cell, "|", `\|`)
		}
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString(strings.Repeat("| --- ", len(row)) + "|\n")
		}
	}
	return b.String()
}

// code is a code span.
func code(s string) string {
	if s == "" {
		return ""
	}
	marks := "`"
	for strings.Contains(s, marks) {
		marks += "`"
	}
	return marks + s + marks
}

// pick returns the Chinese or the English text.
func pick(lang, zh, en string) string { return diag.Text{Zh: zh, En: en}.In(lang) }

func variablesTable(lang string) [][]string {
	rows := [][]string{{pick(lang, "变量", "variable"), pick(lang, "含义", "meaning"), pick(lang, "例值", "for example")}}
	for _, r := range vars.Rows() {
		name := "${" + r.Scope + "." + r.Name + "}"
		if r.Zoned {
			name = "${" + r.Scope + "." + r.Name + pick(lang, "时区", "Z") + "}"
		}
		about := pick(lang, r.Zh, r.En)
		if r.Numeric {
			about += pick(lang, "（数字）", " (a number)")
		}
		rows = append(rows, []string{code(name), about, code(r.Example)})
	}
	return rows
}

func operationsTable(lang string) [][]string {
	rows := [][]string{{pick(lang, "写法", "written"), pick(lang, "作用", "what it does"), pick(lang, "默认文字", "its own name")}}
	for _, f := range runtime.Functions() {
		title := f.Title.In(lang)
		rows = append(rows, []string{code(f.Example), f.Description.In(lang), title})
	}
	return rows
}

func conditionsTable(lang string) [][]string {
	rows := [][]string{{pick(lang, "条件", "condition"), pick(lang, "什么时候显示", "shown"), pick(lang, "例子", "for example")}}
	for _, c := range runtime.Conditions() {
		rows = append(rows, []string{code(c.Name), c.Description.In(lang), code(c.Example)})
	}
	return rows
}

func functionsTable(lang string) [][]string {
	rows := [][]string{{pick(lang, "函数", "function"), pick(lang, "作用", "what it gives"), pick(lang, "例子", "for example"), pick(lang, "结果", "value")}}
	for _, f := range condition.Functions() {
		result := strings.ReplaceAll(f.Result, "\n", " ")
		rows = append(rows, []string{code(f.Name), pick(lang, f.Zh, f.En), code(f.Example), code(result)})
	}
	return rows
}

// mostExample is how much of an example a table shows, in characters.
const mostExample = 70

func diagnosticsTable(lang string) [][]string {
	severities := map[diag.Severity]string{
		diag.Error: pick(lang, "错误", "error"), diag.Warning: pick(lang, "警告", "warning"), diag.Hint: pick(lang, "提示", "hint"),
	}
	rows := [][]string{{pick(lang, "代码", "code"), pick(lang, "级别", "severity"), pick(lang, "含义", "meaning"), pick(lang, "例子", "for example")}}
	for _, r := range diag.Codes() {
		severity, example := severities[r.Severity], r.Example
		switch {
		case r.Code == diag.UnknownVariable:
			severity = pick(lang, "错误、警告或提示", "error, warning or hint")
		case r.Example == "":
			severity = pick(lang, "警告（显示时）", "warning (of a render)")
		}
		if !utf8.ValidString(example) {
			example = pick(lang, "GBK 编码的文件", "a file in GBK")
		} else if short := []rune(example); len(short) > mostExample {
			example = code(string(short[:mostExample/2]) + "…")
		} else {
			example = code(example)
		}
		rows = append(rows, []string{code(r.Name), severity, r.Summary.In(lang), example})
	}
	return rows
}

func outcomesTable(lang string) [][]string {
	rows := [][]string{{pick(lang, "结果", "outcome"), pick(lang, "含义", "meaning")}}
	for _, o := range runtime.Outcomes() {
		rows = append(rows, []string{code(o.String()), o.Text().In(lang)})
	}
	return rows
}

// limitTexts say what the limits bound; the names are those of runtime.Limits.
var limitTexts = map[string]diag.Text{
	"Source": {Zh: "一条答案的字节数", En: "bytes of an answer"},
	"Depth":  {Zh: "表达式嵌套的层数，也限制算式里括号的层数，最多 255", En: "expressions in expressions; also brackets in an expr; 255 at most"},
	"Nodes":  {Zh: "文字和表达式一共多少段", En: "pieces of text and expressions"},
	"Data":   {Zh: "一条答案里数据表达式的个数", En: "data expressions in one answer"},
	"Reply":  {Zh: "接口一次返回的字节数", En: "bytes of one reply"},
	"Output": {Zh: "显示出来的答案的字节数", En: "bytes of the rendered answer"},
}

func limitsTable(lang string) [][]string {
	rows := [][]string{{pick(lang, "设置", "setting"), pick(lang, "限制什么", "what it bounds"), pick(lang, "默认值", "default")}}
	defaults := reflect.ValueOf(runtime.Limits{}.WithDefaults())
	for i := range defaults.NumField() {
		name := defaults.Type().Field(i).Name
		rows = append(rows, []string{code("--limit-" + strings.ToLower(name)), limitTexts[name].In(lang), inBytes(defaults.Field(i).Int(), name)})
	}
	return rows
}

// inBytes writes a limit, in KiB or MiB where it counts bytes.
func inBytes(n int64, name string) string {
	switch isBytes := name == "Source" || name == "Reply" || name == "Output"; {
	case isBytes && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case isBytes && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprint(n)
}

// TestDocsWords: what the tables add to the code's rows is there for every row, in both
// languages, and the functions' examples give the values that the table shows.
func TestDocsWords(t *testing.T) {
	for _, o := range runtime.Outcomes() {
		if w := o.Text(); w.Zh == "" || w.En == "" {
			t.Errorf("nothing is said of the outcome %s", o)
		}
	}
	limits := reflect.TypeOf(runtime.Limits{})
	for i := range limits.NumField() {
		if w := limitTexts[limits.Field(i).Name]; w.Zh == "" || w.En == "" {
			t.Errorf("nothing is said of the limit %s", limits.Field(i).Name)
		}
	}
	v, faults := runtime.NewVocabulary(runtime.Settings{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var facts vars.Facts
	facts.Reset(docNow)
	for _, f := range condition.Functions() {
		var r runtime.Render
		r.Run(context.Background(), runtime.Compile("${= "+f.Example+" }", runtime.Text, v, runtime.Limits{}), runtime.Input{Facts: &facts})
		if got := string(r.AppendContent(nil)); got != f.Result {
			t.Errorf("%s gives %q, the table says %q", f.Example, got, f.Result)
		}
	}
}
