package corpus

import "strings"

// Stub returns what the upstream of c answers to url, which is given without the
// signature parameters. As in a preview, the keys and url are compared after
// percent-decoding, and an URL that no key names is unreachable.
func (c Case) Stub(url string) Reply {
	if r, ok := c.Replies[url]; ok {
		return r
	}
	want := percentDecode(url)
	for key, r := range c.Replies {
		if percentDecode(key) == want {
			return r
		}
	}
	return Reply{Outcome: "unreachable"}
}

// percentDecode replaces every %XX by its byte and leaves all else.
func percentDecode(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2]); hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
