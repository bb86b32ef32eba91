// Package query makes the data calls of an answer: it signs them, decides what
// may be called, sends one GET, and decodes the reply. It is the only place of the runtime
// room that touches the network, and implements [runtime.Fetcher].
//
//	client, err := query.New(query.Config{})
//	fetcher := client.For(query.Bot{ID: "demo", Token: token}) // once for each change of a bot's settings
//	reply := fetcher.Fetch(ctx, "https://crm.example.com/u?id=1")
//
// URLs come from [dataurl.Template]; the values in them are encoded already. The
// rest of this comment says what happens to such a URL, in this order.
//
// # Who may be called
//
// The URL is cut and checked once more by [dataurl.Split]. Then the bot's lists
// decide about host and port, and which kinds of address that host may
// have: public, private, loopback (see [Bot] and [Config]). Every address that
// the resolver gives must be of such a kind, else none is dialled and
// the outcome is refused_address; the socket's control function asks again right before the connect. The
// address that was checked is the one that is dialled, so a name whose answers change gains
// nothing. Link-local addresses, metadata services, multicast, documentation
// and all else that is special are open to nobody. There are no proxies, no redirects (a 3xx is bad_status)
// and no user info.
//
// # The request
//
//	GET /u?id=1&nonce=n…&timestamp=1700000000&signature=… HTTP/1.1
//
// One attempt over a connection of our own, with the response parsed by
// fasthttp's Response. fasthttp's HostClient is not used: it asks a silent
// upstream several times unless told not to, keeps a cleaning goroutine for
// each host beyond the last connection, and normalises paths. Connections are kept for
// the next call only after a reply that was OK, per bot, bounded, and looked at
// before they are used again.
//
// The signature is the language's ([Sign]); a bot may add Standard Webhooks
// headers over method and URL ([SignWebhook]).
//
// # Time and size
//
// Name look-up, connect, TLS, request and reply share one deadline: the sooner of
// [Config].Timeout and that of the context. It is set on the connection, so no
// goroutine is needed to give up, and none stays behind. Header and body are
// bounded; a compressed body, which is not asked for, is bounded after decompression.
//
// # Outcomes
//
//	ok               a reply of status 200 that [DecodeReply] takes
//	timeout          not done in time, at whatever step; or the caller went away
//	unreachable      no address, no connection, no TLS, or hung up before the first byte of a reply
//	refused_address  the URL, host, port or an address of the host may not be called
//	bad_status       any status but 200
//	bad_reply        no HTTP, broken off, an unknown coding, no such JSON
//	too_large        a header over 16 KiB or a body over the limit
//	circuit_open     the host was spared: its breaker is open or its bulkhead full
//	no_token         the bot has no token, or a webhook secret that is none
//	not_made         no nonce could be made (the runtime gives it its main meaning)
//
// # Sparing a host
//
// Each pair of bot and host (with its port) has a circuit breaker and a
// bulkhead of failsafe-go. Timeouts, unreachable and 5xx are the host's failures; a 404 or a
// reply that is no JSON shows that it works. See [GateConfig] for the figures. The number of pairs is
// bounded.
//
// # The reply cache
//
// A reply is used again only where its Cache-Control allows a shared cache to
// (RFC 9111), without asking upstream, for the same bot and URL; instead of a failure where stale-if-error
// allows it (RFC 5861). Host and lists are checked before the cache is asked.
//
// # What is told
//
// Each call is told to the [Observer] and logged: bot, host, outcome, duration.
// Never a path, a query, a value, a token or content.
package query
