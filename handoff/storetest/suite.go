package storetest

import (
	"testing"

	"github.com/zhida-kb/zhida/handoff"
)

// Node opens a node's own handle on a database.
type Node func(t testing.TB) handoff.Store

// Database is an empty database.
type Database struct {
	Open Node
	// Shared says that several nodes may be open at a time.
	Shared bool
}

// Run runs the suite; database makes an empty one.
func Run(t *testing.T, database func(t *testing.T) Database) {
	for _, s := range []struct {
		name string
		test func(t *testing.T, db Database)
	}{
		{"Whole", testWhole},
		{"Refused", testRefused},
		{"Closes", testCloses},
		{"Messages", testMessages},
		{"Rounds", testRounds},
		{"Inbound", testInbound},
		{"Late", testLate},
		{"Early", testEarly},
		{"Order", testOrder},
		{"OpenFails", testOpenFails},
		{"MessageFails", testMessageFails},
		{"RetryAfter", testRetryAfter},
		{"Expires", testExpires},
		{"DroppedUnderWay", testDroppedUnderWay},
		{"Restart", testRestart},
		{"LostAnswer", testLostAnswer},
		{"Timers", testTimers},
		{"Tool", testTool},
		{"Desk", testDesk},
		{"Accounts", testAccounts},
		{"Removed", testRemoved},
		{"Streams", testStreams},
		{"Erase", testErase},
		{"Left", testLeft},
		{"Retention", testRetention},
		{"Load", testLoad},
		{"Nodes", testNodes},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.test(t, database(t))
		})
	}
}
