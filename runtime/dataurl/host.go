package dataurl

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Target is an absolute URL cut into what a client needs.
type Target struct {
	TLS     bool       // https
	Host    string     // lower case, without brackets
	Addr    netip.Addr // the host's address when it is one, else the zero Addr
	Port    uint16     // the scheme's own when the URL names none
	Request string     // path and query as they stand; "" or "?…" where the path is empty
}

// Split cuts a URL that was built by [Template.Append]. It repeats all checks of
// scheme, user info, host and port, so that a URL from anywhere else is safe in
// it too; ok is false where one fails. A fragment is dropped. It allocates
// nothing when the host is in lower case.
func Split(url string) (t Target, ok bool) {
	i := strings.IndexByte(url, ':')
	if i < 0 || !strings.HasPrefix(url[i:], "://") {
		return Target{}, false
	}
	switch {
	case strings.EqualFold(url[:i], "http"):
		t.Port = 80
	case strings.EqualFold(url[:i], "https"):
		t.Port, t.TLS = 443, true
	default:
		return Target{}, false
	}
	rest := url[i+len("://"):]
	if j := strings.IndexByte(rest, '#'); j >= 0 {
		rest = rest[:j]
	}
	authority := rest
	if j := strings.IndexAny(rest, "/?"); j >= 0 {
		authority, t.Request = rest[:j], rest[j:]
	}
	if strings.IndexByte(authority, '@') >= 0 {
		return Target{}, false
	}
	for k := range len(t.Request) {
		if class[t.Request[k]]&inQuery == 0 && t.Request[k] != '%' {
			return Target{}, false
		}
	}
	host, port, hasPort := cutPort(authority)
	if hasPort {
		if t.Port, ok = parsePort(port); !ok {
			return Target{}, false
		}
	}
	t.Host, t.Addr, ok = ParseHost(host)
	return t, ok
}

// cutPort cuts an authority without user info at the colon of its port.
func cutPort(authority string) (host, port string, has bool) {
	i := strings.LastIndexByte(authority, ':')
	if i < 0 || authority[0] == '[' && strings.LastIndexByte(authority[:i], ']') < 0 {
		return authority, "", false
	}
	return authority[:i], authority[i+1:], true
}

// parsePort takes 1 to 65535 in plain decimal without leading zeros.
func parsePort(s string) (uint16, bool) {
	if s == "" || s[0] < '1' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), err == nil
}

// maxHost bounds a host before it is looked at: 253 characters of a name, each in
// up to four bytes of UTF-8.
const maxHost = 4 * 253

// ParseHost checks that host, as it stands in a URL, is canonical (see the
// package comment), and gives it in lower case, in A-label form and without
// brackets. addr is valid when the host is an address.
func ParseHost(host string) (name string, addr netip.Addr, ok bool) {
	if strings.HasPrefix(host, "[") {
		inner, closed := strings.CutSuffix(host[1:], "]")
		addr, err := netip.ParseAddr(inner)
		if !closed || err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", netip.Addr{}, false
		}
		return strings.ToLower(inner), addr, true
	}
	ascii := isASCII(host)
	if len(host) > maxHost || !utf8.ValidString(host) {
		return "", netip.Addr{}, false
	}
	if !ascii || strings.Contains(strings.ToLower(host), "xn--") {
		var err error
		if host, err = idna.Lookup.ToASCII(host); err != nil {
			return "", netip.Addr{}, false
		}
	}
	if !isName(host) {
		return "", netip.Addr{}, false
	}
	host = strings.ToLower(host)
	if endsInNumber(host) {
		addr, err := netip.ParseAddr(host)
		return host, addr, err == nil && ascii
	}
	return host, netip.Addr{}, true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isName takes 1 to 253 bytes of labels of 1 to 63 bytes of letters, digits, "-" and
// "_" (RFC 1123, section 2.1; the underscore is in use), no label with a hyphen at an end.
func isName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; class[c]&isUnreserved == 0 || c == '~' {
				return false
			}
		}
	}
	return true
}

// endsInNumber is the WHATWG URL standard's "ends in a number" check: such a
// host would be read as an IPv4 address by many resolvers.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if rest, hex := strings.CutPrefix(last, "0x"); hex {
		return strings.Trim(rest, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}
