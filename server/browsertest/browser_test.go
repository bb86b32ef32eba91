package browsertest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long the browser may take for all of it, on a machine that is busy.
const patience = 3 * time.Minute

// TestHome looks at the page that a browser gets of `zhida serve --dev`.
func TestHome(t *testing.T) {
	address := "http://" + serve(t)
	ctx := browser(t)
	var heard complaints
	if err := chromedp.Listen(ctx, heard.hear); err != nil {
		t.Fatal(err)
	}
	err := chromedp.Do(ctx, command(network.Enable, network.EnableParams{}), command(log.Enable, cdp.Empty{}), command(runtime.Enable, cdp.Empty{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{390, 1200} {
			err := chromedp.Do(ctx,
				command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500}),
				command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
				chromedp.Navigate(address+"/"))
			if err != nil {
				t.Fatal(err)
			}
			seen, err := chromedp.Run(ctx, chromedp.Evaluate[sight](look))
			if err != nil {
				t.Fatal(err)
			}
			seen.judge(t, fmt.Sprintf("%s, %d pixels wide", scheme, width), scheme == "dark")
		}
	}
	heard.told(t)

	type page struct {
		Links      []string
		Type, Said string
	}
	shown, err := chromedp.Run(ctx, chromedp.Evaluate[page](`({
		Links: [...document.querySelectorAll("a")].map(a => a.href),
		Type: document.querySelector("#try").innerText,
		Said: document.querySelector("#reply").innerText,
	})`))
	if err != nil {
		t.Fatal(err)
	}
	if len(shown.Links) < 4 {
		t.Errorf("the page links to %v", shown.Links)
	}
	for _, link := range shown.Links {
		if status, _ := ask(t, http.MethodGet, link, ""); status != http.StatusOK {
			t.Errorf("%s: status %d", link, status)
		}
	}
	m := regexp.MustCompile(`(?s)^curl -s (\S+) -d '(.*)'$`).FindStringSubmatch(shown.Type)
	if m == nil {
		t.Fatalf("the page says to type %s", shown.Type)
	}
	var got, want any
	_, reply := ask(t, http.MethodPost, m[1], m[2])
	if json.Unmarshal([]byte(reply), &got) != nil || json.Unmarshal([]byte(shown.Said), &want) != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("what the page says to type gives %s, and not %s", reply, shown.Said)
	}
}

// command is an action that sends a command of the protocol.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// sight is what look sees.
type sight struct {
	Paper    float64  // luminance of the page, 0 to 1
	Wide     int      // pixels of the page that stand out to the right
	Texts    int      // elements with text
	Faint    []string // texts that stand out too little
	Cut      []string // elements whose text does not fit
	Language []string // Chinese outside of lang=zh
}

// look measures the page. Contrast is that of WCAG 2; 4.5 is what its level AA wants.
const look = `(() => {
	const rgb = c => (c.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
	const luminance = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
	const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
	const name = e => e.tagName + ": " + e.textContent.trim().slice(0, 40);
	const texts = [...document.body.querySelectorAll("*")].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
	return {
		Paper: luminance(behind(document.body)),
		Wide: document.documentElement.scrollWidth - window.innerWidth,
		Texts: texts.length,
		Faint: texts.filter(e => { const a = luminance(rgb(getComputedStyle(e).color)), b = luminance(behind(e)); return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5; }).map(name),
		Cut: texts.filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline").map(name),
		Language: texts.filter(e => /\p{Script=Han}/u.test([...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join("")) && !(e.closest("[lang]") || {lang: ""}).lang.startsWith("zh")).map(name),
	};
})()`

func (s *sight) judge(t *testing.T, where string, dark bool) {
	t.Helper()
	if s.Texts < 10 {
		t.Errorf("%s: only %d texts", where, s.Texts)
	}
	if s.Wide > 0 {
		t.Errorf("%s: the page is %d pixels wider than the window", where, s.Wide)
	}
	if dark != (s.Paper < .2) {
		t.Errorf("%s: the page's luminance is %.2f", where, s.Paper)
	}
	for what, found := range map[string][]string{"cannot be read": s.Faint, "does not fit": s.Cut, "is Chinese, and not marked as such": s.Language} {
		for _, e := range found {
			t.Errorf("%s: %s %s", where, e, what)
		}
	}
}

// complaints are what the browser has against the page. Events come from a goroutine of
// its own.
type complaints struct {
	mu   sync.Mutex
	list []string
}

func (c *complaints) hear(event any) {
	what := ""
	switch e := event.(type) {
	case *log.EventEntryAdded:
		what = e.Entry.Text + " " + e.Entry.URL
	case *runtime.EventExceptionThrown:
		what = e.ExceptionDetails.Text
	case *network.EventLoadingFailed:
		what = e.ErrorText
	case *network.EventResponseReceived:
		if e.Response.Status != http.StatusOK {
			what = fmt.Sprint(e.Response.URL, ": ", e.Response.Status)
		}
	}
	if what != "" {
		c.mu.Lock()
		c.list = append(c.list, what)
		c.mu.Unlock()
	}
}

func (c *complaints) told(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, what := range c.list {
		t.Errorf("the browser says: %s", what)
	}
}

// browser starts a browser for the time of the test, with a profile of its own.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// ask sends a request and returns the status and the reply.
func ask(t *testing.T, method, url, body string) (status int, reply string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// serve builds the server, runs it for the time of the test and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "zhida")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./cmd/zhida")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := exec.Command(bin, "serve", "--dev", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(t.TempDir(), "data"))
	logged, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines, drained := bufio.NewScanner(logged), make(chan struct{})
	t.Cleanup(func() {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		<-drained
		if err := c.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	address := ""
	for address == "" && lines.Scan() {
		if m := regexp.MustCompile(`msg=listening address=(\S+)`).FindStringSubmatch(lines.Text()); m != nil {
			address = m[1]
		}
	}
	go func() { // so that the server can go on writing
		for lines.Scan() {
			continue
		}
		close(drained)
	}()
	if address == "" {
		t.Fatal("the server did not say where it listens")
	}
	return address
}
