package vars

import "time"

// AppendZoned appends the date (yyyy-MM-dd) or the time (yyyy-MM-dd HH:mm:ss) of
// the render in the reference's zone. For a Fact it appends its text.
func (f *Facts) AppendZoned(dst []byte, r Ref) []byte {
	if r.Kind == Fact {
		return append(dst, f.texts[r.Slot]...)
	}
	t := f.now.UTC().Add(time.Duration(r.Zone) * time.Minute)
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		// Four digits no longer do; package time has its way for such years.
		layout := time.DateOnly
		if r.Kind == Time {
			layout = time.DateTime
		}
		return t.AppendFormat(dst, layout)
	}
	dst = append2(append2(dst, year/100), year%100)
	dst = append2(append(dst, '-'), int(month))
	dst = append2(append(dst, '-'), day)
	if r.Kind == Date {
		return dst
	}
	hour, minute, second := t.Clock()
	dst = append2(append(dst, ' '), hour)
	dst = append2(append(dst, ':'), minute)
	return append2(append(dst, ':'), second)
}

// append2 appends n, 0 to 99, as two digits.
func append2(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}
