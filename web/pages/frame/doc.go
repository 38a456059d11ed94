// Package frame is what all pages stand in: layout and style, the language, who is signed in, forms, messages that
// outlive a redirect, and how a refusal looks to a person.
//
// A package of pages gives its templates to Frame.Templates and its handlers to Frame.Get and Frame.Post. A template
// defines "page"; what it may call stands in functions.go. A handler is func(*Page) error: it calls a room, and ends
// with Show (a page) or See (after a POST, to another page). A refusal that it returns becomes a page; one that a form
// can mend goes to Form.Refuse, and the form is shown again with what was typed.
//
// What always holds: nothing needs a script; nothing is loaded from another host, and the policy says so; no style and
// no script stands in a page; what people wrote gets into a page as text only, except descriptions, which were cleaned
// when they were written; a POST from another origin changes nothing; a cookie opens pages and never the API; no page
// holds a secret of its reader beside what he typed, so compressing it tells nobody anything.
package frame
