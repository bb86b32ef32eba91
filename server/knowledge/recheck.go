package knowledge

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
)

// recheckPage is how many answers are looked at in one transaction.
const recheckPage = 2000

// What is told of answers that a change breaks: there is no need to go on then.
const (
	mostBroken     = 100 // answers
	mostObjections = 5   // of one of them
)

// review looks through published answers for those of which something says that they
// should not be published with some settings.
type review struct {
	s      *Service
	bot    *Bot // the settings
	now    Checker
	before *Bot    // what speaks against an answer with these is not told; nil: all is
	old    Checker // of before
	of     func(*Published) bool
}

// recheck returns the published answers against which something speaks after a change of
// settings that did not before. With a refusal, because that takes too long, some of them.
func (s *Service) recheck(ctx context.Context, before, after *Bot) ([]Broken, error) {
	if before == nil {
		before = &Bot{ID: after.ID} // there may be answers from when it stood in the config file
	}
	names := changedNames(before, after)
	if len(names) == 0 {
		return nil, nil
	}
	r := review{s: s, bot: after, of: func(p *Published) bool { return mentions(p.Text, names) }}
	var bad []Fault
	if r.now, bad = s.language.Open(after); len(bad) > 0 {
		return nil, invalid(bad)
	}
	if old, bad := s.language.Open(before); len(bad) == 0 { // else they are not valid any more
		r.before, r.old = before, old
	}
	within, cancel := context.WithTimeout(ctx, s.checkTime)
	defer cancel()
	broken, err := r.run(within)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		return broken, unchecked()
	}
	return broken, err
}

// Unsound returns the published answers of a bot that a publish would refuse by now, but
// for those that were published by force: at most 100, in the order of their ids. Settings
// that are changed over PutBot leave none behind unasked; those of a config file may.
func (s *Service) Unsound(ctx context.Context, bot string) ([]Broken, error) {
	b, err := s.Bot(ctx, bot)
	if err != nil {
		return nil, err
	}
	r := review{s: s, bot: b, of: func(p *Published) bool { return !p.Forced }}
	if r.now, err = s.checker(b); err != nil {
		return nil, err
	}
	return r.run(ctx)
}

// run looks through all published answers, page by page. With an error it returns what was
// found before.
func (r *review) run(ctx context.Context) ([]Broken, error) {
	var all []Broken
	for last := ""; ; {
		page, err := r.s.Published(ctx, r.bot.ID, last, recheckPage)
		if err != nil {
			return all, err
		}
		broken, err := r.look(ctx, page)
		if err != nil {
			return all, err
		}
		if all = append(all, broken...); len(all) >= mostBroken {
			return all[:mostBroken], nil
		}
		if len(page) < recheckPage {
			return all, nil
		}
		last = page[len(page)-1].ID
	}
}

// look returns those of some answers against which something speaks.
func (r *review) look(ctx context.Context, page []Published) ([]Broken, error) {
	var broken []Broken
	var sound []*Revision
	for i := range page {
		p := &page[i]
		if !r.of(p) {
			continue
		}
		found := errorsOf(r.now.Check(p.Text, p.Format))
		if len(found) == 0 {
			sound = append(sound, &Revision{Bot: p.Bot, Answer: p.ID, Number: p.Revision, Content: Content{Format: p.Format, Text: p.Text}})
		} else if r.old == nil || len(errorsOf(r.old.Check(p.Text, p.Format))) < len(found) {
			broken = append(broken, Broken{ID: p.ID, Revision: p.Revision, Source: p.Text, Diagnostics: found})
		}
	}
	failing, err := r.examine(ctx, sound)
	broken = append(broken, failing...)
	slices.SortFunc(broken, func(a, b Broken) int { return cmp.Compare(a.ID, b.ID) })
	return broken, err
}

// examine asks the examiners about answers without errors. What they object to with the
// settings of before as well is not told.
func (r *review) examine(ctx context.Context, sound []*Revision) ([]Broken, error) {
	if len(sound) == 0 {
		return nil, nil
	}
	objections, err := r.s.examine(ctx, r.bot, sound)
	if err != nil || len(objections) == 0 {
		return nil, err
	}
	of := map[string][]Objection{}
	for _, o := range objections {
		of[o.Answer] = append(of[o.Answer], o)
	}
	sound = slices.DeleteFunc(sound, func(v *Revision) bool { return len(of[v.Answer]) == 0 })
	if r.before != nil {
		known, err := r.s.examine(ctx, r.before, sound)
		if err != nil {
			return nil, err
		}
		for _, k := range known {
			of[k.Answer] = slices.DeleteFunc(of[k.Answer], func(o Objection) bool { return o.Case == k.Case })
		}
	}
	var broken []Broken
	for _, v := range sound {
		if found := of[v.Answer]; len(found) > 0 {
			told := found[:min(len(found), mostObjections)]
			broken = append(broken, Broken{ID: v.Answer, Revision: v.Number, Source: v.Text, Objections: told, More: len(found) - len(told)})
		}
	}
	return broken, nil
}

// changedNames returns the names that answers may use and that mean something else after
// a change: conditions, those that are built on them, and variables.
func changedNames(before, after *Bot) []string {
	changed := map[string]bool{}
	for _, pair := range [][2]*Bot{{before, after}, {after, before}} {
		for name, expr := range pair[0].Conditions {
			if other, ok := pair[1].Conditions[name]; !ok || other != expr {
				changed[name] = true
			}
		}
		for _, v := range pair[0].Variables {
			if !slices.ContainsFunc(pair[1].Variables, func(o Variable) bool { return o.Scope == v.Scope && o.Name == v.Name }) {
				changed[v.Scope+"."+v.Name] = true
			}
		}
	}
	for grown := true; grown; {
		grown = false
		for _, b := range []*Bot{before, after} {
			for name, expr := range b.Conditions {
				if !changed[name] && mentions(expr, slices.Collect(maps.Keys(changed))) {
					changed[name], grown = true, true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(changed))
}

// mentions reports whether a text may use one of the names. In html a name may be written
// with character references: such a text is looked at in any case.
func mentions(text string, names []string) bool {
	if strings.Contains(text, "&") {
		return true
	}
	for _, name := range names {
		scope, last, dotted := strings.Cut(name, ".")
		if !dotted && strings.Contains(text, name) || dotted && strings.Contains(text, scope) && strings.Contains(text, last) {
			return true
		}
	}
	return false
}
