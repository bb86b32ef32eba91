// Package explore looks for visitors: those who would get an empty reply, those who see
// a condition and its opposite at once, those whom no example covers.
//
//	report := explore.Run(ctx, explore.Input{Program: p, Now: now})
//	for _, d := range report.DeadEnds { … } // d.Visitor is a preview's persona, now and replies
//
// # What is tried
//
// What an answer shows depends on its conditions and on whether its data calls succeed.
// Each distinct one is a choice; equal conditions, and a condition and its exact opposite, are
// one. Whether a computed value with a ?: in it shows nothing is a choice too.
// Up to 12 choices all their combinations are tried, above that all pairs of them (and all
// but one the same way, which is where most holes are); [Report.Method] says which.
//
// Whether a variable is there needs no combinations of its own: what is missing shows nothing
// or its fallback, which is never more than what is there. So visitors are made as bare as their
// choices let them be.
//
// # How a visitor is found
//
// A combination counts only when somebody can be in it. The values that expressions compare
// with are in them (samples.go): for `chatInfo.visitTimes > 3` a visitor with 3, 4 and 2 visits, and
// one of whom it is not known. The solver (solve.go) looks among these for values with which the
// conditions come out as wanted; what they say of values is asked of the compiled
// expressions themselves. The visitor is then written as the JSON of a context and as replies, read
// again, and rendered by package runtime; what is reported is what that render did, not what
// the solver thought. So a report is never wrong about a visitor, though it may not find every
// one: what no sample value brings about is listed as unreached.
//
// # Bounds
//
// The work is bounded in steps, never by a clock, so equal input gives equal reports:
// renders, sample values, steps of the solver and choices have a maximum each ([Limits]), and a report
// that met one says that it is not complete. Who no longer wants the report ends the context.
//
// A call of [Run] uses one goroutine beside those of the data calls; it may be called
// by many at once.
package explore
