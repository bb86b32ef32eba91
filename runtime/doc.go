// Package runtime turns an answer into an immutable [Program] and a program,
// together with the facts of one visitor, into what the visitor sees: text with
// actions in it.
//
//	v, faults := runtime.NewVocabulary(runtime.Settings{…}) // once per bot
//	p := runtime.Compile(answer, runtime.Text, v, runtime.Limits{})
//	var r runtime.Render // pooled by the caller
//	r.Run(ctx, p, runtime.Input{Facts: facts, Fetcher: fetcher})
//	content := r.AppendContent(nil)
//
// # Compile
//
// The tree of package parser knows brackets only. The compiler (compile*.go) asks
// what the names mean. What turns out to be no expression goes back into the tree as
// text, and the rest becomes a flat list of ops: each is a constant, a piece of
// the source, and what stands behind it. Variables are slots, the four known
// conditions are a bit test with a jump, expr conditions come from package
// condition, URLs from package dataurl, and package markup says for each value the place where it
// stands, so that a render only has to escape for it.
//
// # Decide, call, emit
//
// A render (render.go) has three steps. Deciding walks the ops once: conditions are
// evaluated, each at most once, and the data calls of what is shown are found.
// The calls run at the same time, under one deadline. One that needs another's data,
// in its URL or in a condition on the way to it, is found by walking again when that
// has ended. Then everything is known, and emitting (emit*.go) writes it
// out as often as is asked: as content, as a JSON string, as JSON segments. An answer
// without an expr and without a call has nothing to decide: emitting tests a bit for each condition.
//
// # Who may share what
//
// A Program and a [Vocabulary] never change and may be shared by all goroutines. A
// [Render] belongs to one goroutine and one render at a time. A [Cache] keeps
// programs by their content. The package has no clock, no randomness and no network of its own: facts carry
// the moment, a [Fetcher] makes the calls.
package runtime
