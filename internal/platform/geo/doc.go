// Package geo knows places: points and the distances between them, and India's PIN codes with their district, state
// and position.
//
// The table of PIN codes is made from GeoNames' postal codes of India, © GeoNames (https://www.geonames.org), under the
// Creative Commons Attribution 4.0 licence; NOTICE.md beside this file says what was changed. Positions are medians of
// the offices of a code and can be kilometres off: good for "near", not for finding a door.
package geo
