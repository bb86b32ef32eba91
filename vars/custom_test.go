package vars

import (
	"slices"
	"strings"
	"testing"
)

func TestCustoms(t *testing.T) {
	list := []Custom{
		{Scope: "order", Name: "id", Description: "订单号", Example: "20200928001"},
		{Scope: "order", Name: "Id"},
		{Scope: "userInfo", Name: "level"},
		{Scope: "_2", Name: "9"},
		{Scope: strings.Repeat("s", 64), Name: strings.Repeat("n", 64)},
	}
	c, faults := NewCustoms(list, "/variables")
	if faults != nil {
		t.Fatal(faults)
	}
	if c.Len() != len(list) || !slices.Equal(c.All(), list) {
		t.Errorf("%d declarations: %v", c.Len(), c.All())
	}
	for _, v := range list {
		if got, ok := c.Find(v.Scope, v.Name); !ok || got != v || !c.Has(v.Scope, v.Name) || !c.HasScope(v.Scope) {
			t.Errorf("%s.%s is not found: %v", v.Scope, v.Name, got)
		}
	}
	for _, name := range [][2]string{{"order", "ID"}, {"Order", "id"}, {"userInfo", "visitorName"}, {"", ""}} {
		if c.Has(name[0], name[1]) {
			t.Errorf("%v is declared", name)
		}
	}
	if c.HasScope("id") {
		t.Error("a name is taken for a scope")
	}
	list[0].Name = "changed"
	c.All()[1].Name = "changed"
	if !c.Has("order", "id") || c.All()[0].Name != "id" || c.All()[1].Name != "Id" {
		t.Error("a caller can change the set")
	}
}

func TestNilCustomsAreEmpty(t *testing.T) {
	var c *Customs
	if c.Len() != 0 || c.All() != nil || c.Has("a", "b") || c.HasScope("a") {
		t.Error("the nil set holds something")
	}
	c, faults := NewCustoms(nil, "/variables")
	if faults != nil || c.Len() != 0 || c.Has("a", "b") {
		t.Errorf("the set of no declarations: %v, %v", c, faults)
	}
}

func TestCustomsFaults(t *testing.T) {
	list := []Custom{
		{Scope: "order", Name: "id"},
		{Scope: "order", Name: "id"},
		{Scope: "", Name: "id"},
		{Scope: "order", Name: ""},
		{Scope: "or-der", Name: "id"},
		{Scope: "订单", Name: "id"},
		{Scope: "order", Name: "a.b"},
		{Scope: "order", Name: strings.Repeat("n", 65)},
		{Scope: "data", Name: "id"},
		{Scope: "systemInfo", Name: "id"},
		{Scope: "userInfo", Name: "visitorName"},
		{Scope: "order", Name: "other"},
	}
	want := map[string]faultText{
		"/bots/variables/1/name":  faultCustomTwice,
		"/bots/variables/2/scope": faultCustomName,
		"/bots/variables/3/name":  faultCustomName,
		"/bots/variables/4/scope": faultCustomName,
		"/bots/variables/5/scope": faultCustomName,
		"/bots/variables/6/name":  faultCustomName,
		"/bots/variables/7/name":  faultCustomName,
		"/bots/variables/8/scope": faultCustomScope,
		"/bots/variables/9/scope": faultCustomScope,
		"/bots/variables/10/name": faultCustomSystem,
	}
	c, faults := NewCustoms(list, "/bots/variables")
	if c != nil {
		t.Error("there is a set in spite of faults")
	}
	if len(faults) != len(want) {
		t.Errorf("%d faults, want %d", len(faults), len(want))
	}
	for _, fault := range faults {
		text := want[fault.Pointer]
		if text.en == "" || fault.Detail != text.en || fault.Zh != text.zh {
			t.Errorf("unexpected: %+v", fault)
		}
	}
}

// What isName takes is what an answer may have in ${scope.name}.
func TestIsName(t *testing.T) {
	for c := range 256 {
		want := strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", rune(c)) && c < 0x80
		if got := isName("a" + string([]byte{byte(c)})); got != want {
			t.Errorf("byte %#x: %v", c, got)
		}
	}
}
