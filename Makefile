# make run    starts zhida with a demo bot on http://127.0.0.1:8080
# make test   installs what the tests need and runs all of them
# make build  makes ./zhida
# The long runs: make fuzz, sim, crash, soak, defects, flakes; and bench, bench-answers,
# bench-durable, bench-peers, bench-http, whose figures are in docs/performance.md

SHELL      := /bin/bash
BIN        := $(CURDIR)/.bin
STATICCHECK_VERSION := v0.8.2
PACKAGES   := ./... ./testdata
CONCURRENT := ./bench ./cmd/... ./guard/... ./handoff/... ./runtime ./runtime/query ./server/...
# Tests that measure growth or wait for a real time-out: once is enough, twenty times is not.
LONG       := TestHumanCluster|TestRelayKilled|TestTimersSteppedClock|TestPowerLoss|TestKills|TestTerminated|TestCluster|TestLinear|TestManyOpeners|TestSeededDefects|TestHostileB5|TestE1SilentUpstream|TestHoursOracle|TestSimulation|TestHumanServiceRough
FUZZTIME   ?= 30s

# Tests that take their time for another reason: not twenty times either.
ONCE       := TestHandoff$$|TestDeliveredOften|TestBackup|TestRestore|TestCorpus|TestShutdown|TestSlowBodies|TestBrokenRequests|TestB5|TestA8|TestCost|TestBudget|TestReference|TestEveryByteOnce|TestDeclaredGrammar|TestLintNeverPanics|TestPlain|TestMarkdown|TestHTML|TestIsolation|TestCanaries|TestRevokedElsewhere|TestMemory|Fuzz

# Tests of what one caller at a time does, or that run everything once more.
CALM       := TestBackup|TestRestore|TestCorpus|TestDeliveredOften|TestIsolation|TestCanaries|TestCost|TestMemory|TestHumanServiceE2E|TestSimulate

.PHONY: run build test test-all needs tools check unit deploy client browser defects race shuffle flakes fuzz-ci fuzz sim \
	crash soak bench bench-answers bench-durable bench-peers bench-http

run:
	go run ./cmd/zhida serve --dev

build:
	CGO_ENABLED=0 go build -trimpath -o zhida ./cmd/zhida

# One PostgreSQL for the tests of all packages, installed when it is missing.
test: needs
	.ci/postgres $(MAKE) test-all

test-all: check unit client browser race shuffle fuzz-ci

needs:
	.ci/needs

tools: $(BIN)/staticcheck

$(BIN)/staticcheck:
	GOBIN=$(BIN) go install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)

check: tools deploy
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet $(PACKAGES)
	$(BIN)/staticcheck $(PACKAGES)

unit:
	go test -timeout 10m $(PACKAGES)

# The Dockerfile, compose.yaml, the Helm chart, alert rules and the dashboard, read as the
# tools that use them do.
deploy:
	cd deploy/lint && go test -timeout 10m .

# A generated client of the OpenAPI document, used against a running server.
client:
	cd server/clienttest && go test -timeout 10m .

# The pages of a running server in a browser.
browser:
	cd server/browsertest && go test -timeout 10m .

# Every seeded defect; make test plants the first of each family.
defects:
	ZHIDA_DEFECTS=all go test -count=1 -timeout 60m -run TestSeededDefects .

# What the race detector sees: whatever has goroutines, but for the tests about time and
# growth, which it would only slow down.
race:
	go test -race -shuffle=on -timeout 10m -skip '$(LONG)|$(CALM)' $(CONCURRENT)

# Twenty times in random order: here what is quick, under flakes the rest too.
shuffle:
	go test -shuffle=on -count=20 -timeout 10m -skip '$(LONG)|$(ONCE)' ./parser/... ./vars/... ./guard/... \
		./runtime/condition ./runtime/dataurl ./runtime/query ./server/access ./server/seal/...

flakes: needs
	.ci/postgres go test -shuffle=on -count=20 -timeout 60m -skip '$(LONG)|$(ONCE)' ./parser/... ./vars/... ./runtime/... ./server/...

# The fuzz targets of the rooms below server for a short while, beginning with the corpus.
fuzz-ci:
	.ci/fuzz 2000x parser vars runtime handoff

fuzz:
	.ci/fuzz $(FUZZTIME)

# A million conversations with faults, a million sets of service hours.
sim:
	go test -v -timeout 60m -run 'TestSimulation$$|TestHoursOracle' ./handoff -args -sim.seeds 1000000 -hours.sets 1000000

# Power loss: images of a recorded run with what was not synced dropped, reordered, torn.
# Death: nodes killed under load, and told to end under load. Outage: the database gone for half a minute.
crash: needs
	ZHIDA_CRASH_KILLS=1000 ZHIDA_TERMINATIONS=100 ZHIDA_OUTAGE=30s go test -count=1 -timeout 60m -v -run 'TestKills|TestTerminated|TestCluster' ./cmd/zhida
	ZHIDA_CRASH_KILLS=1000 go test -count=1 -timeout 60m -v -run 'TestRelayKilled$$' ./server/store
	ZHIDA_CRASH_IMAGES=10000 go test -count=1 -timeout 60m -v -run 'TestPowerLoss$$' ./server/store

# Webhooks that come a hundred times each, across restarts. A desk that is away for a minute.
soak: needs
	ZHIDA_SOAK_IDS=10000 ZHIDA_SOAK_REPEATS=100 go test -count=1 -timeout 120m -v -run 'TestDeliveredOften$$' ./server/store
	ZHIDA_SOAK_OUTAGE=60s go test -count=1 -timeout 30m -v -run 'TestHumanServiceRough$$' ./cmd/zhida

bench:
	go test -run '^$$' -bench . -benchtime 1s -count 5 ./bench

# What 100,000 answers take: importing, listing, searching, starting, memory.
bench-answers: needs
	ZHIDA_ANSWERS=100000 go test -count=1 -timeout 30m -v -run 'TestManyAnswers$$' ./server

# Durable messages: the store against a raw append with grouped syncs, on this folder's disk.
bench-durable:
	go run ./bench/durable

bench-peers:
	cd bench/peers && go test . && go run .

bench-http:
	@command -v wrk >/dev/null || apt-get install -y wrk >/dev/null
	go run ./bench/load
