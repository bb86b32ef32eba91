package server

import (
	_ "embed"
	"html"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// serveHealth answers GET /healthz: the process lives, whatever else is wrong.
func serveHealth(_ *Server, x *exchange) *Problem {
	x.send(append(x.reply(), `{"status":"ok"}`...))
	return nil
}

// serveReady answers GET /readyz: whether requests should be sent here. From the moment
// at which Shutdown begins they should not. A node that has lost its database goes on
// rendering what it knows, so it is ready still, and says what is missing.
func serveReady(s *Server, x *exchange) *Problem {
	if s.leaving.Load() {
		return &Problem{Code: NotReady, RetryAfter: retryAfter,
			Detail: text("服务正在停止。", "The server is shutting down.")}
	}
	l := s.rooms.Library
	if l != nil && !l.Loaded() {
		return notLoaded()
	}
	if db := s.rooms.Store; db != nil && !db.Up() || l != nil && l.Behind() > behindMost {
		x.send(append(x.reply(), `{"status":"degraded","store":"lost"}`...))
		return nil
	}
	x.send(append(x.reply(), `{"status":"ready"}`...))
	return nil
}

// behindMost is for how long the store may go unseen before that is told.
const behindMost = 3 * time.Second

// notLoaded is the refusal of what needs answers that are not in memory yet.
func notLoaded() *Problem {
	return &Problem{Code: NotReady, RetryAfter: retryAfter,
		Detail: text("正在加载答案，请稍后重试。", "The answers are being loaded; try again shortly.")}
}

// serveMetrics answers GET /metrics.
func serveMetrics(s *Server, x *exchange) *Problem {
	b, err := s.metrics.text()
	if err != nil {
		s.log.Error("metrics", "error", err)
		return &Problem{Code: Internal, Detail: text("无法读取指标。", "The metrics could not be gathered.")}
	}
	x.ctx.SetContentType(metricsType)
	x.ctx.Response.SetBodyRaw(b)
	return nil
}

// serveOpenAPI answers GET /openapi.json.
func serveOpenAPI(s *Server, x *exchange) *Problem {
	x.ctx.Response.Header.SetContentTypeBytes(contentTypeJSON)
	x.ctx.Response.SetBodyRaw(s.openapi)
	return nil
}

//go:embed home.html
var homePage string

// serveHome answers GET /: a page for whoever opens the address in a browser.
func serveHome(s *Server, x *exchange) *Problem {
	h := &x.ctx.Response.Header
	h.SetContentTypeBytes(contentTypeHTML)
	h.Set(fasthttp.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set(fasthttp.HeaderXContentTypeOptions, "nosniff")
	bot, key, hint := "BOT", " -H 'Authorization: Bearer KEY'", `<p class="quiet">把 <code>BOT</code> 和 <code>KEY</code> 换成您的机器人与密钥 · <span lang="en">with a bot and a key of yours</span></p>`
	if s.cfg.Dev {
		bot, key, hint = "demo", "", ""
	}
	x.ctx.Response.SetBodyString(strings.NewReplacer("{{origin}}", s.origin(x), "{{bot}}", bot, "{{key}}", key, "{{hint}}\n", hint).Replace(homePage))
	return nil
}

// origin is where the browser reached the server: its public URL, or as the request says.
func (s *Server) origin(x *exchange) string {
	if public := strings.TrimRight(s.cfg.PublicURL, "/"); public != "" {
		return html.EscapeString(public)
	}
	host := string(x.ctx.Request.Header.Host())
	if host == "" || strings.Trim(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]") != "" {
		host = "127.0.0.1:8080" // what is no name stays out of the page
	}
	return "http://" + host
}
