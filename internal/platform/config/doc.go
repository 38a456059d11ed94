// Package config holds what an installation is told from outside before it
// starts: where its data is, where it listens, whom it trusts.
//
// It owns the names (the same as flag, environment variable and line of the
// file), their order of precedence (flag, environment, file, default), and the
// installation's secret key. It does not own what an administrator edits while
// the market runs: those are the market's settings, in the database.
//
// What always holds: a name that nobody knows is an error, with its line; a
// secret prints as "set" or "not set" wherever it is printed; the secret key is
// made once, is readable by its user alone and lies outside the database, so
// that a backup does not carry it.
package config
