//go:build !linux

package db

// refuseNetworkFolder knows file systems by number on Linux only; elsewhere docs/operations.md asks for a local disk.
func refuseNetworkFolder(string) error { return nil }
