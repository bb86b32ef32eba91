package vars

// Slot names a system variable: it is the index of its row in Rows.
type Slot uint8

// The system variables, in the order of the language page. DateUTC and TimeUTC are
// no facts but stand for a family of names each, see Row.Zoned.
const (
	RobotInfoNickName Slot = iota
	DateUTC
	TimeUTC
	ChatInfoLan
	ChatInfoEchatTag
	ChatInfoLastChatTime
	ChatInfoChatTimes
	ChatInfoVisitTimes
	ChatInfoMyData
	ChatInfoKeyword
	RouteInfoRouteID
	RouteInfoRouteName
	RouteInfoRouteStatus
	UserInfoVipID
	UserInfoVipType
	UserInfoVisitorID
	UserInfoVisitorName
	LocationInfoIP
	LocationInfoCountry
	LocationInfoProvince
	LocationInfoCity

	// NumSlots is the number of system variables.
	NumSlots = 21
)

// Row is one system variable as editors meet it.
type Row struct {
	Scope, Name string
	// Numeric variables are numbers in conditions, given as numbers or as numeric
	// strings.
	Numeric bool
	// Zoned variables take a zone suffix behind their name, see ParseZone; the bare
	// name is UTC. The context does not supply them.
	Zoned bool
	// Zh and En say what the variable means. Example is a value it may have.
	Zh, En, Example string
}

var rows = [NumSlots]Row{
	RobotInfoNickName: {Scope: "robotInfo", Name: "nickName", Example: "小洽",
		Zh: "当前接待的机器人昵称",
		En: "nickname of the robot that serves"},
	DateUTC: {Scope: "systemInfo", Name: "dateutc", Zoned: true, Example: "2020-10-01",
		Zh: "指定时区的当天日期，格式 yyyy-MM-dd。名称后接时区：8 为东八区，_12 为西十二区，5_30 为 UTC+5:30，不写为 UTC",
		En: "today in a zone, yyyy-MM-dd; the zone follows the name: 8 is UTC+8, _12 is UTC-12, 5_30 is UTC+5:30, nothing is UTC"},
	TimeUTC: {Scope: "systemInfo", Name: "timeutc", Zoned: true, Example: "2020-10-01 12:00:00",
		Zh: "指定时区的当前时间，格式 yyyy-MM-dd HH:mm:ss。名称后接时区：8 为东八区，_12 为西十二区，5_30 为 UTC+5:30，不写为 UTC",
		En: "now in a zone, yyyy-MM-dd HH:mm:ss; the zone follows the name: 8 is UTC+8, _12 is UTC-12, 5_30 is UTC+5:30, nothing is UTC"},
	ChatInfoLan: {Scope: "chatInfo", Name: "lan", Example: "zh-CN",
		Zh: "访客本次访问使用的语言",
		En: "the visitor's language in this visit"},
	ChatInfoEchatTag: {Scope: "chatInfo", Name: "echatTag", Example: "售前咨询",
		Zh: "本次对话请求的业务标识",
		En: "business tag of this chat request"},
	ChatInfoLastChatTime: {Scope: "chatInfo", Name: "lastChatTime", Example: "2020-09-28 18:23:11",
		Zh: "上次对话时间，格式 yyyy-MM-dd HH:mm:ss",
		En: "time of the last chat, yyyy-MM-dd HH:mm:ss"},
	ChatInfoChatTimes: {Scope: "chatInfo", Name: "chatTimes", Numeric: true, Example: "7",
		Zh: "访客第几次对话",
		En: "the how-manieth chat of this visitor this is"},
	ChatInfoVisitTimes: {Scope: "chatInfo", Name: "visitTimes", Numeric: true, Example: "23",
		Zh: "访客第几次来访",
		En: "the how-manieth visit of this visitor this is"},
	ChatInfoMyData: {Scope: "chatInfo", Name: "myData", Example: "订单号20200928001",
		Zh: "企业附带的业务数据，可为任意值，文本形式最多 500 个字符",
		En: "business data the company attached; any value, at most 500 characters in text form"},
	ChatInfoKeyword: {Scope: "chatInfo", Name: "keyword", Example: "在线客服系统",
		Zh: "访客来自搜索引擎时的搜索关键词",
		En: "search keyword when the visitor came from a search engine"},
	RouteInfoRouteID: {Scope: "routeInfo", Name: "routeId", Example: "10086",
		Zh: "本次对话所选路由的编号",
		En: "id of the route chosen for this chat"},
	RouteInfoRouteName: {Scope: "routeInfo", Name: "routeName", Example: "华东区售前",
		Zh: "本次对话所选路由的名称",
		En: "name of the route chosen for this chat"},
	RouteInfoRouteStatus: {Scope: "routeInfo", Name: "routeStatus", Numeric: true, Example: "1",
		Zh: "提问时的客服状态：1 客服在线，2 客服不在线",
		En: "at the time of the question: 1 staff online, 2 staff offline"},
	UserInfoVipID: {Scope: "userInfo", Name: "vipId", Example: "o6_bmjrPTlm6",
		Zh: "访客在渠道内的编号，如微信 openId、会员 uid",
		En: "the visitor's id within the channel, such as a WeChat openId or a member's uid"},
	UserInfoVipType: {Scope: "userInfo", Name: "vipType", Numeric: true, Example: "1",
		Zh: "访客类型：0 网页匿名，1 会员，2 SDK 匿名，4 微信，6 小程序，7 微博",
		En: "kind of visitor: 0 web anonymous, 1 member, 2 SDK anonymous, 4 WeChat, 6 mini-program, 7 Weibo"},
	UserInfoVisitorID: {Scope: "userInfo", Name: "visitorId", Example: "web123",
		Zh: "访客唯一编号，如 web123、wechat23421",
		En: "unique visitor id, such as web123 or wechat23421"},
	UserInfoVisitorName: {Scope: "userInfo", Name: "visitorName", Example: "李先生",
		Zh: "访客姓名",
		En: "the visitor's name"},
	LocationInfoIP: {Scope: "locationInfo", Name: "ip", Example: "203.0.113.7",
		Zh: "访客 IP 地址，非网页渠道没有",
		En: "the visitor's IP address; a channel that is not the web has none"},
	LocationInfoCountry: {Scope: "locationInfo", Name: "country", Example: "中国",
		Zh: "访客所在国家",
		En: "country where the visitor is"},
	LocationInfoProvince: {Scope: "locationInfo", Name: "province", Example: "上海市",
		Zh: "访客所在省份",
		En: "province where the visitor is"},
	LocationInfoCity: {Scope: "locationInfo", Name: "city", Example: "上海",
		Zh: "访客所在城市",
		En: "city where the visitor is"},
}

