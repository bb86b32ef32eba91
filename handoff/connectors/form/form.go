package form

import (
	"bytes"
	"encoding/json"
	"net/url"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/zhida-kb/zhida/handoff"
)

// maxValue bounds a setting in bytes of its JSON.
const maxValue = 16 << 10

// String gives a string setting; "" where there is none.
func String(v handoff.Values, name string) string {
	var s string
	if json.Unmarshal(v[name], &s) != nil {
		return ""
	}
	return s
}

// Has reports whether a setting is there and not null.
func Has(v handoff.Values, name string) bool {
	raw := bytes.TrimSpace(v[name])
	return len(raw) > 0 && string(raw) != "null"
}

// Bool gives a setting that is true or false; false where there is none.
func Bool(v handoff.Values, name string) bool {
	var b bool
	return json.Unmarshal(v[name], &b) == nil && b
}

// Strings gives a list of strings; nil where there is none.
func Strings(v handoff.Values, name string) []string {
	var s []string
	if json.Unmarshal(v[name], &s) != nil {
		return nil
	}
	return s
}

// Object reads a JSON object as values; nil where it is none.
func Object(raw json.RawMessage) handoff.Values {
	var v handoff.Values
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return v
}

// Check holds values against fields: unknown names, wrong types, missing ones, secrets
// that are empty.
func Check(fields []handoff.Field, v handoff.Values) []handoff.Fault {
	var faults []handoff.Fault
	known := map[string]bool{}
	for _, f := range fields {
		known[f.Name] = true
		if t, bad := check(f, v); bad {
			faults = append(faults, handoff.Fault{Pointer: "/" + f.Name, Text: t})
		}
	}
	var unknown []string
	for name := range v {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	sort.Strings(unknown)
	for _, name := range unknown {
		pointer := "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		faults = append(faults, handoff.Fault{Pointer: pointer, Text: handoff.Text{Zh: "没有这一项设置", En: "there is no such setting"}})
	}
	return faults
}

func check(f handoff.Field, v handoff.Values) (handoff.Text, bool) {
	if !Has(v, f.Name) {
		return handoff.Text{Zh: "必填", En: "required"}, f.Required
	}
	raw := v[f.Name]
	if len(raw) > maxValue {
		return handoff.Text{Zh: "太长", En: "too long"}, true
	}
	if !utf8.Valid(raw) || bytes.Contains(raw, []byte(`\u0000`)) {
		return handoff.Text{Zh: "不是有效的文本", En: "no valid text"}, true
	}
	switch f.Type {
	case "bool":
		var b bool
		return handoff.Text{Zh: "须为 true 或 false", En: "must be true or false"}, json.Unmarshal(raw, &b) != nil
	case "integer":
		var n int64
		return handoff.Text{Zh: "须为整数", En: "must be an integer"}, json.Unmarshal(raw, &n) != nil
	case "strings":
		return checkStrings(f, raw)
	case "object":
		var o map[string]json.RawMessage
		return handoff.Text{Zh: "须为对象", En: "must be an object"}, json.Unmarshal(raw, &o) != nil
	}
	var s string
	switch {
	case json.Unmarshal(raw, &s) != nil:
		return handoff.Text{Zh: "须为字符串", En: "must be a string"}, true
	case strings.TrimSpace(s) == "" && f.Required:
		return handoff.Text{Zh: "必填", En: "required"}, true
	case strings.TrimSpace(s) == "" && f.Secret:
		return handoff.Text{Zh: "密钥不能为空；要删除请传 null", En: "a secret must not be empty; null removes it"}, true
	case strings.ContainsAny(s, "\r\n"):
		return handoff.Text{Zh: "不能有换行", En: "must not contain line breaks"}, true
	}
	return handoff.Text{}, false
}

func checkStrings(f handoff.Field, raw json.RawMessage) (handoff.Text, bool) {
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		return handoff.Text{Zh: "须为字符串的列表", En: "must be a list of strings"}, true
	}
	if len(list) == 0 && f.Required {
		return handoff.Text{Zh: "至少一个", En: "at least one"}, true
	}
	for _, s := range list {
		if strings.TrimSpace(s) == "" {
			return handoff.Text{Zh: "不能有空的值", En: "no value may be empty"}, true
		}
	}
	return handoff.Text{}, false
}

// URL checks a setting that is a base URL: http or https, a host, no user info, query or
// fragment. An absent one is fine.
func URL(v handoff.Values, name string) []handoff.Fault {
	s := String(v, name)
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	fault := func(zh, en string) []handoff.Fault {
		return []handoff.Fault{{Pointer: "/" + name, Text: handoff.Text{Zh: zh, En: en}}}
	}
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || strings.TrimSpace(s) != s:
		return fault("不是完整的网址，应像 https://desk.example.com/path", "no absolute URL; it should look like https://desk.example.com/path")
	case u.Scheme != "http" && u.Scheme != "https":
		return fault("网址须以 https:// 或 http:// 开头", "the URL must begin with https:// or http://")
	case u.User != nil:
		return fault("网址里不能有用户名和密码，请填在各自的项里", "no user name or password in the URL; they have settings of their own")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fault("网址里不能有 ? 或 #", "no ? or # in the URL")
	}
	return nil
}

// Join puts a path behind a base URL, which may carry a path of its own.
func Join(base, path string) string { return strings.TrimRight(base, "/") + path }
