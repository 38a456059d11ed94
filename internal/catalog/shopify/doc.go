// Package shopify reads the product files that shops export, in both of the
// column sets in use, and cleans the HTML in them.
//
// It owns the format: columns, continuation rows, options, prices and weights
// as they stand in such files, and what is wrong with a row. It does not own
// products, stock or the database, fetches nothing, and knows nothing of who
// imports; images are given out as the addresses that they are.
//
// What always holds: memory does not grow with the file, only with one
// product; every row is bounded; a product that is given out has at least one
// variant and nothing wrong in any of its rows, and one with anything wrong is
// reported row by row instead; HTML that Sanitize gave out has no scripts,
// styles, images or forms and cannot close an element that it did not open.
package shopify
