package main

import (
	"fmt"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	pgparse "github.com/wasilibs/go-pgquery"
)

// A comment that begins with "-- haat:" is an order to the generator:
//
//	-- haat:append-only <table> [except <column>, …]
//	-- haat:rowid <table>      from here on its key is SQLite's row id: the haat:lite beside it built the table anew
//	-- haat:pg                 the next statement of a migration is PostgreSQL's alone
//	-- haat:lite <sql>         a line of hand-written SQLite; lines one below the other are one statement
const mark = "-- haat:"

type appendOnlyOrder struct {
	table  string
	except []string
	line   int
}

type rowidOrder struct {
	table string
	line  int
}

// twin is a statement written by hand for SQLite.
type twin struct {
	start int
	text  string
}

type directives struct {
	appendOnly []appendOnlyOrder
	rowid      []rowidOrder
	only       []int // where -- haat:pg stands
	twins      []twin
}

// readDirectives finds the orders among the comments, as PostgreSQL's own scanner sees them.
func readDirectives(source string) (*directives, error) {
	scanned, err := pgparse.Scan(source)
	if err != nil {
		return nil, err
	}
	d := &directives{}
	lastTwin := -2
	for _, token := range scanned.GetTokens() {
		if token.GetToken() != pg.Token_SQL_COMMENT {
			continue
		}
		start := int(token.GetStart())
		order, ours := strings.CutPrefix(strings.TrimSpace(source[start:token.GetEnd()]), mark)
		if !ours {
			continue
		}
		line := lineOf(source, start)
		word, rest, _ := strings.Cut(order, " ")
		switch word {
		case "append-only":
			one, err := parseAppendOnly(rest)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
			one.line = line
			d.appendOnly = append(d.appendOnly, one)
		case "rowid":
			if plainName.FindString(rest) == "" {
				return nil, fmt.Errorf("line %d: write -- haat:rowid <table>", line)
			}
			d.rowid = append(d.rowid, rowidOrder{table: rest, line: line})
		case "pg":
			d.only = append(d.only, start)
		case "lite":
			if line == lastTwin+1 {
				d.twins[len(d.twins)-1].text += "\n" + rest
			} else {
				d.twins = append(d.twins, twin{start: start, text: rest})
			}
			lastTwin = line
		default:
			return nil, fmt.Errorf("line %d: there is no order haat:%s; there are append-only, rowid, pg and lite", line, word)
		}
	}
	for i, t := range d.twins {
		d.twins[i].text = strings.TrimRight(strings.TrimSpace(t.text), ";")
	}
	return d, nil
}

func parseAppendOnly(rest string) (appendOnlyOrder, error) {
	words := strings.Fields(strings.ReplaceAll(rest, ",", " "))
	if len(words) == 0 || len(words) == 2 || (len(words) > 2 && words[1] != "except") {
		return appendOnlyOrder{}, fmt.Errorf("write -- haat:append-only <table> [except <column>, …]")
	}
	order := appendOnlyOrder{table: words[0]}
	if len(words) > 2 {
		order.except = words[2:]
	}
	return order, nil
}

// twinsBefore hands out, once, the hand-written statements that stand before an offset.
func (d *directives) twinsBefore(offset int) []string {
	var out []string
	for len(d.twins) > 0 && d.twins[0].start < offset {
		out = append(out, d.twins[0].text)
		d.twins = d.twins[1:]
	}
	return out
}

// postgresOnly says whether the statement from start to end is marked as PostgreSQL's alone. The comment
// before a statement belongs to its text.
func (d *directives) postgresOnly(start, end int) bool {
	for _, at := range d.only {
		if at >= start && at < end {
			return true
		}
	}
	return false
}

// firstToken skips the space and comments that come before a statement.
func firstToken(source string, start int) int {
	scanned, err := pgparse.Scan(source)
	if err != nil {
		return start
	}
	for _, token := range scanned.GetTokens() {
		comment := token.GetToken() == pg.Token_SQL_COMMENT || token.GetToken() == pg.Token_C_COMMENT
		if int(token.GetStart()) >= start && !comment {
			return int(token.GetStart())
		}
	}
	return start
}
