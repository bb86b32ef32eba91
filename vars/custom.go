package vars

import (
	"slices"
	"strconv"

	"github.com/zhida-kb/zhida/vars/scan"
)

// Custom is a variable that a bot's settings declare.
type Custom struct {
	Scope       string `json:"scope"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Example     string `json:"example,omitempty"`
}

// Customs is a checked set of declared variables. It never changes and may be
// shared. A nil *Customs is the empty set.
type Customs struct {
	list  []Custom
	index map[[2]string]int
}

// maxCustomName is how long a declared scope or name may be, in bytes.
const maxCustomName = 64

var (
	faultCustomName   = faultText{"must be 1 to 64 ASCII letters, digits and _", "须为 1 至 64 个 ASCII 字母、数字或 _"}
	faultCustomScope  = faultText{"this scope is reserved: a bot's own variables cannot stand in systemInfo or data", "该作用域已保留：自定义变量不能放在 systemInfo 或 data 中"}
	faultCustomSystem = faultText{"this is a system variable", "与系统变量重名"}
	faultCustomTwice  = faultText{"this variable is declared twice", "变量重复声明"}
)

// NewCustoms checks a bot's declarations. pointer is where the list stands in its
// document. Scope and name are 1 to 64 ASCII letters, digits and _, as in an answer;
// a variable may stand in a system scope beside the system's own, but not be one of
// them, and not in systemInfo or data. With faults, all of them, the set is nil.
func NewCustoms(list []Custom, pointer string) (*Customs, []Fault) {
	c := &Customs{list: slices.Clone(list), index: make(map[[2]string]int, len(list))}
	var found []Fault
	for i, v := range c.list {
		if text, member := checkCustom(v); member != "" {
			found = append(found, Fault{scan.Pointer(pointer, strconv.Itoa(i), member), text.en, text.zh})
			continue
		}
		key := [2]string{v.Scope, v.Name}
		if _, twice := c.index[key]; twice {
			found = append(found, Fault{scan.Pointer(pointer, strconv.Itoa(i), "name"), faultCustomTwice.en, faultCustomTwice.zh})
			continue
		}
		c.index[key] = i
	}
	if found != nil {
		return nil, found
	}
	return c, nil
}

// checkCustom returns what is wrong with a declaration and in which member; the
// member is empty when nothing is.
func checkCustom(v Custom) (text faultText, member string) {
	switch {
	case !isName(v.Scope):
		return faultCustomName, "scope"
	case v.Scope == dataScope || v.Scope == scopes[systemInfo].name:
		return faultCustomScope, "scope"
	case !isName(v.Name):
		return faultCustomName, "name"
	}
	if _, problem := Resolve(v.Scope, v.Name); problem == OK {
		return faultCustomSystem, "name"
	}
	return faultText{}, ""
}

// isName reports whether s may be a scope or a name in an answer.
func isName(s string) bool {
	if s == "" || len(s) > maxCustomName {
		return false
	}
	for _, c := range []byte(s) {
		if c-'0' > 9 && c|0x20-'a' > 25 && c != '_' {
			return false
		}
	}
	return true
}

// Len returns how many variables the set has.
func (c *Customs) Len() int {
	if c == nil {
		return 0
	}
	return len(c.list)
}

// All returns the declarations in their order. The caller may change the slice.
func (c *Customs) All() []Custom {
	if c == nil {
		return nil
	}
	return slices.Clone(c.list)
}

// Has reports whether the set declares the variable.
func (c *Customs) Has(scope, name string) bool {
	_, ok := c.Find(scope, name)
	return ok
}

// Find returns the declaration of the variable; ok is false when there is none.
func (c *Customs) Find(scope, name string) (v Custom, ok bool) {
	if c == nil {
		return Custom{}, false
	}
	i, ok := c.index[[2]string{scope, name}]
	if !ok {
		return Custom{}, false
	}
	return c.list[i], true
}

// HasScope reports whether a variable of that scope is declared.
func (c *Customs) HasScope(scope string) bool {
	if c == nil {
		return false
	}
	return slices.ContainsFunc(c.list, func(v Custom) bool { return v.Scope == scope })
}
