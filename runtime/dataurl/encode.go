package dataurl

// Classes of bytes, RFC 3986.
const (
	isUnreserved = 1 << iota // section 2.3: ALPHA DIGIT - . _ ~
	inPath                   // pchar or "/", section 3.3, without "%"
	inQuery                  // pchar, "/" or "?", section 3.4, without "%"
	inURL                    // any character of a URL, for URLs that are only shown
)

var class = func() (t [256]uint8) {
	set := func(chars string, bits uint8) {
		for i := range len(chars) {
			t[chars[i]] |= bits
		}
	}
	const alnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	set(alnum+"-._~", isUnreserved|inPath|inQuery|inURL)
	set("!$&'()*+,;=:@/", inPath|inQuery|inURL)
	set("?", inQuery|inURL)
	set("[]", inURL)
	return t
}()

const upperHex = "0123456789ABCDEF"

// appendValue percent-encodes everything but unreserved bytes.
func appendValue(dst []byte, s string) []byte {
	from := 0
	for i := range len(s) {
		if c := s[i]; class[c]&isUnreserved == 0 {
			dst = append(dst, s[from:i]...)
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
			from = i + 1
		}
	}
	return append(dst, s[from:]...)
}

// appendText percent-encodes the author's bytes that are not in the class
// allowed. "%XX" stays, a lone "%" becomes "%25". s must not be cut inside of a
// "%XX", unless a value stands at the cut.
func appendText(dst []byte, s string, allowed uint8) []byte {
	for i := range len(s) {
		c := s[i]
		if class[c]&allowed != 0 || c == '%' && isEscape(s[i:]) {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
	}
	return dst
}

// isEscape reports whether s begins with "%XX".
func isEscape[T string | []byte](s T) bool {
	return len(s) >= 3 && s[0] == '%' && unhex(s[1]) < 16 && unhex(s[2]) < 16
}

// unhex is the value of a hex digit, 255 for anything else.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// isDotSegment reports whether a path segment, as it stands in the URL, reads
// "." or "..": with "%2e" decoded, and also when only what stands before a ";"
// does (servlet containers cut path parameters before they resolve dots).
func isDotSegment(seg []byte) bool {
	dots := 0
	for len(seg) > 0 && seg[0] != ';' {
		switch {
		case seg[0] == '.':
			seg = seg[1:]
		case isEscape(seg) && unhex(seg[1])<<4|unhex(seg[2]) == '.':
			seg = seg[3:]
		default:
			return false
		}
		dots++
	}
	return dots == 1 || dots == 2
}

// isReserved reports whether a parameter name, as it stands in the URL, reads
// nonce, timestamp or signature after decoding.
func isReserved[T string | []byte](name T) bool {
	var buf [len("timestamp")]byte
	n, ended := 0, false
	for i := 0; i < len(name); i++ {
		c := name[i]
		if isEscape(name[i:]) {
			c = unhex(name[i+1])<<4 | unhex(name[i+2])
			i += 2
		} else if c == '+' {
			c = ' '
		}
		switch {
		case c <= ' ': // white space and control characters around a name
			ended = n > 0
		case ended || n == len(buf):
			return false
		default:
			buf[n] = c
			n++
		}
	}
	switch string(buf[:n]) {
	case "nonce", "timestamp", "signature":
		return true
	}
	return false
}
