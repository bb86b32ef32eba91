package server

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzDecodeBody: no document breaks the decoder. What it takes is JSON, and comes to the
// same when it is written and read again; what it refuses has a place and a reason in both
// languages.
func FuzzDecodeBody(f *testing.F) {
	for _, doc := range []string{
		`{"name":"李","kind":"custom","id":"a.b","day":"2024-02-29","email":"a@example.com","url":"https://example.com/x","on":true,"n":9,` +
			`"small":-128,"f":1.5,"at":"2024-12-12T09:00:00+08:00","list":[{"from":"a","to":"b"}],"words":["a","b"],"map":{"k":"v"},` +
			`"maybe":3,"raw":{"a":[1,"\u0000"]},"any":[1,{"x":null}],"outer":"o"}`,
		`{"name":"x","email":null,"at":null,"maybe":null,"raw":null,"any":null}`, `{"name":"\ud800"}`, "{\"name\":\"\xff\"}", `{`, `[]`, `null`,
		`{"name":"x","map":{"~/":"","":"y"},"n":1e0}`, `{"list":[[],{},1,null]}`, `{"name":"x","at":"2024-13-01T00:00:00Z"}`,
		`{"name":"x","f":1e999,"n":99999999999999999999}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var v sample
		faults := decodeJSON(doc, &v)
		if len(faults) > 0 {
			for _, fault := range faults {
				if fault.Text.Zh == "" || fault.Text.En == "" || fault.Pointer != "" && fault.Pointer[0] != '/' {
					t.Errorf("%q: %+v", doc, fault)
				}
			}
			return
		}
		if !json.Valid(doc) {
			t.Fatalf("%q is no JSON", doc)
		}
		once := appendJSON(nil, v)
		var again sample
		if faults := decodeJSON(once, &again); len(faults) > 0 {
			t.Fatalf("%q is written as %s, which is refused: %v", doc, once, faults)
		}
		if twice := appendJSON(nil, again); !bytes.Equal(once, twice) {
			t.Errorf("%q is written as %s, then as %s", doc, once, twice)
		}
	})
}
