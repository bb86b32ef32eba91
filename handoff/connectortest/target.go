package connectortest

import (
	"encoding/json"
	"strings"

	"github.com/zhida-kb/zhida/handoff"
)

func targetBehaviours() []Behaviour {
	return []Behaviour{
		{"a route's target gets the session, another none", (*rig).targeted},
		{"a target's form is checked", (*rig).targetForm},
		{"a target that is not there is told in words", (*rig).targetUnknown},
	}
}

// targets gives the connector as one that takes targets, and the desk's.
func (r *rig) targets() (k handoff.Targeter, good, unknown json.RawMessage) {
	r.Helper()
	k, ok := r.connector().(handoff.Targeter)
	if !ok {
		r.Fatal("the connector takes no targets")
	}
	good, unknown = r.desk.Targets()
	return k, good, unknown
}

func (r *rig) targeted() {
	_, good, _ := r.targets()
	for n, target := range []json.RawMessage{nil, good, nil} {
		v := r.newVisit(n)
		v.open.Target = target
		r.open(v)
		r.send(v, "hello")
		s := r.desk.Sessions()[n]
		if (s.Target == "") != (target == nil) || s.Target != "" && !strings.Contains(string(good), s.Target[strings.LastIndexByte(s.Target, ' ')+1:]) {
			r.Errorf("opened with %s, the desk sends it to %q", target, s.Target)
		}
		if s.Question != v.open.Question || len(s.Messages) != 1 {
			r.Errorf("the desk has %+v", s)
		}
	}
	// A second session of a conversation goes where its own route says.
	first := r.newVisit(8)
	first.open.Target = good
	r.open(first)
	if err := last(r.closeTimes(1, first, handoff.UserClosed)); err != nil {
		r.Fatal(err)
	}
	second := r.newVisit(9)
	second.visitor, second.memory = first.visitor, first.memory
	r.open(second)
	all := r.desk.Sessions()
	if got := all[len(all)-1].Target; got != "" {
		r.Errorf("a session without a target follows the one before to %q", got)
	}
}

func (r *rig) targetForm() {
	k, good, _ := r.targets()
	if faults := k.CheckTarget(good); len(faults) > 0 {
		r.Errorf("a good target has faults: %+v", faults)
	}
	fields := r.connector().Describe().Target
	if fields == nil {
		return // it takes any object
	}
	wrong := map[string]json.RawMessage{"noSuchMember": json.RawMessage("1")}
	want := map[string]bool{"/noSuchMember": false}
	for _, f := range fields {
		if f.Name == "" || f.About.Zh == "" || f.About.En == "" {
			r.Errorf("member %+v says nothing of itself", f)
		}
		wrong[f.Name], want["/"+f.Name] = json.RawMessage(`{}`), false
	}
	for _, fault := range k.CheckTarget(r.marshal(wrong)) {
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
	for _, nothing := range []string{"{}", `{"noSuchMember":1}`} {
		if len(k.CheckTarget(json.RawMessage(nothing))) == 0 {
			r.Errorf("%s is taken for a target", nothing)
		}
	}
}

func (r *rig) targetUnknown() {
	k, good, unknown := r.targets()
	if faults, err := k.VerifyTarget(r.Context(), r.account, good); r.heard(err) != nil || len(faults) > 0 {
		r.Errorf("%+v, %v", faults, err)
	}
	if n := len(r.desk.Sessions()); n != 0 {
		r.Errorf("the desk has %d sessions: a look opens none", n)
	}
	if unknown == nil {
		return
	}
	faults, err := k.VerifyTarget(r.Context(), r.account, unknown)
	if r.heard(err) != nil || len(faults) != 1 || faults[0].Pointer == "" || faults[0].Text.Zh == "" || faults[0].Text.En == "" {
		r.Errorf("%+v, %v", faults, err)
	}
	if err := r.desk.Server().Down(); err != nil {
		r.Fatal(err)
	}
	if faults, err := k.VerifyTarget(r.Context(), r.account, unknown); r.heard(err) == nil || len(faults) > 0 {
		r.Errorf("nobody answers: %+v, %v", faults, err)
	}
}
