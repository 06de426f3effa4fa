# Everything that is done with Postdesk from a checkout. `make help` lists it.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME   ?= 20s
SOAKTIME   ?= 30m

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: build ## Build and run the sample city: database, mail servers, daemon and web desk in one, kept in ./var
	@./bin/postdesk demo

# The checkout may belong to somebody else than who builds, and then git tells nothing.
.PHONY: build
build: ## Build bin/postdesk
	go build -trimpath -buildvcs=false -o bin/postdesk ./cmd/postdesk

# -count=1: the end-to-end tests run the program, which Go's test cache does not know of.
.PHONY: test
test: tools ## Install what the tests need, then run them all under the race detector
	go test -race -count=1 -timeout 30m ./...

.PHONY: tools
tools: ## Install what the tests need: PostgreSQL, Dovecot, Postfix, Chromium, axe-core
	@.ci/tools

.PHONY: lint
lint: ## Check formatting, go vet, staticcheck, and that go.mod and go.sum are complete
	@unformatted=$$(gofmt -l admin cmd core mailin mailout migrations templates); \
	if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	go mod tidy -diff

.PHONY: e2e
e2e: tools ## Play every browser flow in English and Spanish
	go test -count=1 -v -timeout 30m -run '^TestBrowser' ./admin/...

.PHONY: look
look: tools ## Check every page with axe at all widths and in both themes; pictures go to var/look
	go test -count=1 -v -timeout 30m -run '^TestLook' ./admin/...

.PHONY: corpus
corpus: ## Compare how mail is read with samples elsewhere: make corpus CORPUS=dir
	@test -n "$(CORPUS)" || { echo "name the samples: make corpus CORPUS=dir"; exit 2; }
	POSTDESK_CORPUS=$(abspath $(CORPUS)) go test -count=1 -v -run '^TestCorpus(Bounces)?$$' ./mailin

.PHONY: bench
bench: tools ## Measure mails a second beside the floors of the same machine, and searches
	go run -buildvcs=false ./cmd/postdesk/bench
	go run -buildvcs=false ./cmd/postdesk/bench/search

.PHONY: fuzz
fuzz: tools ## Run every fuzz test for FUZZTIME (20s)
	@set -e; grep -r --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' admin cmd core mailin mailout templates | sort | \
	while IFS=: read -r file func; do \
		go test -run '^$$' -fuzz "^$${func#func }$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")"; \
	done

.PHONY: soak
soak: tools ## Send mail for SOAKTIME (30m) while daemon, database and mail server are killed at random
	go test -count=1 -v -timeout 4h -run '^TestKill$$' ./cmd/postdesk/e2e -soak $(SOAKTIME)

.PHONY: clean
clean: ## Remove what was built; the sample city in ./var stays
	rm -rf bin
