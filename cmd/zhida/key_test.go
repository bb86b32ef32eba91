package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/zhida-kb/zhida/server/access"
	"github.com/zhida-kb/zhida/server/store"
	"github.com/zhida-kb/zhida/server/store/storetest"
)

// reply makes a request and returns its status and body.
func reply(ts *testscript.TestScript, method, path, key string) (int, string) {
	req, err := http.NewRequest(method, "http://"+ts.Getenv("ADDRESS")+path, nil) //nolint:noctx // a script's time is limited
	ts.Check(err)
	req.Header.Set("Authorization", "Bearer "+key)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	ts.Check(err)
	text := new(strings.Builder)
	_, err = io.Copy(text, resp.Body)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	return resp.StatusCode, text.String()
}

// ask METHOD PATH KEY STATUS: prints the reply, whose status has to be STATUS.
func askFor(ts *testscript.TestScript, _ bool, args []string) {
	status, body := reply(ts, args[0], args[1], args[2])
	_, err := ts.Stdout().Write([]byte(body))
	ts.Check(err)
	if strconv.Itoa(status) != args[3] {
		ts.Fatalf("%s %s: %d, want %s: %s", args[0], args[1], status, args[3], body)
	}
}

// askuntil METHOD PATH KEY STATUS: asks until the status is STATUS: nodes take a while to
// hear of a key.
func askUntil(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(patience); ; <-time.After(5 * time.Millisecond) {
		late := time.Now().After(end)
		status, _ := reply(ts, args[0], args[1], args[2])
		if strconv.Itoa(status) == args[3] {
			return
		}
		if late {
			ts.Fatalf("%s %s: still %d after %v", args[0], args[1], status, patience)
		}
	}
}

// setkey NAME FILE: sets a variable to what a file says.
func setKey(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

// setid NAME KEY: sets a variable to the id of the key of a name in the last output.
func setID(ts *testscript.TestScript, _ bool, args []string) {
	var list []listedKey
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &list))
	for _, k := range list {
		if k.Name == args[1] {
			ts.Setenv(args[0], k.ID)
			return
		}
	}
	ts.Fatalf("no key of the name %s", args[1])
}

// private FILE: the file is its owner's alone.
func private(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if info.Mode().Perm() != 0o600 {
		ts.Fatalf("%s: mode %v", args[0], info.Mode())
	}
}

// TestFirstKey: of nodes that start together on one database one makes the key, and only
// its file remains; a key whose file was written before a crash is used by the next start.
func TestFirstKey(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		var out strings.Builder
		c := &console{out: &out, err: &out, lang: "en"}
		dirs := []string{t.TempDir(), t.TempDir(), t.TempDir()}
		before, err := firstSecret(dirs[0], dirs[0]+"/"+firstKeyFile) // and then it crashed
		if err != nil {
			t.Fatal(err)
		}
		if again, err := firstSecret(dirs[0], dirs[0]+"/"+firstKeyFile); err != nil || again != before {
			t.Fatalf("%q %q %v", before, again, err)
		}
		for _, dir := range append(dirs, dirs[0]) {
			if err := firstKey(t.Context(), c, db, dir, ""); err != nil {
				t.Fatal(err)
			}
		}
		all, _, err := db.Keys(t.Context())
		if err != nil || len(all) != 1 || all[0].Sum != access.SumOf(before) || all[0].Scope != "admin" {
			t.Fatalf("%v %+v", err, all)
		}
		if strings.Count(out.String(), firstKeyFile) != 1 || strings.Contains(out.String(), before) {
			t.Errorf("said: %s", out.String())
		}
		// Two that raced: the slower one's file goes, the quicker one's stays.
		for i, dir := range dirs[:2] {
			secret, err := firstSecret(dir, dir+"/"+firstKeyFile)
			if err != nil {
				t.Fatal(err)
			}
			if err := dropUnused(t.Context(), db, dir+"/"+firstKeyFile, secret); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(dir + "/" + firstKeyFile); (err == nil) != (i == 0) {
				t.Errorf("the file of node %d: %v", i, err)
			}
		}
		if err := os.WriteFile(dirs[2]+"/"+firstKeyFile, []byte("nonsense"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := firstSecret(dirs[2], dirs[2]+"/"+firstKeyFile); err == nil {
			t.Error("a file without a key passes")
		}
	})
}

// with is a request of the node with another key, or with none and a cookie.
func (n *node) with(key, cookie, path string) int {
	req, err := http.NewRequestWithContext(n.t.Context(), "GET", "http://"+n.address+path, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	resp, err := n.client.Do(req)
	if err != nil {
		n.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		n.t.Fatal(err)
	}
	return resp.StatusCode
}

// TestKeysAcross: nodes that start together on a new database make one admin key; a key
// that one makes works on all within a second, and so do its sessions; one that another
// revokes is dead on all within a second, and its sessions with it.
func TestKeysAcross(t *testing.T) {
	t.Parallel()
	c := newCluster(t, "--database-url", storetest.Postgres(t))
	c.env = append(c.env, "ZHIDA_INITIAL_ADMIN_KEY=")
	var nodes [3]*node
	var starting sync.WaitGroup
	for i := range nodes {
		starting.Go(func() { nodes[i] = c.start() })
	}
	starting.Wait()
	var found []string
	for _, n := range nodes {
		b, err := os.ReadFile(n.dir + "/" + firstKeyFile)
		if err == nil {
			found = append(found, strings.TrimSpace(string(b)))
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d nodes have made an admin key", len(found))
	}
	c.key = found[0]
	took := map[string][]time.Duration{}
	everywhere := func(what, key, cookie string, status int) {
		t.Helper()
		began := time.Now()
		for _, n := range nodes {
			eventually(t, what, func() bool { return n.with(key, cookie, "/v1/language") == status })
		}
		took[what] = append(took[what], time.Since(began))
	}
	everywhere("the admin key works", c.key, "", http.StatusOK)
	for i := range 3 {
		made := nodes[i].must("POST", "/v1/keys", `{"name":"n","scope":"render"}`)
		key, _ := made.doc["key"].(string)
		id, _ := made.doc["id"].(string)
		everywhere("a new key works", key, "", http.StatusOK)
		in := nodes[(i+1)%3].must("POST", "/v1/session", `{"key":"`+key+`"}`)
		cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
		everywhere("its session works", "", cookie, http.StatusOK)
		nodes[(i+2)%3].must("DELETE", "/v1/keys/"+id, "")
		everywhere("a revoked key is dead", key, "", http.StatusUnauthorized)
		everywhere("its session is dead", "", cookie, http.StatusUnauthorized)
	}
	for what, times := range took {
		typical(t, what+" on all nodes", times, time.Second)
	}
}
