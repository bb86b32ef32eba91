package handoff

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
)

// ToolName is the name of the model's tool.
const ToolName = "transfer_to_human"

// ToolResult is what a call of the tool says. It promises no more than is known.
type ToolResult string

// The results.
const (
	ToolConnecting  ToolResult = "connecting"   // the desk has accepted
	ToolRequested   ToolResult = "requested"    // asked; the desk has not said anything yet
	ToolBusy        ToolResult = "busy"         // the desk has refused
	ToolOutOfHours  ToolResult = "out_of_hours" // outside the service hours
	ToolUnavailable ToolResult = "unavailable"  // disabled, not configured or failing
	ToolNeedsEmail  ToolResult = "needs_email"  // the visitor is being asked for an address
)

// ToolArguments are what the model fills in.
type ToolArguments struct {
	Question string `json:"question,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Route    string `json:"route,omitempty"`
}

// Dialect is the form in which a tool is defined.
type Dialect string

// The dialects.
const (
	OpenAI    Dialect = "openai"    // Chat Completions' tools and what is compatible with them
	Anthropic Dialect = "anthropic" // the Messages API's tools
	MCP       Dialect = "mcp"       // a Tool of the Model Context Protocol
)

// defaultTrigger tells the model when to call where the settings do not.
const defaultTrigger = "Hand the conversation over to a human agent. Call this when the visitor asks for a human, " +
	"is upset or complains, or when you cannot solve the problem with what you know. " +
	"Say to the visitor the text that the tool returns; do not promise anything else. " +
	"当访客要求人工客服、情绪不满或投诉，或你无法解决问题时调用；把返回的文字告诉访客，不要另作承诺。"

// Definition is the tool's definition in a dialect, as JSON. The only error is an
// unknown dialect.
func (s *Settings) Definition(d Dialect) (json.RawMessage, error) {
	trigger := s.TriggerDescription
	if trigger == "" {
		trigger = defaultTrigger
	}
	parameters := s.toolParameters()
	var tool any
	switch d {
	case OpenAI:
		tool = map[string]any{"type": "function", "function": map[string]any{
			"name": ToolName, "description": trigger, "parameters": parameters}}
	case Anthropic:
		tool = map[string]any{"name": ToolName, "description": trigger, "input_schema": parameters}
	case MCP:
		tool = map[string]any{"name": ToolName, "description": trigger, "inputSchema": parameters}
	default:
		return nil, errors.New("the dialect must be openai, anthropic or mcp")
	}
	return json.Marshal(tool)
}

// toolParameters is the JSON Schema of the arguments.
func (s *Settings) toolParameters() map[string]any {
	text := func(about string) map[string]any {
		return map[string]any{"type": "string", "description": about}
	}
	route := text("Which team; leave it out unless you have been told of one. 转接到哪个小组，未作说明时不要填写。")
	if len(s.Routes) > 0 {
		route["enum"] = slices.Sorted(maps.Keys(s.Routes))
	}
	return map[string]any{
		"type": "object",
		"properties": map[string]any{
			"question": text("What the visitor wants from the agent, in the visitor's language, in one or two sentences. 访客需要人工解决的问题。"),
			"reason":   text("Why a human is needed; only the agent reads it. 转人工的原因，仅客服可见。"),
			"route":    route,
		},
		"required":             []string{"question"},
		"additionalProperties": false,
	}
}
