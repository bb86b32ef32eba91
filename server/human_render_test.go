package server

import "testing"

// TestOnlineAllocates: that a render asks the human service costs it nothing to allocate.
func TestOnlineAllocates(t *testing.T) {
	h := newHumanHouse(t)
	h.send("PUT", "/v1/bots/demo/handoff", adminKey, `{"timeZone":"Asia/Shanghai","hours":[{"kind":"weekly","days":["mon","tue","wed","thu","fri","sat","sun"],"from":"00:00","to":"24:00"}]}`).want(t, 200)
	bot := h.rooms.Bots.Find("demo")
	if !h.online(bot) {
		t.Fatal("the bot is offline")
	}
	if n := testing.AllocsPerRun(100, func() { h.online(bot) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
