package db

import (
	"fmt"
	"syscall"
)

// refuseNetworkFolder: the log needs memory shared between processes and a sync that is one, and network and
// user-space file systems give neither.
func refuseNetworkFolder(dir string) error {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	switch uint32(st.Type) {
	case 0x6969, 0xff534d42, 0xfe534d42, 0x517b, 0x65735546, 0x01021997: // NFS, CIFS, SMB2, SMB, FUSE, 9p
		return fmt.Errorf("data folder %s is on a network or user-space file system, on which the database is not safe; choose a local disk or set HAAT_DATABASE to a PostgreSQL URL", dir)
	}
	return nil
}
