// Command rival serves the render route as others would: -kind bare is a fasthttp handler
// that answers every request with the same bytes, the limit of what a server here can do;
// -kind nethttp is net/http with encoding/json and text/template, what a team would write
// for itself. `make bench-http` drives both beside zhida.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"text/template"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/zhida-kb/zhida/bench/dialect"
)

func main() {
	kind := flag.String("kind", "bare", "bare or nethttp")
	listen := flag.String("listen", "127.0.0.1:18091", "address")
	reply := flag.String("reply", "", "file with the reply of bare")
	flag.Parse()
	if err := serve(*kind, *listen, *reply); err != nil {
		log.Fatal(err)
	}
}

func serve(kind, listen, reply string) error {
	switch kind {
	case "bare":
		body, err := os.ReadFile(reply)
		if err != nil {
			return err
		}
		return fasthttp.ListenAndServe(listen, func(ctx *fasthttp.RequestCtx) {
			ctx.SetContentType("application/json")
			ctx.SetBody(body)
		})
	case "nethttp":
		return http.ListenAndServe(listen, http.HandlerFunc(render))
	}
	return fmt.Errorf("no kind %q", kind)
}

// request is the body of the render route.
type request struct {
	Answer  string         `json:"answer"`
	Format  string         `json:"format"`
	Context map[string]any `json:"context"`
	Include []string       `json:"include"`
}

type segment struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// templates are the compiled answers, by their source. A single goroutine's map is
// enough for a comparison on one core; the mutex would cost it little.
var templates = make(chan map[string]*template.Template, 1)

func render(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer bench" {
		http.Error(w, "no key", http.StatusUnauthorized)
		return
	}
	var in request
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	text, err := execute(in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(map[string]any{"segments": []segment{{"text", text}}}); err != nil {
		log.Print(err)
	}
}

func execute(in request) (string, error) {
	cache := map[string]*template.Template{}
	select {
	case cache = <-templates:
	default:
	}
	t := cache[in.Answer]
	if t == nil {
		var err error
		if t, err = template.New("").Parse(dialect.Dialects()["go"].Translate(in.Answer, nil)); err != nil {
			return "", err
		}
		cache[in.Answer] = t
	}
	select {
	case templates <- cache:
	default:
	}
	user, _ := in.Context["userInfo"].(map[string]any)
	route, _ := in.Context["routeInfo"].(map[string]any)
	if user == nil || route == nil {
		return "", errors.New("the context is not whole")
	}
	zone := time.Now().In(time.FixedZone("", 8*3600))
	in.Context["systemInfo"] = map[string]any{"dateutc8": zone.Format(time.DateOnly), "timeutc8": zone.Format(time.DateTime)}
	in.Context["online"], in.Context["offline"] = route["routeStatus"] == "1", route["routeStatus"] != "1"
	in.Context["vip"], in.Context["anonymous"] = user["vipType"] == "1", user["vipType"] == "0"
	var b writer
	err := t.Execute(&b, in.Context)
	return string(b), err
}

type writer []byte

func (w *writer) Write(p []byte) (int, error) { *w = append(*w, p...); return len(p), nil }
