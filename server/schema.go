package server

// schema is a JSON Schema (2020-12) as OpenAPI 3.1 has it, ready for encoding/json,
// which writes the keywords in alphabetical order: the document is the same each time.
type schema map[string]any

// property is a member of an object in a schema.
type property struct {
	name     string
	optional bool
	schema   schema
}

func need(name string, s schema) property { return property{name, false, s} }
func may(name string, s schema) property  { return property{name, true, s} }

// object has exactly these members.
func object(properties ...property) schema {
	members := schema{}
	required := []string{}
	for _, p := range properties {
		members[p.name] = p.schema
		if !p.optional {
			required = append(required, p.name)
		}
	}
	s := schema{"type": "object", "properties": members, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func array(of schema) schema         { return schema{"type": "array", "items": of} }
func ref(name string) schema         { return schema{"$ref": "#/components/schemas/" + name} }
func str(description string) schema  { return describe(schema{"type": "string"}, description) }
func num(description string) schema  { return describe(schema{"type": "integer"}, description) }
func choice(values ...string) schema { return schema{"type": "string", "enum": values} }

func describe(s schema, description string) schema {
	if description != "" {
		s["description"] = description
	}
	return s
}

// with adds a keyword.
func (s schema) with(keyword string, value any) schema {
	s[keyword] = value
	return s
}

// idSchema is the form of ids that clients choose.
func idSchema(description string) schema {
	return str(description).with("pattern", "^[A-Za-z0-9._-]{1,64}$")
}

// facts is a context: any scope and name; the scope data is reserved.
func factsSchema() schema {
	return schema{"type": "object", "description": "What is known of the visitor: scopes, each an object of variables. " +
		"A variable that the language knows may be any scalar; chatInfo.myData (at most 500 characters) and variables of your own may be any value. systemInfo is not read.",
		"additionalProperties": schema{"type": "object"},
		"propertyNames":        schema{"not": schema{"const": "data"}},
		"examples": []any{map[string]any{"userInfo": map[string]any{"visitorName": "李先生", "vipType": 1},
			"routeInfo": map[string]any{"routeStatus": 1}}}}
}
