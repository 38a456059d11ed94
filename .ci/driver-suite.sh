#!/usr/bin/env bash
# Runs the embedded driver's own tests against the engine release that go.mod pins. The driver and the engine have
# different maintainers, and the driver relies on the engine's insides: a release of one may break the other.
# Needs the Go module proxy and nothing else; go.mod stays as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
driver=zombiezen.com/go/sqlite

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp go.mod go.sum "$dir"
export GOFLAGS="-mod=mod -modfile=$dir/go.mod"

pinned() { go list -m modernc.org/sqlite modernc.org/libc "$driver"; }
before=$(pinned)
go get -t "$driver/..." # what only its tests need
if [ "$before" != "$(pinned)" ]; then
  printf 'the tests need other releases than are pinned:\n%s\n%s\n' "$before" "$(pinned)" >&2
  exit 1
fi
printf '%s\n' "$before"
go test -vet=off -count=1 "$driver/..." # -vet=off: its test files have findings of their own
