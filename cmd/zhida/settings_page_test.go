package main

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

var update = flag.Bool("update", false, "write the table of settings anew")

// settingsPage has the table of settings.
const settingsPage = "../../deploy/README.md"

// TestSettingsPage: the table of settings is that of the code.
func TestSettingsPage(t *testing.T) {
	src, err := os.ReadFile(settingsPage)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(src), "<!-- settings -->\n")
	_, tail, ok2 := strings.Cut(rest, "<!-- end -->\n")
	if !ok || !ok2 {
		t.Fatal("the page has no table of settings")
	}
	table := "| flag | config file | default | | |\n| --- | --- | --- | --- | --- |\n" + settingsRows(t, reflect.TypeFor[settings](), "", "")
	page := head + "<!-- settings -->\n" + table + "<!-- end -->\n" + tail
	switch {
	case page == string(src):
	case *update:
		if err := os.WriteFile(settingsPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the settings of %s are not those of the code: go test ./cmd/zhida -run TestSettingsPage -update", settingsPage)
	}
}

// settingsRows writes a row for each setting of a struct.
func settingsRows(t *testing.T, of reflect.Type, flags, path string) string {
	t.Helper()
	var rows strings.Builder
	for i := range of.NumField() {
		field := of.Field(i)
		tag := field.Tag
		if field.Anonymous {
			inner := path
			if name := tag.Get("yaml"); name != ",inline" {
				inner += name + ": "
			}
			rows.WriteString(settingsRows(t, field.Type, flags+tag.Get("prefix"), inner))
			continue
		}
		name := flags + tag.Get("name")
		if want := "ZHIDA_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")); tag.Get("env") != want {
			t.Errorf("the variable of --%s is %s, not %s", name, tag.Get("env"), want)
		}
		standard := tag.Get("placeholder")
		if strings.Contains(standard, "…") || standard == "base64" {
			standard = ""
		}
		english, chinese := languages(tag.Get("help"))
		if english == "" || chinese == "" {
			t.Errorf("the help of --%s is in one language: %s", name, tag.Get("help"))
		}
		fmt.Fprintf(&rows, "| `--%s` | `%s%s` | %s | %s | %s |\n", name, path, tag.Get("yaml"), standard, english, chinese)
	}
	return rows.String()
}

// languages takes a help apart: first comes English, then Chinese.
func languages(help string) (english, chinese string) {
	han := strings.IndexFunc(help, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	if han < 0 {
		return help, ""
	}
	at := strings.LastIndex(help[:han], ". ")
	if at < 0 {
		return "", help
	}
	return strings.TrimSuffix(help[:at+1], "."), strings.TrimSuffix(help[at+2:], "。")
}

// TestSecretsOfFiles: what comes from a file of secrets ends in a line break, which belongs
// to the file.
func TestSecretsOfFiles(t *testing.T) {
	url, key := "postgres://zhida@db/zhida\n", "my-own-admin-key-0123456789\n"
	s := settings{storeSettings: storeSettings{DatabaseURL: &url}, InitialKey: &key}
	if s.url() != strings.TrimSpace(url) || s.initialKey() != strings.TrimSpace(key) {
		t.Errorf("%q, %q", s.url(), s.initialKey())
	}
	serve := serveCommand{settings: s}
	if err := serve.refusals(); err != nil {
		t.Error(err)
	}
}
