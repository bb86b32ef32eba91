package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/zhida-kb/zhida/server"
)

// remoteTest says which server's answers are tested.
type remoteTest struct {
	Server string `placeholder:"URL" help:"Test the answers that this server keeps of --bot. 测试该服务器上机器人的答案。"`
	Key    string `placeholder:"KEY" env:"ZHIDA_KEY" help:"A key of the scope edit. 具有 edit 权限的密钥。"`
}

// remoteTime is how long one request may take.
const remoteTime = time.Minute

// eachRemote hands on every answer of a bot, or those that are named.
func (r *remoteTest) eachRemote(bot string, ids []string, coverage bool, done func(*tested, error) error) error {
	if bot == "" {
		return errors.New("--server needs --bot (--server 需要同时给出 --bot)")
	}
	test := func(id string) error { return done(r.testRemote(bot, id, coverage)) }
	if len(ids) > 0 {
		for _, id := range ids {
			if err := test(id); err != nil {
				return err
			}
		}
		return nil
	}
	for query := ""; ; {
		var page struct {
			Items      []struct{ ID string }
			NextCursor *string
		}
		if err := r.ask("GET", "/v1/bots/"+url.PathEscape(bot)+"/answers"+query, nil, &page); err != nil {
			return err
		}
		for _, a := range page.Items {
			if err := test(a.ID); err != nil {
				return err
			}
		}
		if page.NextCursor == nil {
			return nil
		}
		query = "?cursor=" + url.QueryEscape(*page.NextCursor)
	}
}

// testRemote tests the draft of one answer.
func (r *remoteTest) testRemote(bot, id string, coverage bool) (*tested, error) {
	path := "/v1/bots/" + url.PathEscape(bot) + "/answers/" + url.PathEscape(id)
	t := &tested{Path: id}
	if err := r.ask("POST", path+"/test", []byte("{}"), t); err != nil {
		return nil, fmt.Errorf("%s: %w", id, err)
	}
	if coverage {
		t.Coverage = &server.Coverage{}
		if err := r.ask("GET", path+"/coverage", nil, t.Coverage); err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
	}
	return t, nil
}

// ask makes one request and reads the reply into v.
func (r *remoteTest) ask(method, path string, body []byte, v any) error {
	ctx, cancel := context.WithTimeout(context.Background(), remoteTime)
	defer cancel()
	var sent io.Reader
	if body != nil {
		sent = bytes.NewReader(body)
	}
	reply, err := remote{r.Server, r.Key, http.DefaultClient}.open(ctx, method, path, "application/json", sent)
	if err != nil {
		return err
	}
	return errors.Join(json.NewDecoder(reply).Decode(v), reply.Close())
}
