// Package app is the only place that knows every room: it opens the database, builds the rooms in the order of the
// floors, mounts the API and starts the workers. What the program's commands do is here; cmd/haat only reads flags.
package app
