package main

import (
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/server"
)

// decodeYAML reads a config file into doc, strictly: every key must be one of doc's,
// stand there once, and have a value of its type. It returns everything that is wrong.
func decodeYAML(source []byte, doc *file) []server.SettingsFault {
	var root yaml.Node
	if err := yaml.Unmarshal(source, &root); err != nil {
		reason := strings.TrimPrefix(err.Error(), "yaml: ")
		return []server.SettingsFault{{Text: diag.Text{Zh: "不是合法的 YAML:" + reason, En: "is not valid YAML: " + reason}}}
	}
	d := yamlDecoder{lines: map[string]int{}}
	doc.lines = d.lines
	if len(root.Content) > 0 {
		d.decode(root.Content[0], reflect.ValueOf(doc).Elem(), "")
	}
	return d.faults
}

type yamlDecoder struct {
	lines  map[string]int
	faults []server.SettingsFault
}

func (d *yamlDecoder) fault(path, zh, en string) {
	d.faults = append(d.faults, server.SettingsFault{Path: path, Text: diag.Text{Zh: zh, En: en}})
}

// decode reads a node into v.
func (d *yamlDecoder) decode(n *yaml.Node, v reflect.Value, path string) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	d.lines[path] = n.Line
	if n.Tag == "!!null" { // a key without a value: as if it were not there
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		before := len(d.faults)
		d.decode(n, p.Elem(), path)
		if len(d.faults) == before {
			v.Set(p)
		}
	case reflect.Struct:
		d.object(n, v, path)
	case reflect.Map:
		d.mapping(n, v, path)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			d.fault(path, "必须是列表", "must be a list")
			return
		}
		list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
		for i, item := range n.Content {
			d.decode(item, list.Index(i), path+"["+strconv.Itoa(i)+"]")
		}
		v.Set(list)
	case reflect.String:
		if n.Kind != yaml.ScalarNode {
			d.fault(path, "必须是文本", "must be a text")
			return
		}
		v.SetString(n.Value)
	default:
		d.scalar(n, v, path)
	}
}

// scalar reads a boolean or a number.
func (d *yamlDecoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Decode(v.Addr().Interface()) == nil {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		d.fault(path, "必须是 true 或 false", "must be true or false")
	case reflect.Int:
		d.fault(path, "必须是整数", "must be a whole number")
	default:
		d.fault(path, "必须是数字", "must be a number")
	}
}

// object reads a mapping into a struct.
func (d *yamlDecoder) object(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fault(path, "必须是键值对", "must be a mapping of keys to values")
		return
	}
	fields := map[string]reflect.Value{}
	var names []string
	collectFields(v, fields, &names)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		at := join(path, key)
		field, ok := fields[key]
		if seen[key] {
			line := strconv.Itoa(n.Content[i].Line)
			d.fault(at, "重复：第 "+line+" 行又出现一次", "stands here and again in line "+line)
			continue
		}
		d.lines[at] = n.Content[i].Line
		switch {
		case !ok:
			zh, en := "没有这个设置", "there is no such setting"
			near, ok := diag.Nearest(key, names)
			if limit, flag := strings.CutPrefix(key, "limit-"); flag && path == "" { // as the flag is called
				near, ok = "limits: {"+limit+": …}", true
			}
			if ok {
				zh, en = zh+"，是否想写 "+near+"？", en+"; did you mean "+near+"?"
			}
			d.fault(at, zh, en)
		default:
			d.decode(n.Content[i+1], field, at)
		}
		seen[key] = true
	}
}

// collectFields finds the fields of a struct by their yaml names.
func collectFields(v reflect.Value, fields map[string]reflect.Value, names *[]string) {
	for i := range v.NumField() {
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case v.Type().Field(i).Tag.Get("yaml") == ",inline":
			collectFields(v.Field(i), fields, names)
		case tag != "":
			fields[tag] = v.Field(i)
			*names = append(*names, tag)
		}
	}
}

// mapping reads a map, whose values are texts or anything.
func (d *yamlDecoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fault(path, "必须是键值对", "must be a mapping of keys to values")
		return
	}
	m := reflect.MakeMap(v.Type())
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		at := join(path, key)
		value := reflect.New(v.Type().Elem()).Elem()
		if m.MapIndex(reflect.ValueOf(key)).IsValid() {
			line := strconv.Itoa(n.Content[i].Line)
			d.fault(at, "重复：第 "+line+" 行又出现一次", "stands here and again in line "+line)
			continue
		}
		if value.Kind() == reflect.Interface {
			var any any
			if err := n.Content[i+1].Decode(&any); err != nil {
				d.fault(at, "值无法读取", "cannot be read")
			} else if any != nil {
				value.Set(reflect.ValueOf(any))
			}
		} else {
			d.decode(n.Content[i+1], value, at)
		}
		d.lines[at] = n.Content[i].Line
		m.SetMapIndex(reflect.ValueOf(key), value)
	}
	v.Set(m)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
