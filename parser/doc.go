// Package parser reads an answer: text with expressions in it, each a name and a
// body between doubled brackets.
//
//	${userInfo.visitorName|朋友}                a variable, with a fallback
//	${= chatInfo.visitTimes + 1 }               a computed value
//	[[#toChat(sales):转接${routeInfo.routeName}]]  an operation: argument and label
//	((#queryData(member):https://…))            data: name and URL
//	{{#if(userInfo.vipType == 1):…}}{{#else:…}}  logic: condition and content
//
// It knows brackets, not meanings: whether vipUser is a condition, whether an expr
// compiles, what a URL may hold is the business of package runtime, which tells the
// tree with [Tree.Dissolve] what turned out to be no expression.
//
// # How an answer is read
//
// The lexer (lexer.go) does what makes the language the language: it finds which
// opener has which closer, by form alone, in one pass with a stack. An opener whose
// closer never comes is text, and unclosed.go says how reading goes on behind it
// without reading everything again for each. The result is a list of tokens that
// tile the text and whose brackets match. A participle grammar (grammar.go) turns
// them into nodes. Depth and counts are limited before the grammar sees a token,
// because a grammar recurses and a goroutine whose stack overflows takes the whole
// process down.
//
// Parsing never fails: any bytes give a tree and, from [Lint], what to say of them.
// [Tree.Format] gives back the source byte for byte.
//
// Everything in the package is a pure function of its arguments.
package parser
