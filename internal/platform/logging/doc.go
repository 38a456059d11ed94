// Package logging sets up the program's log.
//
// It owns the form of the log and what may not be in it: values whose name says
// that they are secret (password, token, secret, authorization, cookie, OTP,
// PIN, card, key), wherever they stand in groups, maps and headers, and
// passwords inside URLs. It does not own what is worth logging.
//
// It cannot see into structs: those with secrets say themselves how they are
// logged (slog.LogValuer).
package logging
