package server

import (
	"log/slog"
	"time"
)

// observe counts a request that has been answered, ends its span and logs it where that
// is wanted.
func (s *Server) observe(x *exchange) {
	status := x.ctx.Response.StatusCode()
	if x.route == nil {
		s.metrics.requests.WithLabelValues("none", itoa(status)).Inc()
		return
	}
	elapsed := time.Since(x.start)
	if x.route.load == light && x.bot != nil {
		s.metrics.render(x.bot.metrics, x.renderOutcome(status), elapsed)
	}
	x.route.count(s.metrics, status)
	if x.span.live() {
		x.span.end(x, status)
	}
	if s.cfg.AccessLog {
		s.log.LogAttrs(x.base, slog.LevelInfo, "request", slog.String("method", x.route.method),
			slog.String("route", x.route.path),
			slog.Int("status", status), slog.Duration("elapsed", elapsed))
	}
}

// renderOutcome says how a render ended.
func (x *exchange) renderOutcome(status int) renderOutcome {
	switch {
	case status == 200 && len(x.render.Warnings()) == 0:
		return renderOK
	case status == 200:
		return renderDegraded
	case status == 503:
		return renderBusy
	case status >= 500:
		return renderFailed
	}
	return renderRefused
}
