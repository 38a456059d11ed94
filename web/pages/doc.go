// Package pages shows the market to people: it puts the pages of all parts into one frame.
//
// web/pages/frame is what every page stands in, web/pages/lang what pages say; web/pages/shop, account and the other
// folders beside them are the pages, by use-case.
package pages