// Rows returns the table of the system variables, in the order of the language
// page. The caller may change the slice.
func Rows() []Row {
	table := rows
	return table[:]
}

// Row returns the variable's row, the zero Row for a Slot beyond the table.
func (s Slot) Row() Row {
	if int(s) < len(rows) {
		return rows[s]
	}
	return Row{}
}

// maxNameLen is the length of the longest scope or name in the table, or more.
const maxNameLen = 15

// scopeRange is where the rows of one scope stand in the table.
type scopeRange struct {
	name     string
	from, to Slot
	// first has, for each length of a name, the first slot with such a name, `to`
	// when there is none: so a search begins where it nearly always ends.
	first [maxNameLen + 1]Slot
}

// numScopes is the number of the system's scopes.
const numScopes = 6

// heads are how the members of the table's variables begin when they are strings.
var heads = func() (h [NumSlots]string) {
	for s := range rows {
		h[s] = `"` + rows[s].Name + `":"`
	}
	return h
}()

// systemInfo is the index of that scope in scopes.
const systemInfo = 1

// scopes has the ranges in the order of the table; it never changes.
var scopes = scopeRanges()

func scopeRanges() []scopeRange {
	var ranges []scopeRange
	for i := 0; i < NumSlots; {
		r := scopeRange{name: rows[i].Scope, from: Slot(i)}
		for i < NumSlots && rows[i].Scope == r.name {
			i++
		}
		r.to = Slot(i)
		for n := range r.first {
			s := r.from
			for s < r.to && len(rows[s].Name) != n {
				s++
			}
			r.first[n] = s
		}
		ranges = append(ranges, r)
	}
	return ranges
}

// findScope returns the index of a system scope in scopes, -1 when it is none.
func findScope(name string) int {
	for i := range scopes {
		if scopes[i].name == name {
			return i
		}
	}
	return -1
}

// find returns the slot of a name within the scope.
func (r *scopeRange) find(name string) (Slot, bool) {
	if len(name) > maxNameLen {
		return 0, false
	}
	for s := r.first[len(name)]; s < r.to; s++ {
		if rows[s].Name == name {
			return s, true
		}
	}
	return 0, false
}
