//go:build !linux

package bench

import "errors"

// giveWay is not known here.
func giveWay() (again func() error, err error) {
	return func() error { return nil }, errors.ErrUnsupported
}
