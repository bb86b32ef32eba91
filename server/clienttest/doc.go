// Package clienttest makes a client of the OpenAPI document with a generator that is not
// ours, and uses it against a running server: what the document says has to be enough to
// write a program by.
//
// It is a module of its own, so that the generator's dependencies are not the product's.
// The generator is oapi-codegen: it reads OpenAPI 3.1 and is what Go teams use. The client
// (testdata/client) is made anew by each run and never kept; testdata/use is the program
// that uses it.
package clienttest

import _ "github.com/oapi-codegen/runtime" // what the generated client needs
