// Package condition compiles and evaluates the expressions of answers: what stands in
// {{#if(…):…}} and {{#elseif(…):…}}, a bot's named conditions, and computed values
// ${= … }. The language is expr (github.com/expr-lang/expr), with what the language
// page of zhida adds: missing values, untyped values, data, the render's clock.
//
//	env, faults := condition.NewEnv(customs, map[string]string{"gold": "order.amount > 1000"})
//	x, err := env.Compile(`gold && userInfo.vipType == 1`, condition.Bool, nil)
//	…
//	in := &condition.Input{Facts: facts, Data: data} // one per render, reused
//	held, trouble := x.Bool(in)
//
// # How an expression is compiled
//
//	source → tokens (scan.go, slips.go) → expr's parser → check and lower (lower*.go) → program (program.go)
//
// The scanner sees the source first. It enforces the limits before expr's parser, which
// recurses, meets anything; it knows what editors type by mistake (full-width marks,
// ${…}, a single =) and makes one fix for all of it; and its tokens are what positions
// of errors are worked out from, in bytes, for expr counts characters.
//
// The parser is expr's own, so the grammar is. Type check and evaluation are not,
// though they do what expr's do where the page says nothing else:
//
//   - The checker of expr walks the operand between two comparisons twice, and each
//     bracket (`1 < (1 < (…) < 1) < 1`) doubles that: 300 bytes keep it busy for many
//     minutes. Its virtual machine counts memory but no steps (`let a = 1..1000; all(a, all(a, all(a, …)))`)
//     and cannot be stopped; text that is joined or replaced is not counted at all.
//   - Missing and untyped values would need every operator patched to a function call,
//     and every message would be English only, told by text.
//   - Values in it are interfaces; ours are flat (value.go), so that a condition
//     allocates nothing.
//
// TestOracle and TestOracleTypes hold the two against each other on random expressions.
//
// Lowering walks the tree once: it resolves names to slots of the facts, checks types,
// and appends nodes to an array. The comparison of a system variable with a literal is
// one node. An expression of nothing but such ([Expr] calls it pure) cannot fail and is
// evaluated without any bookkeeping.
//
// # Values
//
//   - System variables are texts, the numeric ones (chatTimes, visitTimes, routeStatus,
//     vipType) numbers. myData, custom variables, data and what fromJSON gives are
//     untyped: their type is known when they are there.
//   - What the facts do not have is nil. A member of nil is nil. == and != compare nil;
//     <, <=, >, >=, in, contains, startsWith, endsWith and matches with it are false.
//     Everything else with nil is a run-time error: arithmetic, arguments of functions,
//     and also !, && and || and the outcome of an if, for a missing value is neither
//     true nor false. The right side of && and || is only evaluated when it counts.
//   - Untyped values adapt to what they meet. A numeric string beside a number is a
//     number, whether it is compared, added up or an argument; == between a number and
//     a text that is none is false, < is an error. Where a text is wanted, because the
//     other side of + is one to the check or a function says so, an untyped number is
//     its text. What is numeric says vars.ParseNumber.
//   - Types that the check knows are held to: `userInfo.visitorName > 3` is refused.
//   - Whole numbers are 64 bits and do not wrap round; division by zero, NaN, infinities
//     and overflow are errors.
//   - Lengths, places and slices of texts are in characters (expr: bytes). string(x) is
//     the text that x has as a computed value. groupBy has texts as keys.
//   - An index beyond a list is an error, get(list, i) is nil.
//   - Times without a zone are UTC; zones are offsets and a few fixed names. No function
//     reads the machine's clock, its zones, files or the network. $env is off.
//
// The text of a computed value: whole numbers plainly, others rounded to 12 significant
// digits (float64 beyond 2^53 as well), never an exponent; true and false; nothing for
// nil; lists and objects as compact JSON, members in their order, and what came from
// JSON text and is unchanged as it came; times as 2006-01-02 15:04:05 in their zone,
// durations as 1h30m0s.
//
// # Named conditions
//
// They are compiled with the Env. Used in an expression one is a boolean, evaluated at
// most once in each evaluation. Trouble inside of it makes it false, as it would make
// {{#name:…}}, and is reported beside the outcome: name and !name are never both false.
//
// # Limits
//
// Of a source: [MaxSource], [MaxTokens], [MaxNesting], [MaxNodes]; of a regular
// expression 1,000 bytes and 2,000 instructions. Of an evaluation: 200,000 steps and
// 4 MiB of values, and 1,000,000 steps for all evaluations with one [Input] between two
// Resets (pure expressions cost nothing). Values nest 100 levels. What passes one of
// these ends as a run-time error. A step takes some ten nanoseconds.
//
// No panic leaves the package: errors travel as panics within a compile or an
// evaluation, as in text/template, and a defect becomes an error of the one expression.
package condition
