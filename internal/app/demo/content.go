package demo

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/catalog"
)

//go:embed content/*.txt
var content embed.FS

// category is a line of content/categories.txt.
type category struct{ slug, name, above string }

// product is a line of a store's file.
type product struct {
	category string
	dear     bool
	input    catalog.ProductInput // without its category's id and its stock
}

// lines are the lines of a content file that say something, each cut into so many columns.
func lines(name string, columns int) ([][]string, error) {
	raw, err := fs.ReadFile(content, "content/"+name)
	if err != nil {
		return nil, err
	}
	var out [][]string
	for text := range strings.Lines(string(raw)) {
		if strings.HasPrefix(text, "#") || strings.TrimSpace(text) == "" {
			continue
		}
		cut := strings.SplitN(text, "|", columns)
		if len(cut) != columns {
			return nil, fmt.Errorf("%s: %d columns and not %d: %s", name, len(cut), columns, text)
		}
		for i := range cut {
			cut[i] = strings.TrimSpace(cut[i])
		}
		out = append(out, cut)
	}
	return out, nil
}

func categories() ([]category, error) {
	rows, err := lines("categories.txt", 3)
	out := make([]category, len(rows))
	for i, r := range rows {
		out[i] = category{r[0], r[1], r[2]}
	}
	return out, err
}

// products reads a store's file. SKUs begin with the prefix, and the vendor is who made the things.
func products(file, prefix, vendor string) ([]product, error) {
	rows, err := lines(file, 5)
	if err != nil {
		return nil, err
	}
	out := make([]product, len(rows))
	for i, r := range rows {
		names, choices := options(r[2])
		in := catalog.ProductInput{Title: r[1], Vendor: vendor, Brand: vendor, Options: names}
		if r[4] != "" {
			in.Description = "<p>" + r[4] + "</p>"
		}
		prices, err := readPrices(r[3])
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, r[1], err)
		}
		for n, values := range combinations(choices) {
			// One price for all, or one for each value of the last option, which is the size of the pack.
			p := prices[0]
			if len(prices) > 1 {
				last := choices[len(choices)-1]
				if len(last) != len(prices) {
					return nil, fmt.Errorf("%s: %s: %d prices for %d values", file, r[1], len(prices), len(last))
				}
				p = prices[n%len(last)]
			}
			in.Variants = append(in.Variants, catalog.VariantInput{
				Options: values, SKU: fmt.Sprintf("%s-%03d-%d", prefix, i+1, n+1), Barcode: barcode(prefix, i+1, n+1),
				Price: fmt.Sprintf("%d.00", p.rupees), Weight: p.grams, TrackStock: !p.toOrder,
			})
		}
		out[i] = product{category: r[0], dear: prices[0].rupees >= 2000, input: in}
	}
	return out, nil
}

// options reads "Size: S, M / Colour: Red, Blue".
func options(text string) (names []string, choices [][]string) {
	if text == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, " / ") {
		name, values, _ := strings.Cut(part, ":")
		names = append(names, strings.TrimSpace(name))
		list := strings.Split(values, ",")
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
		choices = append(choices, list)
	}
	return names, choices
}

// combinations are all ways to take one of each list; the last list changes fastest. Of no list there is one way.
func combinations(lists [][]string) [][]string {
	out := [][]string{nil}
	for _, list := range lists {
		var more [][]string
		for _, begun := range out {
			for _, value := range list {
				more = append(more, append(begun[:len(begun):len(begun)], value))
			}
		}
		out = more
	}
	return out
}

type price struct {
	rupees  int64
	grams   int64
	toOrder bool // made when it is ordered, so that there is no stock of it
}

// readPrices reads "450@120, 1050@280", and "900@40*" for what is made to order.
func readPrices(text string) ([]price, error) {
	var out []price
	for part := range strings.SplitSeq(text, ",") {
		amount, grams, ok := strings.Cut(strings.TrimSpace(part), "@")
		grams, toOrder := strings.CutSuffix(grams, "*")
		p := price{toOrder: toOrder}
		var errs [2]error
		p.rupees, errs[0] = strconv.ParseInt(amount, 10, 64)
		p.grams, errs[1] = strconv.ParseInt(grams, 10, 64)
		if !ok || errs != [2]error{} {
			return nil, fmt.Errorf("%q is not a price and a weight", part)
		}
		out = append(out, p)
	}
	// What is made to order is so in all its variants.
	for i := range out {
		out[i].toOrder = out[len(out)-1].toOrder
	}
	return out, nil
}

// barcode is an EAN-13 of the range that is free for use within a shop.
func barcode(prefix string, product, variant int) string {
	shop := 0
	for _, r := range prefix {
		shop = (shop*31 + int(r)) % 10_000
	}
	text := fmt.Sprintf("20%04d%04d%02d", shop, product, variant)
	sum := 0
	for i, r := range text {
		digit := int(r - '0')
		if i%2 == 1 {
			digit *= 3
		}
		sum += digit
	}
	return text + strconv.Itoa((10-sum%10)%10)
}
