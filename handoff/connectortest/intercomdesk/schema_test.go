package intercomdesk

import (
	"net/http"
	"strings"
	"testing"
)

// TestSchemaFlags: before the schema is believed, one wrong request of each kind has to be
// flagged by it, and the right one taken.
func TestSchemaFlags(t *testing.T) {
	s, err := loadSchema()
	if err != nil {
		t.Fatal(err)
	}
	const contact = "65a1b2c3d4e5f60718293a4b"
	for _, c := range []struct {
		method, path, body string
		wrong              []string
	}{
		{"GET", "/me", "", nil},
		{"POST", "/contacts", `{"role":"user","external_id":"u-42","email":"a@example.com","name":"Li"}`, []string{`{"name":"Li"}`, `{"role":7}`, `[]`, `{"role":"user","email":null}`}},
		{"PUT", "/contacts/" + contact, `{"name":"Li"}`, []string{`{"name":7}`, `"x"`}},
		{"GET", "/contacts/" + contact, "", nil},
		{"GET", "/contacts/find_by_external_id/u-42", "", nil},
		{"POST", "/contacts/" + contact + "/unarchive", "", nil},
		{"POST", "/conversations", `{"from":{"type":"user","id":"` + contact + `"},"body":"plain text"}`,
			[]string{`{"body":"x"}`, `{"from":{"type":"user","id":"` + contact + `"}}`, `{"from":{"type":"admin","id":"` + contact + `"},"body":"x"}`, `{"from":{"type":"user","id":"short"},"body":"x"}`, `{"from":{"type":"user"},"body":"x"}`, `{"from":{"type":"user","id":"` + contact + `"},"body":7}`}},
		{"POST", "/conversations/499/reply", `{"message_type":"comment","type":"user","intercom_user_id":"` + contact + `","body":"text"}`,
			[]string{`{"message_type":"comment","type":"user","body":"x"}`, `{"message_type":"shout","type":"user","intercom_user_id":"x","body":"x"}`, `{"message_type":"comment","type":"visitor","intercom_user_id":"x","body":"x"}`, `{"type":"user","intercom_user_id":"x","body":"x"}`, `{"message_type":"note","type":"admin","body":"x"}`}},
		{"POST", "/conversations/499/reply", `{"message_type":"note","type":"admin","admin_id":"7001","body":"<p>x</p>"}`, []string{`{"message_type":"close","type":"admin","admin_id":"7001"}`, `{"message_type":"note","type":"admin","admin_id":7001,"body":"x"}`}},
		{"POST", "/conversations/499/parts", `{"message_type":"close","type":"admin","admin_id":"7001"}`, []string{`{"message_type":"close","type":"admin"}`, `{"message_type":"shut","type":"admin","admin_id":"7001"}`, `{"message_type":"close","type":"user","admin_id":"7001"}`}},
		{"POST", "/conversations/search", `{"query":{"operator":"AND","value":[{"field":"contact_ids","operator":"=","value":"x"},{"field":"created_at","operator":">","value":1}]}}`, []string{`{}`, `{"query":{"operator":"XOR","value":[]}}`}},
		{"GET", "/conversations/499", "", nil},
	} {
		request := func(body string, change func(*http.Request)) string {
			r, err := http.NewRequest(c.method, c.path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = http.Header{"Authorization": {"Bearer x"}, "Accept": {"application/json"}, "Intercom-Version": {"2.16"}, "Content-Type": {"application/json; charset=utf-8"}}
			change(r)
			return s.request(r, []byte(body))
		}
		as := func(*http.Request) {}
		if fault := request(c.body, as); fault != "" {
			t.Errorf("%s %s %s: %s", c.method, c.path, c.body, fault)
		}
		for _, body := range append(c.wrong, "{", "") {
			if fault := request(body, as); fault == "" && (c.wrong != nil) {
				t.Errorf("%s %s %s is not flagged", c.method, c.path, body)
			}
		}
		for what, change := range map[string]func(*http.Request){
			"no token": func(r *http.Request) { r.Header.Del("Authorization") }, "no Accept": func(r *http.Request) { r.Header.Del("Accept") },
			"another version": func(r *http.Request) { r.Header.Set("Intercom-Version", "2.9") }, "another path": func(r *http.Request) { r.URL.Path += "/x" }, "another method": func(r *http.Request) { r.Method = "PATCH" },
			"a form": func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") },
		} {
			if fault := request(c.body, change); fault == "" && (what != "a form" || c.wrong != nil) {
				t.Errorf("%s %s: %s is not flagged", c.method, c.path, what)
			}
		}
	}
}
