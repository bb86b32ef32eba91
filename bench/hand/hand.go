package hand

import (
	"time"
	"unsafe"
)

// Facts are the variables of the workload, as plain fields.
type Facts struct {
	Now                                                                     time.Time // in UTC+8
	NickName                                                                string
	Lan, EchatTag, LastChatTime, ChatTimes, VisitTimes, MyData, Keyword     string
	RouteId, RouteName, VipId, VisitorId, VisitorName, VipType, RouteStatus string
	Ip, Country, Province, City                                             string
	Online, VIP, Anonymous                                                  bool
}

// Segment is a piece of the reply: a text, or the label of an action.
type Segment struct {
	Action   bool
	Text     string // a view of the buffer
	Function string
}

// Out is the reply under construction; it is used again and again.
type Out struct {
	Buf      []byte
	Segments []Segment
	from     int
}

func (o *Out) reset() { o.Buf, o.Segments, o.from = o.Buf[:0], o.Segments[:0], 0 }

// cut ends a segment. Texts are made views of the buffer by done, when it grows no more;
// until then only the length counts.
func (o *Out) cut(action bool, function string) {
	if n := len(o.Buf) - o.from; n > 0 {
		o.Segments = append(o.Segments, Segment{Action: action, Text: unsafe.String(unsafe.SliceData(o.Buf), n), Function: function})
		o.from = len(o.Buf)
	}
}

func (o *Out) done() {
	o.cut(false, "")
	at := 0
	for i := range o.Segments {
		s := &o.Segments[i]
		s.Text = unsafe.String(&o.Buf[at], len(s.Text))
		at += len(s.Text)
	}
}
