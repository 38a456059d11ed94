// Package webtest checks, in tests, that what the server answers is what its
// OpenAPI document says.
//
// It owns the reading of the document and the comparison of one answer with
// it. It does not send requests.
//
// Invariant: an answer passes only if its path, method, status and content
// type are documented and its body fits the schema, without properties that
// the schema does not name.
package webtest
