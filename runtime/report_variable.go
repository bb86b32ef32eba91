package runtime

import (
	"strings"

	"github.com/zhida-kb/zhida/parser"
	"github.com/zhida-kb/zhida/parser/diag"
	"github.com/zhida-kb/zhida/vars"
)

// unknownVariable says that no variable is known under the path of n. It is an
// error where a known name is near, a warning elsewhere in a known scope, else a
// hint: an answer may speak of ${…} in earnest.
func (c *compiler) unknownVariable(n parser.Node, path string) {
	if c.silent() {
		return
	}
	scope, name, _ := strings.Cut(path, ".")
	if _, problem := vars.Resolve(scope, name); problem == vars.UnknownZone {
		c.unknownZone(n, name)
		return
	}
	if near, ok := c.nearestVariable(path); ok {
		d := diag.New(diag.MsgUnknownVariableNear, int(n.Name), int(n.NameEnd), path, near)
		c.say(replaceFix(d, n.Name, n.NameEnd, near))
		return
	}
	m := diag.MsgUnknownVariable
	if strings.Contains(name, ".") {
		m = diag.MsgVariableParts
	}
	severity := diag.Warning
	if c.v.words.names[scope] == nil {
		severity = diag.Hint
		if m == diag.MsgUnknownVariable {
			m = diag.MsgUndeclaredVariable
		}
	}
	d := diag.New(m, int(n.Name), int(n.NameEnd), path, scope, listed(c.v.words.names[scope]))
	if meant, ok := c.elsewhere(name); ok && m == diag.MsgUnknownVariable {
		d = replaceFix(diag.New(diag.MsgUnknownVariableNear, int(n.Name), int(n.NameEnd), path, meant), n.Name, n.NameEnd, meant)
	}
	if first, _, _ := strings.Cut(name, "."); m == diag.MsgVariableParts && !n.HasFallback && c.holdsMembers(scope, first) {
		computed := "${= " + path + " }"
		d = d.WithFix(diag.FixForm, []string{computed}, diag.Edit{Span: spanOf(&n), NewText: computed})
	}
	c.say(d.WithSeverity(severity))
}

// holdsMembers reports whether a variable may be an object, whose members an expr reads.
func (c *compiler) holdsMembers(scope, name string) bool {
	ref, problem := vars.Resolve(scope, name)
	return c.v.customs.Has(scope, name) || problem == vars.OK && ref.Kind == vars.Fact && ref.Slot == vars.ChatInfoMyData
}

// elsewhere returns the one variable that has the name in another scope.
func (c *compiler) elsewhere(name string) (path string, ok bool) {
	for _, p := range c.v.words.paths {
		if strings.HasSuffix(p, "."+name) {
			if path != "" {
				return "", false
			}
			path = p
		}
	}
	return path, path != ""
}

// nearestVariable returns the known variable that is at most two edits away.
func (c *compiler) nearestVariable(path string) (string, bool) {
	if near, ok := diag.Nearest(path, c.v.words.paths); ok && !isZoned(near) {
		return near, true
	}
	// A zone belongs to the name, so it must not count as edits.
	base := strings.TrimRight(path, "0123456789_")
	zone := path[len(base):]
	if _, ok := vars.ParseZone(zone); !ok {
		return "", false
	}
	near, ok := diag.Nearest(base, c.v.words.zoned)
	return near + zone, ok
}

func isZoned(path string) bool {
	return path == "systemInfo.dateutc" || path == "systemInfo.timeutc"
}

// unknownData says that no call before n has the name which its path begins with.
func (c *compiler) unknownData(n parser.Node, rest string) {
	if c.silent() {
		return
	}
	name, _, _ := strings.Cut(rest, ".")
	start := n.NameEnd - int32(len(rest))
	end := start + int32(len(name))
	var names []string
	if c.heavy != nil {
		names = c.heavy.names
	}
	if near, ok := diag.Nearest(name, names); ok {
		d := diag.New(diag.MsgUnknownVariableNear, int(start), int(end), dataScope+"."+name, dataScope+"."+near)
		c.say(replaceFix(d, start, end, near))
		return
	}
	c.say(diag.New(diag.MsgUnknownDataName, int(start), int(end), name).WithSeverity(diag.Warning))
}

// unknownZone says that the zone behind dateutc or timeutc does not exist.
func (c *compiler) unknownZone(n parser.Node, name string) {
	zone := strings.TrimPrefix(strings.TrimPrefix(name, "dateutc"), "timeutc")
	start := n.NameEnd - int32(len(zone))
	d := diag.New(diag.MsgUnknownZone, int(n.Name), int(n.NameEnd), zone)
	if meant := nearestZone(zone); meant != "" {
		d = d.WithFix(diag.FixZone, []string{meant}, diag.Edit{Span: diag.Span{Start: int(start), End: int(n.NameEnd)}, NewText: meant})
	}
	c.say(d)
}

// nearestZone returns the zone that a slip was meant to be, empty where that is
// anybody's guess.
func nearestZone(zone string) string {
	sign, rest := "", strings.ToLower(strings.ReplaceAll(zone, ".", "_"))
	for _, word := range []string{"utc", "gmt", "plus", "p"} {
		rest = strings.TrimPrefix(rest, word)
	}
	for _, word := range []string{"minus", "m", "__", "_"} {
		if after, ok := strings.CutPrefix(rest, word); ok && after != "" {
			sign, rest = "_", after
			break
		}
	}
	rest = strings.Trim(rest, "_")
	hours, minutes, _ := strings.Cut(strings.ReplaceAll(rest, "__", "_"), "_")
	try := []string{sign + rest, sign + strings.TrimLeft(hours, "0")}
	if minutes != "" {
		try = []string{sign + rest, sign + hours + "_" + minutes + "0", sign + strings.TrimLeft(hours, "0") + "_" + minutes,
			sign + hours + "_" + strings.TrimRight(minutes, "0"), sign + hours + "_" + strings.TrimRight(minutes, "0") + "0"}
	}
	if len(rest) > 2 && minutes == "" { // 530, 0800
		h, m := rest[:len(rest)-2], rest[len(rest)-2:]
		if m == "00" {
			try = append(try, sign+h, sign+strings.TrimLeft(h, "0"))
		}
		try = append(try, sign+h+"_"+m, sign+strings.TrimLeft(h, "0")+"_"+m)
	}
	for _, t := range try {
		if _, ok := vars.ParseZone(t); ok && t != "" && t != "_" {
			return t
		}
	}
	return ""
}
