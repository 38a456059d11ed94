// Package pages shows the market to people without an application: what is on sale, a product, and the three forms that
// links lead to (the first administrator, an activation, a new password).
//
// It owns the HTML, its style and the small script that takes a link's code from behind the #. It does not own what is
// shown: every page is one call of a room, the same that the API makes.
//
// What always holds: pages work without the script, without cookies and by keyboard alone; nothing of what people wrote
// gets into a page but as text, except descriptions, which were cleaned when they were written; forms change nothing
// without a code that only their reader can have.
package pages
