package main

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lines is a writer for several goroutines.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// TestMeter: where nobody looks on, progress is told once a second, and a check that
// takes less says nothing.
func TestMeter(t *testing.T) {
	for _, c := range []struct {
		takes time.Duration
		lang  string
		want  string
	}{
		{900 * time.Millisecond, "en", ""},
		{2500 * time.Millisecond, "en", "checking: 10 of 25\nchecking: 20 of 25\n"},
		{1500 * time.Millisecond, "zh", "正在检查：10 / 25\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var out lines
			m := startMeter(&out, 25, c.lang)
			for range int(c.takes / (100 * time.Millisecond)) {
				time.Sleep(99 * time.Millisecond)
				m.step()
				time.Sleep(time.Millisecond)
			}
			m.stop()
			if got := out.b.String(); got != c.want {
				t.Errorf("%v: %q, want %q", c.takes, got, c.want)
			}
		})
	}
}

// TestMeterOnATerminal: one line changes, and is gone in the end.
func TestMeterOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lines
		m := &meter{w: &out, lang: "en", total: 3, tty: true, end: make(chan struct{})}
		m.idle.Go(m.run)
		time.Sleep(meterTick + time.Millisecond)
		m.stop()
		if got, want := out.b.String(), "\r\x1b[Kchecking: 0 of 3\r\x1b[K"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// TestFormats: the extension says the format, in any case of letters.
func TestFormats(t *testing.T) {
	for path, want := range map[string]string{"a.txt": "text", "a.HTML": "html", "b/a.htm": "html", "a.md": "markdown", "a": "text", "a.doc": "text"} {
		if got := formatOf(path).String(); got != want {
			t.Errorf("%s is %s", path, got)
		}
	}
}

// TestIsGBK: text in GBK is told from other bytes that are not UTF-8.
func TestIsGBK(t *testing.T) {
	for s, want := range map[string]bool{
		"\xc4\xfa\xba\xc3": true, "abc \xbb\xb6\xd3\xad": true, "caf\xe9 au lait": false, "\xff\xfe\x00": false, "\x80": false,
	} {
		if got := isGBK([]byte(s)); got != want {
			t.Errorf("isGBK(%q) = %v", s, got)
		}
	}
}
