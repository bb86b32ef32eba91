// Package storetest holds a store of the human service to what handoff.Store promises,
// by running the whole service over it:
//
//	storetest.Run(t, func(t *testing.T) *storetest.House { … })
//
// The service's connector is Vendor, a human-service system in memory: it keeps what it
// was told, fails as it is asked to, and its webhooks are neutral events as JSON.
package storetest
