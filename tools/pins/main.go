package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// The columns of GeoNames' table that are used.
const (
	colCode, colPlace, colState, colDistrict, colLat, colLng = 1, 2, 3, 5, 9, 10
	columns                                                  = 12
)

type office struct {
	places, districts []string
	state             string
	lats, lngs        []float64
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pins:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("say which file")
	}
	in, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer in.Close()
	pins := map[string]*office{}
	rows := bufio.NewScanner(in)
	for rows.Scan() {
		cut := strings.Split(rows.Text(), "\t")
		if len(cut) != columns && len(cut) != columns-1 {
			return fmt.Errorf("%d columns: %s", len(cut), rows.Text())
		}
		lat, err := strconv.ParseFloat(cut[colLat], 64)
		if err != nil {
			return err
		}
		lng, err := strconv.ParseFloat(cut[colLng], 64)
		if err != nil {
			return err
		}
		o := pins[cut[colCode]]
		if o == nil {
			o = &office{}
			pins[cut[colCode]] = o
		}
		o.state = cut[colState]
		o.places, o.districts = append(o.places, cut[colPlace]), append(o.districts, cut[colDistrict])
		o.lats, o.lngs = append(o.lats, lat), append(o.lngs, lng)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	packed, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, code := range slices.Sorted(maps.Keys(pins)) {
		o := pins[code]
		// The middle one of each, because single rows lie far off.
		_, err := fmt.Fprintf(packed, "%s\t%s\t%s\t%s\t%d\t%d\n", code, o.state, strings.Join(common(o.districts), ";"), common(o.places)[0], micro(o.lats), micro(o.lngs))
		if err != nil {
			return err
		}
	}
	return packed.Close()
}

// common gives the different values, the commonest first.
func common(values []string) []string {
	count := map[string]int{}
	for _, v := range values {
		count[v]++
	}
	out := slices.Collect(maps.Keys(count))
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(count[b]-count[a], cmp.Compare(a, b)) })
	return out
}

// micro is the median in millionths of a degree.
func micro(values []float64) int {
	slices.Sort(values)
	m := values[len(values)/2]
	if m < 0 {
		return int(m*1e6 - 0.5)
	}
	return int(m*1e6 + 0.5)
}
