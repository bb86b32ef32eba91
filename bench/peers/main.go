package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/zhida-kb/zhida/bench/hand"
	"github.com/zhida-kb/zhida/runtime"
	"github.com/zhida-kb/zhida/vars"
)

// rounds of slice each are measured in turns; the median counts.
const (
	rounds = 61
	slice  = 8 * time.Millisecond
)

func main() {
	vocab, faults := runtime.NewVocabulary(runtime.Settings{})
	if len(faults) > 0 {
		log.Fatal(faults)
	}
	for _, what := range []string{"render", "compile"} {
		table, least := map[string]map[string]float64{}, map[string]map[string]float64{}
		for _, name := range []string{"S", "M", "L"} {
			w, answer, err := load(name, vocab)
			if err != nil {
				log.Fatal(err)
			}
			table[name], least[name], err = measure(what, w, answer)
			if err != nil {
				log.Fatal(err)
			}
		}
		print(what, table, vocab)
		if what == "render" {
			printLeast(least)
		}
	}
}

// load reads the answer name of the workload and what renders it.
func load(name string, vocab *runtime.Vocabulary) (*work, string, error) {
	dir := filepath.Join("..", "..", "testdata", "workload")
	answer, err := os.ReadFile(filepath.Join(dir, name+".answer.txt"))
	if err != nil {
		return nil, "", err
	}
	raw, err := os.ReadFile(filepath.Join(dir, "context.json"))
	if err != nil {
		return nil, "", err
	}
	w := &work{name: name, vocab: vocab, facts: new(vars.Facts)}
	if err := json.Unmarshal(raw, &w.context); err != nil {
		return nil, "", err
	}
	now := time.Date(2020, 10, 1, 4, 0, 0, 0, time.UTC)
	w.facts.Reset(now)
	if err := w.facts.Decode(raw, "/context"); err != nil {
		return nil, "", err
	}
	zone := now.In(time.FixedZone("", 8*3600))
	w.context["systemInfo"] = map[string]any{"dateutc8": zone.Format(time.DateOnly), "timeutc8": zone.Format(time.DateTime)}
	w.context["online"], w.context["offline"], w.context["vip"], w.context["anonymous"] = true, false, true, false
	w.hand = byHand(w.context, zone)
	render, err := engines(vocab)[0].prepare(string(answer), w)
	if err != nil {
		return nil, "", err
	}
	done, err := render()
	w.done = slices.Clone(done)
	return w, string(answer), err
}

func byHand(m map[string]any, zone time.Time) *hand.Facts {
	get := func(scope, name string) string { s, _ := m[scope].(map[string]any)[name].(string); return s }
	return &hand.Facts{
		Now: zone, NickName: get("robotInfo", "nickName"),
		Lan: get("chatInfo", "lan"), EchatTag: get("chatInfo", "echatTag"), LastChatTime: get("chatInfo", "lastChatTime"),
		ChatTimes: get("chatInfo", "chatTimes"), VisitTimes: get("chatInfo", "visitTimes"), MyData: get("chatInfo", "myData"), Keyword: get("chatInfo", "keyword"),
		RouteId: get("routeInfo", "routeId"), RouteName: get("routeInfo", "routeName"), RouteStatus: get("routeInfo", "routeStatus"),
		VipId: get("userInfo", "vipId"), VisitorId: get("userInfo", "visitorId"), VisitorName: get("userInfo", "visitorName"), VipType: get("userInfo", "vipType"),
		Ip: get("locationInfo", "ip"), Country: get("locationInfo", "country"), Province: get("locationInfo", "province"), City: get("locationInfo", "city"),
		Online: true, VIP: true,
	}
}

// measure returns the median and the least time of one operation in nanoseconds, per
// engine.
func measure(what string, w *work, answer string) (medians, least map[string]float64, err error) {
	times := map[string][]float64{}
	steps := map[string]func() error{}
	var order []string
	for _, e := range engines(w.vocab) {
		src := e.source(answer)
		if what == "compile" {
			if e.compile != nil {
				steps[e.name] = func() error { return e.compile(src) }
			}
		} else {
			render, err := e.prepare(src, w)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", e.name, err)
			}
			steps[e.name] = func() error { _, err := render(); return err }
		}
		order = append(order, e.name)
	}
	for range rounds {
		for _, name := range order {
			step := steps[name]
			if step == nil {
				continue
			}
			n, start := 0, time.Now()
			for batch := 1; time.Since(start) < slice; batch = min(batch*2, 1024) {
				for range batch {
					if err := step(); err != nil {
						return nil, nil, fmt.Errorf("%s: %w", name, err)
					}
				}
				n += batch
			}
			times[name] = append(times[name], float64(time.Since(start).Nanoseconds())/float64(n))
		}
	}
	medians, least = map[string]float64{}, map[string]float64{}
	for name, ts := range times {
		slices.Sort(ts)
		medians[name], least[name] = ts[len(ts)/2], ts[0]
	}
	return medians, least, nil
}

// printLeast prints the ratio that the goal is about from the least times, which other
// work on the machine disturbs least.
func printLeast(least map[string]map[string]float64) {
	fmt.Print("\nleast times, as a multiple of Go by hand:")
	for _, name := range []string{"S", "M", "L"} {
		t := least[name]
		fmt.Printf(" %s %.2f (html %.2f)", name, t["zhida"]/t["Go by hand"], t["zhida, html"]/t["Go by hand"])
	}
	fmt.Println()
}

func print(what string, table map[string]map[string]float64, vocab *runtime.Vocabulary) {
	fmt.Printf("\n%s: median of %d rounds in turns, ns per operation (times zhida's)\n\n", what, rounds)
	fmt.Println("| engine | S | M | L |\n| --- | --- | --- | --- |")
	for _, e := range engines(vocab) {
		if _, ok := table["S"][e.name]; !ok {
			continue
		}
		fmt.Printf("| %s |", e.name)
		for _, name := range []string{"S", "M", "L"} {
			fmt.Printf(" %.0f (%.2f) |", table[name][e.name], table[name][e.name]/table[name]["zhida"])
		}
		fmt.Println()
	}
}
