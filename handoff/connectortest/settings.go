package connectortest

import (
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"github.com/zhida-kb/zhida/handoff"
	"github.com/zhida-kb/zhida/handoff/connectortest/vendor"
)

func settingsBehaviours() []Behaviour {
	return []Behaviour{
		{"description is complete and always the same", (*rig).described},
		{"faults of settings are all told at once", (*rig).faults},
		{"verify finds working credentials", (*rig).verified},
		{"verify tells wrong credentials in words", (*rig).wrongCredentials},
		{"verify tells what is not reachable", (*rig).unreachable},
		{"what was broken is available again", (*rig).reverified},
	}
}

func (r *rig) described() {
	d := r.connector().Describe()
	if !reflect.DeepEqual(d, r.connector().Describe()) {
		r.Error("two descriptions differ")
	}
	if d.Kind == "" || d.Name.Zh == "" || d.Name.En == "" || d.BodyLimit <= 0 || d.BodyLimit > 4<<20 || d.Timeout <= 0 || d.Timeout > 20*time.Second || len(d.SubPaths) == 0 {
		r.Errorf("the description is not complete: %+v", d)
	}
	for _, f := range d.Fields {
		if f.Name == "" || f.About.Zh == "" || f.About.En == "" {
			r.Errorf("field %+v says nothing of itself", f)
		}
		if f.Secret && f.Default != nil {
			r.Errorf("%s: a secret with a default", f.Name)
		}
		switch f.Type {
		case "string", "bool", "integer", "strings", "object":
		default:
			r.Errorf("%s has the type %q", f.Name, f.Type)
		}
	}
	if faults := r.connector().Check(r.account.Values); len(faults) > 0 {
		r.Errorf("working settings have faults: %+v", faults)
	}
}

func (r *rig) faults() {
	d := r.connector().Describe()
	wrong := handoff.Values{"noSuchSetting": json.RawMessage(`1`), "a/b~c": json.RawMessage(`1`)}
	want := map[string]bool{"/noSuchSetting": false, "/a~1b~0c": false}
	for _, f := range d.Fields {
		wrong[f.Name] = json.RawMessage(`123`)
		want["/"+f.Name] = false
	}
	for _, fault := range r.connector().Check(wrong) {
		want[fault.Pointer] = true
		if fault.Text.Zh == "" || fault.Text.En == "" {
			r.Errorf("%s: no text", fault.Pointer)
		}
	}
	for pointer, told := range want {
		if !told {
			r.Errorf("nothing is said of %s", pointer)
		}
	}
	missing := map[string]bool{}
	for _, fault := range r.connector().Check(handoff.Values{}) {
		missing[fault.Pointer] = true
	}
	for _, f := range d.Fields {
		if f.Required != missing["/"+f.Name] {
			r.Errorf("%s: required %v, told %v", f.Name, f.Required, missing["/"+f.Name])
		}
		if f.Secret && f.Type == "string" {
			r.with(func(v handoff.Values) { v[f.Name] = json.RawMessage(`""`) }, func() {
				if len(r.connector().Check(r.account.Values)) == 0 {
					r.Errorf("an empty %s is taken", f.Name)
				}
			})
		}
	}
}

func (r *rig) verified() {
	before := len(r.desk.Server().Requests())
	if err := r.verify(); err != nil {
		r.Error(err)
	}
	if len(r.desk.Server().Requests()) == before {
		r.Error("nothing was asked")
	}
	if len(r.desk.Sessions()) != 0 {
		r.Error("a verification opens no session")
	}
}

func (r *rig) wrongCredentials() {
	r.desk.BreakCredentials(true)
	r.demand("verify", r.verify(), handoff.Misconfigured)
	r.demand("open", last(r.openTimes(3, r.newVisit(1))), handoff.Misconfigured)
}

func (r *rig) unreachable() {
	if err := r.desk.Server().Down(); err != nil {
		r.Fatal(err)
	}
	e := r.demand("verify", r.verify(), handoff.Unreachable)
	if e.Uncertain {
		r.Error("a connection that was refused leaves nothing uncertain")
	}
	if err := r.desk.Server().Up(); err != nil {
		r.Fatal(err)
	}
	r.desk.Server().Fail(vendor.Fault{Status: http.StatusBadGateway, Times: 1})
	r.demand("verify", r.verify(), handoff.Unreachable)
	if err := r.verify(); err != nil {
		r.Error(err)
	}
}

func (r *rig) reverified() {
	r.desk.BreakCredentials(true)
	r.demand("verify", r.verify(), handoff.Misconfigured)
	r.desk.BreakCredentials(false)
	if err := r.verify(); err != nil {
		r.Errorf("after it was mended: %v", err)
	}
	r.open(r.newVisit(1))
}
