package server

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/server/access"
)

// keyInput is the body of POST /v1/keys.
type keyInput struct {
	Name  string  `json:"name" min:"1" max:"100" doc:"How operators call the key; it stands in the audit, and at the desk it is the agent's name."`
	Scope string  `json:"scope" enum:"relay,render,edit,operate,admin"`
	Bot   *string `json:"bot" format:"id" doc:"The one bot that the key opens; null: every bot."`
	Rate  *int    `json:"ratePerSecond" min:"1" max:"1000000" doc:"Requests a second that each node takes; null: the node's own setting."`
}

// keyShown is a key; never the key itself.
type keyShown struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Scope     string    `json:"scope" enum:"relay,render,edit,operate,admin"`
	Bot       *string   `json:"bot"`
	Rate      *int      `json:"ratePerSecond"`
	CreatedAt time.Time `json:"createdAt"`
}

// keyMade is the reply that shows the key itself.
type keyMade struct {
	keyShown
	Key string `json:"key" doc:"The key itself. It is shown this once and cannot be read again."`
}

// auditShown is an entry of the audit.
type auditShown struct {
	Seq      int64     `json:"seq" doc:"1, 2, 3 … without gaps."`
	At       time.Time `json:"at"`
	Key      auditKey  `json:"key" doc:"Who."`
	Action   string    `json:"action" doc:"What: the operationId of the route."`
	Bot      *string   `json:"bot"`
	Object   string    `json:"object" doc:"On what: ids, never contents."`
	Previous string    `json:"previous" doc:"The hash of the entry before, in hex."`
	Hash     string    `json:"hash" doc:"SHA-256 over all that stands above, in hex."`
}

type auditKey struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// accessRoutes are for who hands out keys and looks at what was done with them.
func accessRoutes() []*route {
	const noStore = "The database cannot be reached; Retry-After says when to come again."
	return []*route{
		{
			method: "GET", path: "/v1/keys", area: AreaAdmin, serve: serveKeys,
			doc: operation{id: "listKeys", tag: "access", summary: "List the keys that are not revoked",
				about: "Without the keys themselves, and without those of the config file. A key that is bound to a bot sees those of that bot.",
				query: paged(), replies: []reply{answers[listOf[keyShown]](200, "A page of keys."), refusal(503, noStore)}},
		},
		{
			method: "POST", path: "/v1/keys", area: AreaAdmin, body: smallBody, idempotent: true, serve: serveMakeKey,
			doc: operation{id: "createKey", tag: "access", summary: "Make a key",
				about:   "The reply is the only place where the key itself ever stands. It is valid on all nodes within a second.",
				request: schemaOf[keyInput](), example: map[string]any{"name": "website", "scope": "render", "bot": "demo"},
				replies: []reply{answers[keyMade](201, "The key."), refusal(503, noStore)}},
		},
		{
			method: "DELETE", path: "/v1/keys/{id}", area: AreaAdmin, serve: serveRevokeKey,
			doc: operation{id: "revokeKey", tag: "access", summary: "Revoke a key",
				about:   "It opens nothing any more, on all nodes within a second; sessions that were opened with it end too.",
				missing: "There is no such key.", replies: []reply{done("It is revoked."), refusal(503, noStore)}},
		},
		{
			method: "GET", path: "/v1/audit", area: AreaAdmin, serve: serveAudit,
			doc: operation{id: "audit", tag: "access", summary: "Who changed what, newest first",
				about: "Entries are chained by their hashes: zhida admin audit verifies them. A key that is bound to a bot sees that bot's.",
				query: paged(), replies: []reply{answers[listOf[auditShown]](200, "A page of entries."), refusal(503, noStore)}},
		},
		{
			method: "POST", path: "/v1/session", area: AreaOpen, body: smallBody, serve: serveSignIn,
			doc: operation{id: "signIn", tag: "access", summary: "Sign in to the console",
				about:   "Sets a cookie (HttpOnly, SameSite=Strict) for 12 hours. Whatever is no GET then needs the header " + csrfHeader + ".",
				request: schemaOf[signIn](), example: map[string]any{"key": "zhida_admin_…"},
				replies: []reply{answers[sessionShown](200, "Who is signed in."), refusal(401, "The key is not valid."), refusal(429, "Too many requests of this key.")}},
		},
		{
			method: "GET", path: "/v1/session", area: AreaConversations, serve: serveSession,
			doc: operation{id: "session", tag: "access", summary: "Who is signed in",
				replies: []reply{answers[sessionShown](200, "Who it is.")}},
		},
		{
			method: "DELETE", path: "/v1/session", area: AreaConversations, serve: serveSignOut,
			doc: operation{id: "signOut", tag: "access", summary: "Sign out", replies: []reply{done("The cookie is gone.")}},
		},
	}
}

