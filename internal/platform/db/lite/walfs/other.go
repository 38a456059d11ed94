//go:build !linux

package walfs

// Over leaves the file system as it is: this was measured and tried on Linux only.
func Over(under string) (string, error) { return under, nil }
