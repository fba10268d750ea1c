//go:build unix

package main

import "golang.org/x/sys/unix"

// freeSpace returns the bytes that may still be written in a folder.
func freeSpace(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil //nolint:gosec // a block's size is not negative
}
