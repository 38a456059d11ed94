// Package clock tells the time to everything that has to remember it.
//
// It owns the one notion of "now" (UTC, whole microseconds) and the form in
// which times are stored (microseconds since 1970 as an int64).
//
// It does not own calendars, time zones or schedules: a market's local date is
// worked out where the market's zone is known.
//
// What always holds: a time that came from a Clock is the same after
// Time(Micro(t)), so what was written to the database compares equal to what
// was kept in memory.
package clock
