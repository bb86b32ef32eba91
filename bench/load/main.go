// Command load measures the render route over loopback: a bare fasthttp handler with the
// same reply (the limit), zhida, and net/http with encoding/json and text/template, one
// after the other in turns, each alone on the first processor with wrk on the second. It
// prints requests per second, the 99th percentile and the shares of the limit.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"
)

var (
	rounds  = flag.Int("rounds", 3, "rounds in turns; the median counts")
	seconds = flag.Int("seconds", 4, "seconds of load each time")
)

func main() {
	flag.Parse()
	dir, err := os.MkdirTemp("", "zhida-load")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := run(dir); err != nil {
		log.Fatal(err)
	}
}

func run(dir string) error {
	for _, p := range []string{"./cmd/zhida", "./bench/rival"} {
		if out, err := exec.Command("go", "build", "-o", dir+"/", p).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", p, err, out)
		}
	}
	config := "keys:\n  - {key: bench, name: bench, scope: render}\nbots:\n  - {id: bench, name: bench}\n"
	if err := os.WriteFile(filepath.Join(dir, "zhida.yaml"), []byte(config), 0o600); err != nil {
		return err
	}
	fmt.Printf("%d rounds of %d s, 64 connections\n\n| answer | server | requests/s | of the limit | p99 ms |\n| --- | --- | --- | --- | --- |\n", *rounds, *seconds)
	for _, name := range []string{"S", "M", "L"} {
		if err := answer(dir, name); err != nil {
			return err
		}
	}
	return nil
}

// figures are what wrk said of one run.
type figures struct{ rate, p99 float64 }

func answer(dir, name string) error {
	script, body, err := request(dir, name)
	if err != nil {
		return err
	}
	reply := filepath.Join(dir, name+".reply")
	servers := []struct {
		name string
		args []string
	}{
		{"zhida", []string{dir + "/zhida", "serve", "--config", dir + "/zhida.yaml", "--data-dir", dir + "/data", "--listen", "127.0.0.1:18090"}},
		{"bare fasthttp", []string{dir + "/rival", "-kind", "bare", "-listen", "127.0.0.1:18090", "-reply", reply}},
		{"net/http", []string{dir + "/rival", "-kind", "nethttp", "-listen", "127.0.0.1:18090"}},
	}
	all := map[string][]figures{}
	for range *rounds {
		for _, s := range servers {
			f, err := drive(s.args, script, body, reply)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			all[s.name] = append(all[s.name], f)
		}
	}
	limit := median(all["bare fasthttp"])
	for _, s := range servers {
		f := median(all[s.name])
		fmt.Printf("| %s | %s | %.0f | %.0f %% | %.2f |\n", name, s.name, f.rate, 100*f.rate/limit.rate, f.p99)
	}
	return nil
}

func median(fs []figures) figures {
	rates, p99s := []float64{}, []float64{}
	for _, f := range fs {
		rates, p99s = append(rates, f.rate), append(p99s, f.p99)
	}
	slices.Sort(rates)
	slices.Sort(p99s)
	return figures{rates[len(rates)/2], p99s[len(p99s)/2]}
}

// request writes what wrk sends: the answer and the workload's context.
func request(dir, name string) (script string, body []byte, err error) {
	text, err := os.ReadFile("testdata/workload/" + name + ".answer.txt")
	if err != nil {
		return "", nil, err
	}
	context, err := os.ReadFile("testdata/workload/context.json")
	if err != nil {
		return "", nil, err
	}
	body, err = json.Marshal(map[string]any{"answer": string(text), "context": json.RawMessage(context), "include": []string{"segments"}})
	if err != nil {
		return "", nil, err
	}
	script = filepath.Join(dir, name+".lua")
	lua := "wrk.method = 'POST'\nwrk.body = " + quoteLua(body) + "\nwrk.headers['Authorization'] = 'Bearer bench'\nwrk.headers['Content-Type'] = 'application/json'\n"
	return script, body, os.WriteFile(script, []byte(lua), 0o600)
}

func quoteLua(b []byte) string {
	var out bytes.Buffer
	out.WriteByte('"')
	for _, c := range b {
		fmt.Fprintf(&out, `\%03d`, c)
	}
	out.WriteByte('"')
	return out.String()
}

// drive starts a server on the first processor, waits until it answers, and drives it
// from the second. zhida's reply is kept for the bare handler.
func drive(args []string, script string, body []byte, reply string) (f figures, err error) {
	cmd := exec.Command("taskset", append([]string{"-c", "0"}, args...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		return f, err
	}
	defer func() {
		err = errors.Join(err, cmd.Process.Signal(os.Interrupt))
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case <-done: // the rivals end by the signal; that is no fault
		case <-time.After(15 * time.Second):
			err = errors.Join(err, cmd.Process.Kill())
		}
	}()
	got, err := ready(body)
	if err != nil {
		return f, fmt.Errorf("%w: %s", err, said.String())
	}
	if len(args) > 0 && filepath.Base(args[0]) == "zhida" {
		if err := os.WriteFile(reply, got, 0o600); err != nil {
			return f, err
		}
	}
	out, err := exec.Command("taskset", "-c", "1", "wrk", "-t1", "-c64", fmt.Sprintf("-d%ds", *seconds), "--latency", "-s", script, url).CombinedOutput()
	if err != nil {
		return f, fmt.Errorf("wrk: %w: %s", err, out)
	}
	return parse(string(out))
}

const url = "http://127.0.0.1:18090/v1/bots/bench/render"

// ready asks until the server answers 200.
func ready(body []byte) ([]byte, error) {
	var last error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer bench")
		req.Header.Set("Content-Type", "application/json")
		req.Close = true
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			last = err
			time.Sleep(20 * time.Millisecond)
			continue
		}
		got, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return nil, err
		}
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s", res.Status, got)
		}
		return got, nil
	}
	return nil, last
}

var (
	rateLine  = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)
	p99Line   = regexp.MustCompile(`99%\s+([\d.]+)(us|ms|s)`)
	faultLine = regexp.MustCompile(`(Non-2xx|Socket errors)[^\n]*`)
)

func parse(out string) (f figures, err error) {
	if fault := faultLine.FindString(out); fault != "" {
		return f, errors.New(fault)
	}
	rate, p99 := rateLine.FindStringSubmatch(out), p99Line.FindStringSubmatch(out)
	if rate == nil || p99 == nil {
		return f, fmt.Errorf("wrk said %s", out)
	}
	f.rate, err = strconv.ParseFloat(rate[1], 64)
	ms, err2 := strconv.ParseFloat(p99[1], 64)
	f.p99 = ms * map[string]float64{"us": 0.001, "ms": 1, "s": 1000}[p99[2]]
	return f, errors.Join(err, err2)
}
