// Package apptest is the one test harness: a whole market on a database of its own, spoken to over HTTP, with every
// answer held to the OpenAPI document. Each runs a test on both engines.
package apptest
