package app_test

import (
	"bufio"
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors is the order of the house: a room may use what stands before it in this list, and nothing beside or above.
// Rooms on one line share a floor and do not know each other.
var floors = [][]string{
	{"internal/schema"},
	{"internal/platform"},
	{"internal/ledger"},
	{"internal/market"},
	{"internal/identity"},
	{"internal/store"},
	{"internal/catalog"},
	{"internal/inventory"},
	{"internal/rate"},
	{"internal/payment"},
	{"internal/wallet"},
	{"internal/subscription"},
	{"internal/storefront"},
	{"internal/cart"},
	{"internal/order"},
	{"internal/review"},
	{"internal/commission"},
	{"internal/delivery"},
	{"internal/invoice"},
	{"internal/watch"},
	{"web/pages"},
	{"internal/app"},
	{"internal/apptest", "internal/bench"},
	{"cmd/haat"},
}

// platform has an order of its own.
var platform = []string{
	"internal", "fault", "clock", "code", "money", "qty", "geo", "logging", "config", "mail", "db", "verify", "search", "job", "idem", "web", "event", "picture", "blob", "outbound", "pdf",
}

const module = "github.com/haat-market/haat/"

// An import that runs upwards, or sideways between rooms, is a mistake of the design: the lower room declares an
// interface and the higher one registers itself in app.
func TestImportsRunDownwards(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{$p := .ImportPath}}{{range .Imports}}{{$p}} {{.}}{{"\n"}}{{end}}`, module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		from, to, _ := strings.Cut(lines.Text(), " ")
		to, ours := strings.CutPrefix(to, module)
		if !ours {
			continue
		}
		seen++
		from = strings.TrimPrefix(from, module)
		if why := wrong(from, to); why != "" {
			t.Errorf("%s imports %s: %s", from, to, why)
		}
	}
	if seen < 100 {
		t.Errorf("only %d imports were looked at", seen)
	}
}

func wrong(from, to string) string {
	f, t := floor(from), floor(to)
	switch {
	case f < 0:
		return from + " is on no floor: add it to the list"
	case t < 0:
		return to + " is on no floor: add it to the list"
	case t > f:
		return "runs upwards"
	case t == f && room(from) != room(to):
		return "runs sideways"
	case t == f && room(from) == "internal/platform" && inner(to) > inner(from):
		return "runs upwards within platform"
	}
	return ""
}

func floor(pkg string) int {
	return slices.IndexFunc(floors, func(rooms []string) bool { return slices.Contains(rooms, room(pkg)) })
}

func room(pkg string) string {
	for _, rooms := range floors {
		for _, r := range rooms {
			if pkg == r || strings.HasPrefix(pkg, r+"/") {
				return r
			}
		}
	}
	return pkg
}

func inner(pkg string) int {
	rest := strings.TrimPrefix(pkg, "internal/platform/")
	name, _, _ := strings.Cut(rest, "/")
	return slices.Index(platform, name)
}
