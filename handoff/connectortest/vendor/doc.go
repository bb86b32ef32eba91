// Package vendor is what the fakes of human-service systems share: an HTTP server on
// loopback that keeps what it was asked and can be made to fail in every way that a real
// one does ([Server], [Fault]), and the words in which a test speaks of any of them
// ([Desk], [Session], [Delivery]).
//
// A fake is faithful: it checks each request as its vendor would, by the vendor's own
// schema or samples where there are any, and writes down what would have been refused
// ([Server.Violations]). It is a desk in memory: nothing in it sleeps, and it signs with
// the clock that it is given.
package vendor
