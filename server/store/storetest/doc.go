// Package storetest gives tests a store: SQLite in a folder of the test, and a real
// PostgreSQL.
//
//	storetest.Run(t, func(t *testing.T, db *store.DB) { … })    // both, as subtests
//
// The PostgreSQL server is the one that ZHIDA_TEST_DATABASE_URL names (make test starts
// one for all packages, .ci/postgres), or one that the test process starts for itself and
// that ends with it. Each test gets a database of its own, copied from a template whose
// schema is up to date. Where PostgreSQL is not installed the test fails and says what to
// install; it never skips.
package storetest
