// Command pins turns GeoNames' table of Indian postal codes (IN.txt, tab-separated) into the table that
// internal/platform/geo embeds: one line for each PIN code.
//
//	go -C tools run ./pins IN.txt >../internal/platform/geo/india.tsv.gz
//
// The same input gives the same bytes.
package main
