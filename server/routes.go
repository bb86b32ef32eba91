package server

import "slices"

// routes returns the route table. A row is all there is to a route: the tests go
// through the rows, so a route without one does not exist, and one with a row is
// documented, authorised and tested. The demo upstream's rows are there under --dev.
func routes(dev bool) []*route {
	parts := [][]*route{
		answerRoutes(),
		knowledgeRoutes(),
		operationRoutes(),
		accessRoutes(),
		casesRoutes(),
		humanRoutes(),
	}
	if dev {
		parts = append(parts, demoRoutes())
	}
	return slices.Concat(parts...)
}

// operationRoutes are what operators use.
func operationRoutes() []*route {
	return []*route{
		{
			method: "GET", path: "/healthz", serve: serveHealth,
			doc: operation{id: "healthz", tag: "operations", summary: "The process lives",
				replies: []reply{{200, "It does.", jsonMedia, object(need("status", choice("ok")))}}},
		},
		{
			method: "GET", path: "/readyz", serve: serveReady,
			doc: operation{id: "readyz", tag: "operations", summary: "The process can serve",
				replies: []reply{
					{200, "It can. Degraded: it renders what it knows, but the database is lost and writes are refused.", jsonMedia,
						object(need("status", choice("ready", "degraded")), may("store", choice("lost")))},
					{503, "It cannot, or not any more.", problemMedia, ref("Problem")},
				}},
		},
		{
			method: "GET", path: "/metrics", serve: serveMetrics,
			doc: operation{id: "metrics", tag: "operations", summary: "Metrics in Prometheus' text format",
				replies: []reply{{200, "All series.", "text/plain", str("")}}},
		},
		{
			method: "GET", path: "/openapi.json", serve: serveOpenAPI,
			doc: operation{id: "openapi", tag: "operations", summary: "This document",
				replies: []reply{{200, "OpenAPI 3.1.", jsonMedia, schema{"type": "object"}}}},
		},
		{
			method: "GET", path: "/", serve: serveHome,
			doc: operation{id: "home", tag: "operations", summary: "A page for people",
				replies: []reply{{200, "HTML.", "text/html", str("")}}},
		},
	}
}

// demoRoutes are the upstream on which --dev lets a newcomer try data calls.
func demoRoutes() []*route {
	return []*route{{
		method: "GET", path: "/demo/upstream/{topic}", serve: serveDemo,
		doc: operation{
			id: "demoUpstream", tag: "demo", summary: "A small upstream for data calls (--dev only)",
			about: "Checks the signature, the timestamp's freshness and the nonce. Topics: points, order and member by id, " +
				"slow (waits ms milliseconds), fail, garbage.",
			query: []property{may("id", str("")), may("ms", str("")), may("nonce", str("")), may("timestamp", str("")), may("signature", str(""))},
			replies: []reply{
				{200, "A reply as queryData wants it.", jsonMedia, schema{}},
				{401, "The signature, the timestamp or the nonce is not good.", problemMedia, ref("Problem")},
				{404, "No such topic.", problemMedia, ref("Problem")},
				{500, "The topic fail.", problemMedia, ref("Problem")},
			},
		},
	}}
}
