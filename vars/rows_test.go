package vars

import (
	"strings"
	"testing"
	"time"
)

// page is the table of the language page: scope, name, whether conditions see a
// number.
var page = []struct {
	slot        Slot
	scope, name string
	numeric     bool
}{
	{RobotInfoNickName, "robotInfo", "nickName", false},
	{DateUTC, "systemInfo", "dateutc", false},
	{TimeUTC, "systemInfo", "timeutc", false},
	{ChatInfoLan, "chatInfo", "lan", false},
	{ChatInfoEchatTag, "chatInfo", "echatTag", false},
	{ChatInfoLastChatTime, "chatInfo", "lastChatTime", false},
	{ChatInfoChatTimes, "chatInfo", "chatTimes", true},
	{ChatInfoVisitTimes, "chatInfo", "visitTimes", true},
	{ChatInfoMyData, "chatInfo", "myData", false},
	{ChatInfoKeyword, "chatInfo", "keyword", false},
	{RouteInfoRouteID, "routeInfo", "routeId", false},
	{RouteInfoRouteName, "routeInfo", "routeName", false},
	{RouteInfoRouteStatus, "routeInfo", "routeStatus", true},
	{UserInfoVipID, "userInfo", "vipId", false},
	{UserInfoVipType, "userInfo", "vipType", true},
	{UserInfoVisitorID, "userInfo", "visitorId", false},
	{UserInfoVisitorName, "userInfo", "visitorName", false},
	{LocationInfoIP, "locationInfo", "ip", false},
	{LocationInfoCountry, "locationInfo", "country", false},
	{LocationInfoProvince, "locationInfo", "province", false},
	{LocationInfoCity, "locationInfo", "city", false},
}

func TestRows(t *testing.T) {
	if len(page) != NumSlots || len(Rows()) != NumSlots {
		t.Fatalf("%d rows, want %d", len(Rows()), len(page))
	}
	for i, row := range Rows() {
		want := page[i]
		zoned := want.scope == "systemInfo"
		if want.slot != Slot(i) || row.Scope != want.scope || row.Name != want.name || row.Numeric != want.numeric || row.Zoned != zoned {
			t.Errorf("row %d is %+v, want %+v", i, row, want)
		}
		if row.Zh == "" || row.En == "" || row.Example == "" || row.Zh == row.En {
			t.Errorf("%s.%s lacks documentation: %+v", row.Scope, row.Name, row)
		}
		if strings.IndexFunc(row.Zh, func(r rune) bool { return r >= 0x4e00 }) < 0 || strings.IndexFunc(row.En, func(r rune) bool { return r > 0x7f }) >= 0 {
			t.Errorf("%s.%s: documentation in the wrong language: %+v", row.Scope, row.Name, row)
		}
		if row != Slot(i).Row() {
			t.Errorf("Slot(%d).Row is %+v", i, Slot(i).Row())
		}
	}
	if (Slot(NumSlots).Row() != Row{}) {
		t.Error("a slot beyond the table has a row")
	}
}

// The examples are values: numbers where numbers are meant, and what the zoned rows
// give for UTC and UTC+8 at one moment.
func TestExamples(t *testing.T) {
	var f Facts
	f.Reset(time.Date(2020, 10, 1, 4, 0, 0, 0, time.UTC))
	for _, row := range Rows() {
		if _, ok := ParseNumber(row.Example); row.Numeric && !ok {
			t.Errorf("%s.%s: the example %q is no number", row.Scope, row.Name, row.Example)
		}
		if !row.Zoned {
			continue
		}
		ref, problem := Resolve(row.Scope, row.Name+"8")
		if got := string(f.AppendZoned(nil, ref)); problem != OK || got != row.Example {
			t.Errorf("%s.%s8 is %q, the example says %q", row.Scope, row.Name, got, row.Example)
		}
	}
}

func TestRowsIsACopy(t *testing.T) {
	Rows()[0].Name = "changed"
	if Rows()[0].Name != "nickName" {
		t.Error("a caller can change the table")
	}
}

func TestScopes(t *testing.T) {
	if scopes[systemInfo].name != "systemInfo" {
		t.Errorf("systemInfo is the index of %q", scopes[systemInfo].name)
	}
	for _, row := range Rows() {
		if len(row.Name) > maxNameLen {
			t.Errorf("%s is longer than maxNameLen", row.Name)
		}
	}
}

func TestResolve(t *testing.T) {
	for _, want := range page {
		ref, problem := Resolve(want.scope, want.name)
		kind := Fact
		switch want.slot {
		case DateUTC:
			kind = Date
		case TimeUTC:
			kind = Time
		}
		if problem != OK || ref != (Ref{Slot: want.slot, Kind: kind}) {
			t.Errorf("%s.%s: %+v, %v", want.scope, want.name, ref, problem)
		}
	}
	for _, test := range []struct {
		scope, name string
		ref         Ref
		problem     Problem
	}{
		{"systemInfo", "dateutc_12", Ref{DateUTC, Date, -720}, OK},
		{"systemInfo", "timeutc5_30", Ref{TimeUTC, Time, 330}, OK},
		{"systemInfo", "timeutc14", Ref{TimeUTC, Time, 840}, OK},
		{"systemInfo", "timeutc15", Ref{}, UnknownZone},
		{"systemInfo", "dateutcx", Ref{}, UnknownZone},
		{"systemInfo", "timeutc8 ", Ref{}, UnknownZone},
		{"systemInfo", "timeUTC8", Ref{}, UnknownName},
		{"systemInfo", "time", Ref{}, UnknownName},
		{"systemInfo", "", Ref{}, UnknownName},
		{"userInfo", "visitorname", Ref{}, UnknownName},
		{"userInfo", "visitorNam", Ref{}, UnknownName},
		{"userInfo", "nickName", Ref{}, UnknownName},
		{"userInfo", "timeutc8", Ref{}, UnknownName},
		{"userInfo", strings.Repeat("x", 1000), Ref{}, UnknownName},
		{"userinfo", "visitorName", Ref{}, UnknownScope},
		{"data", "x", Ref{}, UnknownScope},
		{"order", "id", Ref{}, UnknownScope},
		{"", "", Ref{}, UnknownScope},
	} {
		ref, problem := Resolve(test.scope, test.name)
		if ref != test.ref || problem != test.problem {
			t.Errorf("%s.%s: %+v, %v; want %+v, %v", test.scope, test.name, ref, problem, test.ref, test.problem)
		}
	}
}

func TestResolveAllocatesNothing(t *testing.T) {
	if allocs := testing.AllocsPerRun(100, func() {
		Resolve("locationInfo", "city")
		Resolve("systemInfo", "timeutc_3_30")
	}); allocs != 0 {
		t.Errorf("%v allocations, want 0", allocs)
	}
}
