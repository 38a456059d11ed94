// Haat is a self-hosted market in one program. haat --help says what it can do.
//
// This package reads flags, environment and configuration file, and hands over to internal/app, where what each command
// does is written.
package main
