package scan

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// jsonQuoted is AppendQuoted as encoding/json would do it.
func jsonQuoted(t testing.TB, text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// unescapeMore undoes the three escapes that encoding/json writes without need. A
// backslash before them that is itself escaped makes none.
func unescapeMore(quoted string) string {
	var b strings.Builder
	for i := 0; i < len(quoted); {
		if quoted[i] != '\\' {
			b.WriteByte(quoted[i])
			i++
			continue
		}
		switch {
		case strings.HasPrefix(quoted[i:], `\u2028`):
			b.WriteString("\u2028")
			i += 6
		case strings.HasPrefix(quoted[i:], `\u2029`):
			b.WriteString("\u2029")
			i += 6
		case strings.HasPrefix(quoted[i:], `\ufffd`):
			b.WriteString("\uFFFD")
			i += 6
		default:
			b.WriteString(quoted[i : i+2])
			i += 2
		}
	}
	return b.String()
}

// checkQuoted holds AppendQuoted against encoding/json and against the scanner.
func checkQuoted(t *testing.T, text string) {
	got := AppendQuoted([]byte("before"), text)
	if !bytes.HasPrefix(got, []byte("before")) {
		t.Fatalf("AppendQuoted changed what was there: %q", got)
	}
	got = got[len("before"):]
	if want := unescapeMore(jsonQuoted(t, text)); string(got) != want {
		t.Fatalf("AppendQuoted(%q) is %s, want %s", text, got, want)
	}
	if escaped := AppendEscaped(nil, text); `"`+string(escaped)+`"` != string(got) {
		t.Fatalf("AppendEscaped(%q) is %s, AppendQuoted %s", text, escaped, got)
	}
	var s Scanner
	s.Reset(got)
	back, ok := s.Text()
	if err := s.End(); err != nil || !ok {
		t.Fatalf("the scanner refuses %s: %v", got, err)
	}
	if utf8.ValidString(text) && back != text {
		t.Fatalf("%q comes back as %q", text, back)
	}
}

func TestAppendQuoted(t *testing.T) {
	for _, text := range seeds {
		checkQuoted(t, text)
	}
	for c := range 256 {
		for pad := range 20 {
			checkQuoted(t, strings.Repeat("x", pad)+string([]byte{byte(c)})+"yz")
			checkQuoted(t, strings.Repeat("中", pad)+string([]byte{byte(c)})+"国")
		}
	}
}

func TestAppendQuotedKeepsHTML(t *testing.T) {
	if got := string(AppendQuoted(nil, "<a href='x'>&\u2028</a>")); got != "\"<a href='x'>&\u2028</a>\"" {
		t.Errorf("got %s", got)
	}
}

func FuzzAppendQuoted(f *testing.F) {
	addSeeds(f)
	f.Fuzz(checkQuoted)
}

// plain works on words; this is what it means, a byte and a rune at a time.
func slowPlain(d string, i int) int {
	for i < len(d) {
		r, n := utf8.DecodeRuneInString(d[i:])
		if r < ' ' || r == '"' || r == '\\' || r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return i
}

// Every rune, of each length and at the edges of what UTF-8 allows, at each
// alignment, and cut.
func TestPlainOfRunes(t *testing.T) {
	runes := []string{"\x7f", "\u0080", "\u07ff", "\u0800", "\u0fff", "\u1000", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "李"}
	bad := []string{"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe4\xb8", "\xf0\x9f\x98"}
	for _, first := range append(runes, bad...) {
		for _, second := range append(runes, bad...) {
			for pad := range 9 {
				for _, tail := range []string{"", "x", "中", strings.Repeat("y", 20), `"`, "\\", "\x1f"} {
					d := strings.Repeat("z", pad) + first + second + tail
					if got, want := plain(d, 0), slowPlain(d, 0); got != want {
						t.Fatalf("plain(%q) is %d, want %d", d, got, want)
					}
				}
			}
		}
	}
}

func TestPlainProperty(t *testing.T) {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"a", "  ", "!", "#", "中文", "李", "é", "😀", `"`, `\`, "\n", "\x00", "\x80", "\xff", "\xe4\xb8", "\u2028", "12345678"}),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		d := strings.Join(rapid.SliceOf(piece).Draw(t, "pieces"), "")
		i := rapid.IntRange(0, len(d)).Draw(t, "from")
		if got, want := plain(d, i), slowPlain(d, i); got != want {
			t.Fatalf("plain(%q, %d) is %d, want %d", d, i, got, want)
		}
	})
}

func TestPointer(t *testing.T) {
	// The examples of RFC 6901, section 5, and names as a context may have them.
	for _, test := range []struct{ base, name, want string }{
		{"", "foo", "/foo"}, {"/foo", "0", "/foo/0"}, {"", "", "/"}, {"", "a/b", "/a~1b"}, {"", "c%d", "/c%d"},
		{"", "e^f", "/e^f"}, {"", "k\"l", "/k\"l"}, {"", " ", "/ "}, {"", "m~n", "/m~0n"}, {"", "~1", "/~01"},
		{"/context", "订单/~", "/context/订单~1~0"},
	} {
		if got := Pointer(test.base, test.name); got != test.want {
			t.Errorf("Pointer(%q, %q) is %q, want %q", test.base, test.name, got, test.want)
		}
	}
	if got := Pointer("/a", "b", "c/d"); got != "/a/b/c~1d" {
		t.Errorf("Pointer of two names is %q", got)
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		got := Pointer("", name)
		if strings.Count(got, "/") != 1 || unescape.Replace(got[1:]) != name {
			t.Fatalf("Pointer(%q) is %q", name, got)
		}
	})
}
