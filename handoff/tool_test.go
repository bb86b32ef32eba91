package handoff

import (
	"encoding/json"
	"testing"
)

// TestDefinition: each dialect has its own names around the same schema.
func TestDefinition(t *testing.T) {
	s := Settings{TriggerDescription: "用户要求人工时", Routes: map[string]Route{"sales": {}, "after": {}}}
	for dialect, at := range map[Dialect][]string{
		OpenAI: {"function", "parameters"}, Anthropic: {"input_schema"}, MCP: {"inputSchema"},
	} {
		raw, err := s.Definition(dialect)
		if err != nil {
			t.Fatal(err)
		}
		var whole map[string]any
		if err := json.Unmarshal(raw, &whole); err != nil {
			t.Fatal(err)
		}
		holder := whole
		for _, name := range at[:len(at)-1] {
			holder, _ = holder[name].(map[string]any)
		}
		if holder["name"] != ToolName || holder["description"] != "用户要求人工时" {
			t.Errorf("%s: %s", dialect, raw)
		}
		got, err := json.Marshal(holder[at[len(at)-1]])
		if err != nil {
			t.Fatal(err)
		}
		var schema struct {
			Type       string
			Required   []string
			Properties map[string]struct {
				Type string
				Enum []string
			}
		}
		if err := json.Unmarshal(got, &schema); err != nil {
			t.Fatal(err)
		}
		if schema.Type != "object" || len(schema.Required) != 1 || schema.Required[0] != "question" || len(schema.Properties) != 3 ||
			schema.Properties["reason"].Type != "string" || len(schema.Properties["route"].Enum) != 2 || schema.Properties["route"].Enum[0] != "after" {
			t.Errorf("%s: %s", dialect, got)
		}
	}
	if _, err := s.Definition("xml"); err == nil {
		t.Error("an unknown dialect has a definition")
	}
	raw, err := (&Settings{}).Definition(MCP)
	if err != nil {
		t.Fatal(err)
	}
	var tool struct{ Description string }
	if err := json.Unmarshal(raw, &tool); err != nil || tool.Description != defaultTrigger {
		t.Errorf("%s %v", raw, err)
	}
}
