package connectortest

import "testing"

// Behaviour is one demand.
type Behaviour struct {
	Name string
	Run  func(*rig)
}

// Behaviours are what every connector does.
func Behaviours() []Behaviour {
	var all []Behaviour
	for _, part := range [][]Behaviour{settingsBehaviours(), targetBehaviours(), outboundBehaviours(), failureBehaviours(), onceBehaviours(), inboundBehaviours(), trustBehaviours()} {
		all = append(all, part...)
	}
	return all
}

// Run holds a connector to every behaviour.
func Run(t *testing.T, s Subject) {
	for _, b := range Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			b.Run(newRig(t, s))
		})
	}
}
