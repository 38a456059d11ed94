// Command haat opens a market and looks after it. It reads flags, environment and configuration file, and hands over
// to internal/app, where what each command does is written.
package main
