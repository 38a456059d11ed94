.PHONY: help run build test race lint generate generate-check docs tools-test ci

help: ## What can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: ## A market with data in it, on http://127.0.0.1:8080
	go run ./cmd/haat demo

build: ## The program as it is installed: ./haat
	go build -trimpath -ldflags "-s -w" -o haat ./cmd/haat

test: ## All tests; on PostgreSQL too where there is one
	go test ./...

race: ## The race detector, where state is shared between goroutines
	CGO_ENABLED=1 go test -race -gcflags=all=-d=checkptr=0 \
		./internal/platform/db ./internal/platform/web ./internal/platform/job ./internal/platform/event ./internal/platform/idem

lint: ## Formatting, vet and golangci-lint in the version that tools/lint names
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go -C tools/lint build -o ../../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	bin/golangci-lint run ./...

# SQL → Go and SQLite's language.
generate: ## After every change to a queries.sql or a migration
	tools/generate.sh

generate-check: ## Fails where the committed files are not what the SQL says
	tools/generate.sh --check

docs: ## The tables in docs/ that are made from the program
	go test ./docs -run TestGenerated -count=1 -update

tools-test: ## The tests of the generator
	cd tools && CGO_ENABLED=0 go test ./...

ci: ## Everything that must hold before a change lands
	.ci/run
