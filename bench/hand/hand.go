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

// Segment is a piece of the reply, with the members that a reply's segments have.
type Segment struct {
	Action                           bool
	Text                             string // of a text: a view of the buffer
	Function, Argument, Label, Token string // of an action; the label is a view too
}

// Out is the reply under construction; it is used again and again.
type Out struct {
	Buf      []byte
	Segments []Segment
	from     int
}

func (o *Out) reset() { o.Buf, o.Segments, o.from = o.Buf[:0], o.Segments[:0], 0 }

// text ends a text segment, if there is one. Texts and labels are made views of the
// buffer by done, when it grows no more; until then only their lengths count.
func (o *Out) text() {
	if n := len(o.Buf) - o.from; n > 0 {
		o.Segments = append(o.Segments, Segment{Text: unsafe.String(unsafe.SliceData(o.Buf), n)})
		o.from = len(o.Buf)
	}
}

// action ends the label of an action.
func (o *Out) action(function string) {
	n := len(o.Buf) - o.from
	o.Segments = append(o.Segments, Segment{Action: true, Function: function, Label: unsafe.String(unsafe.SliceData(o.Buf), n)})
	o.from = len(o.Buf)
}

func (o *Out) done() {
	o.text()
	at := 0
	for i := range o.Segments {
		s := &o.Segments[i]
		if s.Action {
			s.Label = unsafe.String(&o.Buf[at], len(s.Label))
			at += len(s.Label)
		} else {
			s.Text = unsafe.String(&o.Buf[at], len(s.Text))
			at += len(s.Text)
		}
	}
}
