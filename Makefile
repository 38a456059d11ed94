.PHONY: generate generate-check tools-test

# SQL → Go and SQLite's language. Run after every change to a queries.sql or a migration.
generate:
	tools/generate.sh

# Fails where the committed files are not what the SQL says.
generate-check:
	tools/generate.sh --check

tools-test:
	cd tools && CGO_ENABLED=0 go test ./...
