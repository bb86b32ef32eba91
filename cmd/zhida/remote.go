package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// remoteBot says which bot of which server a command works on.
type remoteBot struct {
	Server string `required:"" placeholder:"URL" env:"ZHIDA_SERVER" help:"Where the server is. 服务器地址。"`
	Key    string `placeholder:"KEY" env:"ZHIDA_KEY" help:"A key of the scope edit. 具有 edit 权限的密钥。"`
	Bot    string `required:"" placeholder:"ID" env:"ZHIDA_BOT" help:"Whose answers they are. 机器人 id。"`
}

// path is the path of something of the bot.
func (r *remoteBot) path(rest string) string { return "/v1/bots/" + url.PathEscape(r.Bot) + rest }

// open makes a request whose reply is 200 or 204; the caller reads and closes it.
func (r *remoteBot) open(ctx context.Context, method, path string, body io.Reader) (io.ReadCloser, error) {
	client := http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	return remote{r.Server, r.Key, &client}.open(ctx, method, path, "application/jsonl", body)
}

// remote is a server that commands talk to.
type remote struct {
	server, key string
	client      *http.Client
}

// open makes a request whose reply is 200 or 204; the caller reads and closes it.
func (r remote) open(ctx context.Context, method, path, media string, body io.Reader) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.server, "/")+path, body)
	if err != nil {
		return nil, err
	}
	if r.key != "" {
		req.Header.Set("Authorization", "Bearer "+r.key)
	}
	if body != nil {
		req.Header.Set("Content-Type", media)
	}
	reply, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	if reply.StatusCode == http.StatusOK || reply.StatusCode == http.StatusNoContent {
		return reply.Body, nil
	}
	var problem struct {
		Detail   string
		DetailZh string `json:"detail_zh"`
	}
	doc, err := io.ReadAll(io.LimitReader(reply.Body, 1<<20))
	if err = errors.Join(err, reply.Body.Close()); err != nil {
		return nil, err
	}
	if json.Unmarshal(doc, &problem) != nil || problem.Detail == "" {
		return nil, fmt.Errorf("%s: %s", r.server, reply.Status)
	}
	return nil, fmt.Errorf("%s: %d: %s (%s)", r.server, reply.StatusCode, problem.Detail, problem.DetailZh)
}

// storedLine is an answer as the server exports it.
type storedLine struct {
	pushLine
	Published json.RawMessage `json:"published"` // true, false, or the content
}

// live is what visitors see, nil for nothing.
func (l *storedLine) live() (*pushContent, error) {
	switch string(l.Published) {
	case "true":
		return &l.pushContent, nil
	case "false", "null", "":
		return nil, nil
	}
	var c pushContent
	err := json.Unmarshal(l.Published, &c)
	return &c, err
}

// longestLine is how long a line of an export may be: an answer of the largest size, all
// of it escaped, draft and published.
const longestLine = 16 << 20

// export hands on every answer of the bot.
func (r *remoteBot) export(ctx context.Context, each func(*storedLine) error) error {
	body, err := r.open(ctx, http.MethodGet, r.path("/answers.jsonl"), nil)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // it was read to its end, or an error is being returned
	in := bufio.NewScanner(body)
	in.Buffer(make([]byte, 64<<10), longestLine)
	for in.Scan() {
		var l storedLine
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			return fmt.Errorf("%s: the export cannot be read: %w", r.Server, err)
		}
		if err := each(&l); err != nil {
			return err
		}
	}
	return in.Err()
}
