#!/usr/bin/env bash
# Turns the SQL of the rooms into Go and into SQLite's language.
#
#   tools/generate.sh [room …]   writes; without rooms all of them
#   tools/generate.sh --check    writes nothing, fails and shows the difference where the committed files differ
#
# Everything is made in a temporary folder first and copied when all of it succeeded. A lock lets parallel
# runs wait for each other. tools/README.md says what SQL is allowed.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
export CGO_ENABLED=0 # the parser of PostgreSQL is compiled to WebAssembly; the C one takes minutes to build

check=
if [ "${1:-}" = --check ]; then
    check=yes
    shift
fi

lock="${TMPDIR:-/tmp}/haat-generate.$(id -u).lock"
exec 9>"$lock"
if command -v flock >/dev/null; then
    flock 9
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$root"
module=$(sed -n 's/^module //p' go.mod)

partial= # with rooms named, another room's broken migration is a warning
[ $# -eq 0 ] || partial=yes

rooms=() # folders below the root that have a queries.sql
if [ $# -eq 0 ]; then
    while IFS= read -r file; do
        rooms+=("$(dirname "$file")")
    done < <(find internal -name queries.sql -path 'internal/*' | LC_ALL=C sort)
else
    for room in "$@"; do
        if [ -f "internal/$room/queries.sql" ]; then
            rooms+=("internal/$room")
        elif [ -f "internal/platform/$room/queries.sql" ]; then
            rooms+=("internal/platform/$room")
        else
            echo "generate: there is no internal/$room/queries.sql and no internal/platform/$room/queries.sql" >&2
            exit 1
        fi
    done
fi

mkdir -p "$work/internal/schema"
cp internal/schema/*.sql "$work/internal/schema/"
{
    echo 'version: "2"'
    echo 'sql:'
    for room in ${rooms[@]+"${rooms[@]}"}; do
        mkdir -p "$work/$room"
        cp "$room/queries.sql" "$work/$room/"
        pkg=$(basename "$room")db
        cat <<YAML
  - engine: postgresql
    schema: internal/schema
    queries: $room/queries.sql
    gen:
      go:
        package: $pkg
        out: $room/$pkg
        sql_package: pgx/v5
        emit_pointers_for_null_types: true
        emit_empty_slices: true
        omit_unused_structs: true
        query_parameter_limit: 4
YAML
    done
} >"$work/sqlc.yaml"

if [ ${#rooms[@]} -gt 0 ]; then
    go -C tools tool sqlc generate --no-remote -f "$work/sqlc.yaml"
fi

go -C tools build -o "$work/lower" ./lower
"$work/lower" -root "$work" -module "$module" ${check:+-complete} ${partial:+-partial} ${rooms[@]+"${rooms[@]}"}

if [ -n "$partial" ]; then
    # What was left out keeps its last good form.
    for folder in pg lite; do
        for old in internal/schema/$folder/*.sql; do
            name=$(basename "$old")
            if [ -f "internal/schema/$name" ] && [ ! -f "$work/internal/schema/$folder/$name" ]; then
                cp "$old" "$work/internal/schema/$folder/"
            fi
        done
    done
fi

outputs=(internal/schema/pg internal/schema/lite internal/schema/constraints.gen.go)
for room in ${rooms[@]+"${rooms[@]}"}; do
    outputs+=("$room/$(basename "$room")db")
done

if [ -n "$check" ]; then
    stale=
    for out in "${outputs[@]}"; do
        diff -ruN "$out" "$work/$out" || stale=yes
    done
    if [ -n "$stale" ]; then
        echo "generate: the committed files differ from what the SQL says: run tools/generate.sh" >&2
        exit 1
    fi
    exit 0
fi

# Only what changed is touched, file by file, so that a build that runs meanwhile finds all of them; what no
# longer belongs there goes last.
for out in "${outputs[@]}"; do
    (cd "$work" && find "$out" -type f) | while IFS= read -r file; do
        if ! cmp -s "$work/$file" "$file"; then
            mkdir -p "$(dirname "$file")"
            cp "$work/$file" "$file.new"
            mv "$file.new" "$file"
        fi
    done
    find "$out" -type f | while IFS= read -r file; do
        [ -f "$work/$file" ] || rm "$file"
    done
done
