// Package web is the market's HTTP side: it turns requests into calls of the
// rooms' operations and their results into answers.
//
// It owns routing, the OpenAPI document and its readable page, authentication
// of the bearer token, the declared access of each operation, limits of rate,
// size and time, the text rules (UTF-8, NFC, no NUL), problems (RFC 9457),
// the reading of Idempotency-Key, client addresses, logs and metrics of
// requests, health and readiness.
//
// It does not own rules of the market, sessions (identity implements
// Authenticator) or the idempotency row (package idem writes it in the
// business transaction; web only puts the key into the context).
//
// Invariants:
//   - an operation without a declared access does not start;
//   - every refusal is a problem with a stable code, and no problem repeats a
//     submitted value or a private cause;
//   - a handler only ever sees strings that are valid UTF-8, NFC and free of NUL;
//   - logs carry no query strings, tokens or bodies;
//   - links come from the configured URL and client addresses from trusted
//     proxies only, never from what a caller says.
package web
