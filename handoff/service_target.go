package handoff

import (
	"bytes"
	"context"
)

// targeted are the names of the routes with a target, in order.
func (s *Settings) targeted() (names []string) {
	for _, name := range sortedKeys(s.Routes) {
		if len(s.Routes[name].Target) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// targetFaults puts faults of a target where the target stands in the settings.
func targetFaults(route string, faults []Fault) []Fault {
	for i := range faults {
		faults[i].Pointer = "/routes/" + escapePointer(route) + "/target" + faults[i].Pointer
	}
	return faults
}

// checkTargets lists what is wrong with the form of routes' targets.
func (s *Service) checkTargets(settings *Settings) (all []Fault) {
	for _, name := range settings.targeted() {
		r := settings.Routes[name]
		k, ok := s.connectors[r.Connector].(Targeter)
		if !ok {
			all = append(all, targetFaults(name, []Fault{fault("", "这种连接器没有目标，请不要写。", "A route to this connector has no target; leave it out.")})...)
			continue
		}
		all = append(all, targetFaults(name, k.CheckTarget(r.Target))...)
	}
	return all
}

// verifyTargets asks the vendors for the targets that are new. What cannot be found out,
// because there is no account yet or the vendor does not answer, is taken.
func (s *Service) verifyTargets(ctx context.Context, bot string, settings *Settings) (all []Fault) {
	b, ok := s.cfg.Bots(ctx, bot)
	if !ok {
		return nil
	}
	c, err := s.config(ctx, b)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	for _, name := range settings.targeted() {
		r, before := settings.Routes[name], c.settings.Routes[name]
		if before.Connector == r.Connector && bytes.Equal(before.Target, r.Target) || c.accounts[r.Connector] == nil {
			continue
		}
		a, err := s.account(ctx, b, r.Connector)
		if err != nil {
			continue
		}
		faults, err := s.connectors[r.Connector].(Targeter).VerifyTarget(ctx, a, r.Target)
		if err != nil {
			s.cfg.Log.Warn("a route's target could not be verified", "bot", bot, "route", name, "connector", r.Connector, "error", err)
		}
		all = append(all, targetFaults(name, faults)...)
	}
	return all
}
