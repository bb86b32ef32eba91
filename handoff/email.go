package handoff

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Limits of an address, in bytes.
const (
	maxLocal   = 64
	maxLabel   = 63
	maxAddress = 254
)

// ParseEmail reads one address, trimmed of white space, angle brackets and mailto:. The
// address that it returns has its domain in lower case and as people read it, not in
// Punycode, and the marks ＠ ． 。 of Chinese input methods as @ and dots. Reading the
// result again gives the same.
//
// An address is a dot-atom, an @ and a domain of at least two labels; no quoted local
// part, no comment, no display name, no IP address.
func ParseEmail(s string) (address string, ok bool) {
	s = strings.NewReplacer("＠", "@", "．", ".", "。", ".").Replace(trimEmail(s))
	at := strings.IndexByte(s, '@')
	if at < 0 || !validLocal(s[:at]) {
		return "", false
	}
	domain, ok := parseDomain(s[at+1:])
	if !ok || at+1+len(domain) > maxAddress {
		return "", false
	}
	return s[:at+1] + domain, true
}

// trimEmail takes off what people copy along with an address.
func trimEmail(s string) string {
	for {
		t := strings.Trim(strings.TrimSpace(s), "<>")
		if len(t) >= len("mailto:") && strings.EqualFold(t[:len("mailto:")], "mailto:") {
			t = t[len("mailto:"):]
		}
		if t == s {
			return s
		}
		s = t
	}
}

// validLocal reports whether s is a dot-atom.
func validLocal(s string) bool {
	if s == "" || len(s) > maxLocal || !utf8.ValidString(s) {
		return false
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !atomRune(r) }) {
			return false
		}
	}
	return true
}

// atomRune reports whether r may stand in an atom. Beyond ASCII, what is no punctuation,
// space or control: those come from the text around an address.
func atomRune(r rune) bool {
	if r < utf8.RuneSelf {
		return letterOrDigit(r) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
	}
	return r != utf8.RuneError && (wordRune(r) || unicode.IsSymbol(r))
}

func letterOrDigit(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) }

// parseDomain reads a domain: letters, digits and hyphens, or what IDNA makes of others.
func parseDomain(s string) (string, bool) {
	if s == "" || len(s) > maxAddress {
		return "", false
	}
	ascii, err := idna.Lookup.ToASCII(s)
	if err != nil || len(ascii) > maxAddress {
		return "", false
	}
	labels := strings.Split(ascii, ".")
	for _, label := range labels {
		if !validLabel(label) {
			return "", false
		}
	}
	last := labels[len(labels)-1]
	if len(labels) < 2 || strings.Trim(last, "0123456789") == "" {
		return "", false
	}
	domain, err := idna.Lookup.ToUnicode(ascii)
	if err != nil {
		return "", false
	}
	return domain, true
}

func validLabel(s string) bool {
	return s != "" && len(s) <= maxLabel && s[0] != '-' && s[len(s)-1] != '-' &&
		!strings.ContainsFunc(s, func(r rune) bool { return r != '-' && !letterOrDigit(r) })
}

// EmailsFound says what a message holds.
type EmailsFound uint8

// What FindEmail can find.
const (
	NoEmail   EmailsFound = iota // nothing that looks like an address
	OneEmail                     // one address, possibly several times
	BadEmails                    // several, or something with an @ that is none
)

// FindEmail looks for the address that a message holds, in words around it or without
// any: 我的邮箱是a@example.com谢谢 holds a@example.com. Its time is linear.
func FindEmail(text string) (address string, found EmailsFound) {
	for _, e := range findEmails(text) {
		switch {
		case e.address == "" || address != "" && e.address != address:
			return "", BadEmails
		default:
			address, found = e.address, OneEmail
		}
	}
	return address, found
}

// MaskEmail is an address as it is shown to those who need not read it: a***@example.com.
func MaskEmail(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "***"
	}
	_, size := utf8.DecodeRuneInString(address)
	return address[:min(size, at)] + "***" + address[at:]
}

// MaskEmails is a message with its addresses masked.
func MaskEmails(text string) string {
	var b strings.Builder
	from := 0
	for _, e := range findEmails(text) {
		if e.address != "" {
			b.WriteString(text[from:e.from])
			b.WriteString(MaskEmail(e.address))
			from = e.to
		}
	}
	return b.String() + text[from:]
}

// emailSpan is a place of a message that looks like an address; address is empty when it
// is none.
type emailSpan struct {
	from, to int
	address  string
}

// findEmails returns the places in their order; they do not overlap.
func findEmails(text string) []emailSpan {
	var spans []emailSpan
	for i := 0; i < len(text); {
		size := atSign(text[i:])
		if size == 0 {
			i++
			continue
		}
		low := 0
		if len(spans) > 0 {
			low = spans[len(spans)-1].to
		}
		span := emailSpan{from: i, to: i + size}
		span.to += domainEnd(text[i+size:])
		span.from -= localStart(text[low:i], asianStart(text[i+size:]))
		span.address, _ = ParseEmail(text[span.from:span.to])
		spans = append(spans, span)
		i = max(span.to, i+size)
	}
	if len(spans) == 1 {
		spans[0] = whole(text, spans[0])
	}
	return spans
}

// whole widens the only place of a message to the whole message, where that is an
// address too and no asian words stand before or behind it.
func whole(text string, span emailSpan) emailSpan {
	trimmed := trimEmail(text)
	address, ok := ParseEmail(trimmed)
	if !ok || span.address != "" && strings.ContainsFunc(trimmed, asian) {
		return span
	}
	from := strings.Index(text, trimmed)
	return emailSpan{from: from, to: from + len(trimmed), address: address}
}

// atSign returns the length of the at sign that s begins with, 0 when it does not.
func atSign(s string) int {
	switch {
	case strings.HasPrefix(s, "@"):
		return 1
	case strings.HasPrefix(s, "＠"):
		return len("＠")
	}
	return 0
}

// localStart returns how many bytes at the end of s can be a local part. Words in scripts
// that leave no spaces do not belong to it, unless it is written in such a script.
func localStart(s string, asianDomain bool) int {
	last, _ := utf8.DecodeLastRuneInString(s)
	anyScript := asianDomain || asian(last)
	i, weak := len(s), 0 // weak: bytes that cannot begin a local part
	for i > 0 {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		switch {
		case strings.ContainsRune(".．'-~#", r):
			weak += size
		case strings.ContainsRune("_%+", r), wordRune(r) && (anyScript || !asian(r)):
			weak = 0
		default:
			return len(s) - i - weak
		}
		i -= size
	}
	return len(s) - weak
}

// domainEnd returns how many bytes at the beginning of s can be a domain. A label ends
// where its script gives way to one without spaces, and so does the domain when such a
// label follows a 。 that ends a sentence.
func domainEnd(s string) int {
	end, inAsian := 0, asianStart(s)
	for i, r := range s {
		switch dot := r == '.' || r == '．' || r == '。'; {
		case dot:
			next := asianStart(s[i+utf8.RuneLen(r):])
			if r == '。' && next && !inAsian {
				return end
			}
			inAsian = next
		case r == '-':
		case !wordRune(r), asian(r) && !inAsian:
			return end
		default:
			end = i + utf8.RuneLen(r)
		}
	}
	return end
}

func asianStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return asian(r)
}

// asian reports whether r belongs to a script that is written without spaces.
func asian(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
}
