package vars

import (
	"fmt"
	"testing"
	"time"
)

func TestFlags(t *testing.T) {
	for _, test := range []struct {
		status, vip string // as JSON
		online      bool   // DefaultOnline
		want        uint8
	}{
		{"1", "1", false, StaffOnline | VIPUser},
		{`"1"`, `"1"`, false, StaffOnline | VIPUser},
		{"1.0", "1e0", false, StaffOnline | VIPUser},
		{`"01"`, `"0"`, false, StaffOnline | AnonymityUser},
		{"2", "0", true, StaffOffline | AnonymityUser},
		{`"2"`, "2", true, StaffOffline | AnonymityUser},
		{"0", `"2"`, true, StaffOffline | AnonymityUser},
		{"11", "4", true, StaffOffline},
		{"-1", "6", true, StaffOffline},
		{"1.5", "1.5", true, StaffOffline},
		// What is no number is missing, and then the default decides.
		{"null", "null", false, StaffOffline},
		{"null", "null", true, StaffOnline},
		{`""`, `""`, true, StaffOnline},
		{`"online"`, `"vip"`, false, StaffOffline},
		{`"online"`, "7", true, StaffOnline},
		{"true", "true", true, StaffOnline},
		{`" 1"`, `"1 "`, false, StaffOffline},
		{"1e999", "1e999", true, StaffOnline},
	} {
		context := fmt.Sprintf(`{"routeInfo":{"routeStatus":%s},"userInfo":{"vipType":%s}}`, test.status, test.vip)
		f, faults := decode(t, context)
		if faults != nil {
			t.Fatal(faults)
		}
		f.DefaultOnline = test.online
		if got := f.Flags(); got != test.want {
			t.Errorf("%s, default %v: flags %04b, want %04b", context, test.online, got, test.want)
		}
	}
	f, _ := decode(t, "{}")
	if got := f.Flags(); got != StaffOffline {
		t.Errorf("flags of an empty context are %04b", got)
	}
	f.DefaultOnline = true
	if got := f.Flags(); got != StaffOnline {
		t.Errorf("flags of an empty context, online by default, are %04b", got)
	}
	f.Reset(time.Time{})
	if got := f.Flags(); got != StaffOffline {
		t.Errorf("flags behind Reset are %04b", got)
	}
}

func TestSet(t *testing.T) {
	f, _ := decode(t, `{"robotInfo":{"nickName":""},"routeInfo":{"routeStatus":2},"userInfo":{"visitorName":null}}`)
	f.SetDefault(RobotInfoNickName, "小洽")
	f.SetDefault(UserInfoVisitorName, "朋友")
	f.SetDefault(ChatInfoLan, "zh-CN")
	f.Set(RouteInfoRouteStatus, "1")
	for slot, want := range map[Slot]string{RobotInfoNickName: "", UserInfoVisitorName: "朋友", ChatInfoLan: "zh-CN", RouteInfoRouteStatus: "1"} {
		if got := f.Text(slot); got != want || f.Value(slot).Kind() != String {
			t.Errorf("%s is %q (%v), want %q", slot.Row().Name, got, f.Value(slot).Kind(), want)
		}
	}
	if f.Flags()&StaffOnline == 0 {
		t.Error("staff is not online")
	}
	f.Reset(time.Time{})
	for s := range Slot(NumSlots) {
		if f.Text(s) != "" || f.Value(s).Kind() != Null {
			t.Errorf("slot %d outlives Reset", s)
		}
	}
}

// Facts that are used again show nothing of the use before.
func TestResetForgets(t *testing.T) {
	var f Facts
	f.Reset(time.Unix(1, 0))
	if err := f.Decode(workload(t), "/context"); err != nil {
		t.Fatal(err)
	}
	f.DefaultOnline = true
	f.Reset(time.Unix(2, 0))
	if err := f.Decode([]byte(`{"userInfo":{"visitorName":"x"}}`), "/context"); err != nil {
		t.Fatal(err)
	}
	for s := range Slot(NumSlots) {
		if got := f.Text(s); (got != "") != (s == UserInfoVisitorName) {
			t.Errorf("slot %d is %q", s, got)
		}
	}
	if f.Flags() != StaffOffline || f.Now().Unix() != 2 {
		t.Errorf("flags %04b at %v", f.Flags(), f.Now())
	}
}
