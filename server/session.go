package server

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/server/access"
)

// Access is what the routes of keys, audit and sessions work with.
type Access struct {
	Store    access.Store
	Sessions *access.Sessions
	// Ring is told at once of keys that this node makes and revokes; nil: nobody is.
	Ring *KeyRing
}

const (
	sessionCookie = "zhida_session"
	csrfHeader    = "X-CSRF-Token"
)

// signedIn returns the key of the console session that a request brings, nil when it
// brings none that holds. A write has to bring the session's CSRF token as well: the
// cookie alone may have been sent by another page.
func (s *Server) signedIn(x *exchange) (*Key, *Problem) {
	if s.rooms.Access == nil {
		return nil, nil
	}
	raw := x.ctx.Request.Header.Cookie(sessionCookie)
	if len(raw) == 0 {
		return nil, nil
	}
	cookie := string(raw)
	id, _, ok := s.rooms.Access.Sessions.Read(cookie, x.now())
	if !ok {
		return nil, nil
	}
	key := s.rooms.Keys.ByID(id)
	if key == nil {
		return nil, nil // revoked
	}
	if m := x.route.method; m != "GET" && m != "HEAD" && !s.rooms.Access.Sessions.SameCSRF(cookie, string(x.ctx.Request.Header.Peek(csrfHeader))) {
		return nil, &Problem{Code: NotAllowed, Detail: text(
			"通过控制台会话修改数据时，请在 "+csrfHeader+" 头中提供 CSRF 令牌。",
			"A write of a console session needs its CSRF token in the header "+csrfHeader+".")}
	}
	return key, nil
}

// signIn is the body of POST /v1/session.
type signIn struct {
	Key string `json:"key" doc:"The key to sign in with."`
}

// sessionShown is who is signed in.
type sessionShown struct {
	Name      string     `json:"name" doc:"Of the key."`
	Scope     string     `json:"scope" enum:"relay,render,edit,operate,admin"`
	Bot       *string    `json:"bot" doc:"The one bot that the key opens; null: every bot."`
	CSRFToken *string    `json:"csrfToken" doc:"What writes have to send in X-CSRF-Token; null where no session is needed for them."`
	ExpiresAt *time.Time `json:"expiresAt" doc:"When the session ends."`
}

func showSession(key *Key) sessionShown {
	return sessionShown{Name: key.Name, Scope: key.Scope.String(), Bot: orNil(key.Bot)}
}

// orNil is nil for "".
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// serveSignIn answers POST /v1/session: it takes a key and gives a cookie.
func serveSignIn(s *Server, x *exchange) *Problem {
	var in signIn
	if p := x.decode(&in); p != nil {
		return p
	}
	if s.rooms.Access == nil {
		return noStore()
	}
	sum := sha256.Sum256([]byte(in.Key))
	key := s.rooms.Keys.Find(&sum)
	if key == nil {
		return &Problem{Code: Unauthorized, Detail: text("密钥无效。", "The key is not valid.")}
	}
	if p := x.throttle(key); p != nil {
		return p
	}
	end := x.now().Add(access.SessionTime)
	cookie := s.rooms.Access.Sessions.Issue(key.ID, end)
	s.setSession(x, cookie, int(access.SessionTime/time.Second))
	shown := showSession(key)
	token := s.rooms.Access.Sessions.CSRF(cookie)
	shown.CSRFToken, shown.ExpiresAt = &token, &end
	x.ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	x.sendJSON(200, shown)
	return nil
}

// setSession sets the cookie; less than no seconds end it.
func (s *Server) setSession(x *exchange, value string, seconds int) {
	var c fasthttp.Cookie
	c.SetKey(sessionCookie)
	c.SetValue(value)
	c.SetPath("/")
	c.SetHTTPOnly(true)
	c.SetSameSite(fasthttp.CookieSameSiteStrictMode)
	c.SetSecure(strings.HasPrefix(s.cfg.PublicURL, "https:"))
	if seconds > 0 {
		c.SetMaxAge(seconds)
	} else {
		c.SetExpire(fasthttp.CookieExpireDelete)
	}
	x.ctx.Response.Header.SetCookie(&c)
}

// serveSession answers GET /v1/session: who the caller is, and the CSRF token of the
// session for a page that was loaded again.
func serveSession(s *Server, x *exchange) *Problem {
	shown := showSession(x.key)
	if raw := x.ctx.Request.Header.Cookie(sessionCookie); s.rooms.Access != nil && len(raw) > 0 {
		if id, end, ok := s.rooms.Access.Sessions.Read(string(raw), x.now()); ok && id == x.key.ID {
			token := s.rooms.Access.Sessions.CSRF(string(raw))
			shown.CSRFToken, shown.ExpiresAt = &token, &end
		}
	}
	x.ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	x.sendJSON(200, shown)
	return nil
}

// serveSignOut answers DELETE /v1/session.
func serveSignOut(s *Server, x *exchange) *Problem {
	s.setSession(x, "", 0)
	x.sendNothing()
	return nil
}
