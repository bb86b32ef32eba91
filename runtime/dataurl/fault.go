package dataurl

// Kind says what is wrong with a URL.
type Kind uint8

// The kinds of fault. All but PlainHTTP make the template refused.
const (
	Relative          Kind = iota // no scheme at all, or an empty URL; "https://" in front may mend it
	Scheme                        // a scheme that is not http or https
	UserInfo                      // user info before the host
	Host                          // no host, or one that is not canonical
	Port                          // a port that is not 1 to 65535 in plain decimal
	VariableInHost                // a value before the path
	ReservedParameter             // a parameter named nonce, timestamp or signature
	PlainHTTP                     // a warning: http instead of https
)

var kindNames = [...]string{"relative", "scheme", "user_info", "host", "port", "variable_in_host", "reserved_parameter", "plain_http"}

// String gives the kind's name for tests and messages.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Warning reports whether the fault leaves the URL usable.
func (k Kind) Warning() bool { return k == PlainHTTP }

// Fault is one thing wrong with a URL and where. Start and End are byte offsets
// into the Text of parts[Part]; for a value they are both 0. A fault that would
// reach over several parts is cut at the end of the one where it begins.
type Fault struct {
	Kind             Kind
	Part, Start, End int
}
