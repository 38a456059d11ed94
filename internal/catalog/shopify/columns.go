package shopify

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// column is one of the columns that mean something here.
type column int

const (
	colHandle column = iota
	colTitle
	colBody
	colVendor
	colCategory
	colType
	colTags
	colPublished
	colStatus
	colName1
	colName2
	colName3
	colValue1
	colValue2
	colValue3
	colSKU
	colBarcode
	colPrice
	colCompareAt
	colGrams
	colTracker
	colQty
	colPolicy
	colShipping
	colTaxable
	colGiftCard
	colImage
	colImagePosition
	colImageAlt
	colVariantImage
	colSEOTitle
	colSEODescription
	colWeightUnit
	colBrand
	colFulfillment
	columnCount
)

// columnNames are the names of the columns in both sets, as normalName writes
// them. The cells of all other columns (Google Shopping, metafields, prices of
// other markets) are given out as they stand.
var columnNames = map[string]column{
	"handle": colHandle, "url handle": colHandle,
	"title":       colTitle,
	"body (html)": colBody, "description": colBody,
	"vendor":           colVendor,
	"product category": colCategory, "standardized product type": colCategory, "standard product type": colCategory,
	"type": colType, "custom product type": colType,
	"tags":      colTags,
	"published": colPublished, "published on online store": colPublished,
	"status":       colStatus,
	"option1 name": colName1, "option2 name": colName2, "option3 name": colName3,
	"option1 value": colValue1, "option2 value": colValue2, "option3 value": colValue3,
	"variant sku": colSKU, "sku": colSKU,
	"variant barcode": colBarcode, "barcode": colBarcode, "variant barcodes": colBarcode, "barcodes": colBarcode,
	"variant price": colPrice, "price": colPrice,
	"variant compare at price": colCompareAt, "compare at price": colCompareAt,
	"variant grams": colGrams, "weight value (grams)": colGrams,
	"variant inventory tracker": colTracker, "inventory tracker": colTracker,
	"variant inventory qty": colQty, "inventory quantity": colQty,
	"variant inventory policy": colPolicy, "continue selling when out of stock": colPolicy,
	"variant requires shipping": colShipping, "requires shipping": colShipping,
	"variant taxable": colTaxable, "charge tax": colTaxable,
	"gift card": colGiftCard,
	"image src": colImage, "product image url": colImage,
	"image position": colImagePosition,
	"image alt text": colImageAlt,
	"variant image":  colVariantImage, "variant image url": colVariantImage,
	"seo title":           colSEOTitle,
	"seo description":     colSEODescription,
	"variant weight unit": colWeightUnit, "weight unit for display": colWeightUnit,
	"brand":                       colBrand,
	"variant fulfillment service": colFulfillment, "fulfillment service": colFulfillment,
}

// normalName makes "Compare-at price" and "Compare At Price" one.
func normalName(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(strings.ToLower(s), "-", " ")), " ")
}

// header says where the columns stand.
type header struct {
	at    [columnCount]int // -1: not there
	names []string         // as the file writes them, for messages
	other []int            // columns that mean nothing here
}

func readHeader(t *table) (header, error) {
	var h header
	for c := range h.at {
		h.at[c] = -1
	}
	if t.fault != nil {
		return h, fmt.Errorf("%w: %s", ErrHeader, t.fault.Message)
	}
	for i := range t.ends {
		raw := t.cell(i)
		if !utf8.Valid(raw) {
			return h, ErrEncoding
		}
		name := Bare(strings.TrimSpace(string(raw)))
		h.names = append(h.names, truncate(name, maxText))
		c, known := columnNames[normalName(name)]
		if !known {
			if name != "" && len(name) <= maxText && !slices.ContainsFunc(h.other, func(o int) bool { return h.names[o] == h.names[i] }) {
				h.other = append(h.other, i)
			}
			continue
		}
		if h.at[c] >= 0 {
			return h, fmt.Errorf("%w: %q and %q are the same column", ErrHeader, h.names[h.at[c]], h.names[i])
		}
		h.at[c] = i
	}
	switch {
	case h.at[colTitle] >= 0 && h.at[colPrice] >= 0:
		return h, nil
	case h.at[colTitle] < 0:
		return h, fmt.Errorf("%w: there is no column Title", ErrHeader)
	}
	return h, fmt.Errorf("%w: there is no column Price or Variant Price", ErrHeader)
}

func (h *header) says() Says {
	has := func(c column) bool { return h.at[c] >= 0 }
	return Says{
		Vendor: has(colVendor), Type: has(colType), Tags: has(colTags), SEO: has(colSEOTitle) || has(colSEODescription), Brand: has(colBrand),
		CompareAt: has(colCompareAt), Taxable: has(colTaxable), Shipping: has(colShipping), Unit: has(colWeightUnit), Images: has(colImage),
		VariantImages: has(colVariantImage), Other: len(h.other) > 0,
	}
}

// name is what the file calls a column.
func (h *header) name(c column) string {
	if i := h.at[c]; i >= 0 {
		return h.names[i]
	}
	return ""
}

func truncate(s string, runes int) string {
	n := 0
	for i := range s {
		if n == runes {
			return s[:i]
		}
		n++
	}
	return s
}
