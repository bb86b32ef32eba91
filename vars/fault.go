package vars

import (
	"strings"

	"github.com/zhida-kb/zhida/vars/scan"
)

// Fault is one thing that is wrong with the context, or with a declaration.
type Fault struct {
	Pointer string // JSON pointer (RFC 6901) to the value
	Detail  string // in English
	Zh      string // in Chinese
}

// DecodeError says what is wrong with a context: one fault at least.
type DecodeError struct {
	Faults []Fault
	More   bool // there were more than are listed
}

// Error returns the faults in English, one behind the other.
func (e *DecodeError) Error() string {
	var b strings.Builder
	for i, fault := range e.Faults {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(fault.Pointer + ": " + fault.Detail)
	}
	if e.More {
		b.WriteString("; and more")
	}
	return b.String()
}

// How many faults are told at most, and how many bytes of pointers: names come from
// the caller, and a long one would be repeated with every fault below it.
const (
	maxFaults       = 32
	maxPointerBytes = 16 << 10
)

// faultText is a fault's message.
type faultText struct{ en, zh string }

var (
	faultContext   = faultText{"the context must be an object", "context 必须是对象"}
	faultScope     = faultText{"a scope must be an object", "作用域必须是对象"}
	faultData      = faultText{"the scope data belongs to the answer's own data calls", "作用域 data 保留给答案自身的数据调用"}
	faultTwice     = faultText{"this name occurs twice", "名称重复"}
	faultComposite = faultText{"must be a string, a number, a boolean or null", "必须是字符串、数字、布尔值或 null"}
	faultMyData    = faultText{"must have at most 500 characters", "最多 500 个字符"}
)

// faults collects what is wrong.
type faults struct {
	err   *DecodeError
	bytes int
}

// add notes a fault; names are the reference tokens behind the pointer.
func (l *faults) add(text faultText, pointer string, names ...string) {
	if l.err == nil {
		l.err = &DecodeError{}
	}
	if len(l.err.Faults) == maxFaults || l.bytes > maxPointerBytes {
		l.err.More = true
		return
	}
	pointer = scan.Pointer(pointer, names...)
	l.bytes += len(pointer)
	l.err.Faults = append(l.err.Faults, Fault{pointer, text.en, text.zh})
}

// result returns the faults as an error, nil when there are none.
func (l *faults) result() error {
	if l.err == nil {
		return nil
	}
	return l.err
}