func showKey(k access.Key) keyShown {
	shown := keyShown{ID: k.ID, Name: k.Name, Scope: k.Scope, Bot: orNil(k.Bot), CreatedAt: k.CreatedAt}
	if k.Rate > 0 {
		shown.Rate = &k.Rate
	}
	return shown
}

// serveKeys answers GET /v1/keys.
func serveKeys(s *Server, x *exchange) *Problem {
	pg := x.readPage(1)
	if p := x.faulty(); p != nil {
		return p
	}
	if s.rooms.Access == nil {
		return noStore()
	}
	after := ""
	if pg.After != nil {
		after = pg.After[0]
	}
	list, err := s.rooms.Access.Store.ListKeys(x.base, x.key.Bot, after, pg.Limit+1)
	if err != nil {
		return x.fail(err)
	}
	var shown listOf[keyShown]
	for _, k := range list[:min(len(list), pg.Limit)] {
		shown.Items = append(shown.Items, showKey(k))
	}
	if len(list) > pg.Limit {
		shown.NextCursor = x.cursor(list[pg.Limit-1].ID)
	}
	x.sendJSON(200, shown)
	return nil
}

// serveMakeKey answers POST /v1/keys.
func serveMakeKey(s *Server, x *exchange) *Problem {
	var in keyInput
	if p := x.decode(&in); p != nil {
		return p
	}
	k := access.Key{Name: in.Name, Scope: in.Scope}
	if in.Bot != nil {
		k.Bot = *in.Bot
	}
	if in.Rate != nil {
		k.Rate = *in.Rate
	}
	if err := k.Validate(ValidID[string]); err != nil {
		return x.fail(err)
	}
	if x.key.Bot != "" && k.Bot != x.key.Bot {
		return &Problem{Code: Forbidden, Detail: text("您的密钥只能创建同一个机器人的密钥。", "Your key is bound to a bot, and can make keys of that bot only.")}
	}
	if s.rooms.Access == nil {
		return noStore()
	}
	keys := access.Keys{Store: s.rooms.Access.Store}
	made, secret, err := keys.Create(x.base, k)
	if err != nil {
		return x.fail(err)
	}
	s.keysChanged(x)
	x.ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	x.sendJSON(201, keyMade{keyShown: showKey(made), Key: secret})
	return nil
}

// keysChanged lets this node know at once; the others hear of it from the store.
func (s *Server) keysChanged(x *exchange) {
	if s.rooms.Access.Ring == nil {
		return
	}
	if err := s.rooms.Access.Ring.Refresh(x.base); err != nil {
		s.log.Warn("the keys cannot be read", "error", err)
	}
}

// serveRevokeKey answers DELETE /v1/keys/{id}.
func serveRevokeKey(s *Server, x *exchange) *Problem {
	if s.rooms.Access == nil {
		return noStore()
	}
	keys := access.Keys{Store: s.rooms.Access.Store}
	if err := keys.Revoke(x.base, x.key.Bot, x.paramText("id")); err != nil {
		return x.fail(err)
	}
	s.keysChanged(x)
	x.sendNothing()
	return nil
}

// serveAudit answers GET /v1/audit.
func serveAudit(s *Server, x *exchange) *Problem {
	pg := x.readPage(1)
	below := int64(0)
	if pg.After != nil {
		var err error
		if below, err = strconv.ParseInt(pg.After[0], 10, 64); err != nil {
			x.fault("?cursor", "不是本列表返回的 nextCursor", "is no nextCursor of this list")
		}
	}
	if p := x.faulty(); p != nil {
		return p
	}
	if s.rooms.Access == nil {
		return noStore()
	}
	list, err := s.rooms.Access.Store.Audit(x.base, x.key.Bot, below, pg.Limit+1)
	if err != nil {
		return x.fail(err)
	}
	var shown listOf[auditShown]
	for _, e := range list[:min(len(list), pg.Limit)] {
		shown.Items = append(shown.Items, auditShown{Seq: e.Seq, At: e.At, Key: auditKey{e.Note.KeyID, e.Note.KeyName}, Action: e.Note.Action,
			Bot: orNil(e.Note.Bot), Object: e.Note.Object, Previous: hex.EncodeToString(e.Previous[:]), Hash: hex.EncodeToString(e.Hash[:])})
	}
	if len(list) > pg.Limit {
		shown.NextCursor = x.cursor(strconv.FormatInt(list[pg.Limit-1].Seq, 10))
	}
	x.sendJSON(200, shown)
	return nil
}
