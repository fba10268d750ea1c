package worker_test

import (
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
)

// disk is a file system whose operations fail when a proof wants it, and which knows
// what of each file was synced: the rest may be lost when the power goes.
type disk struct {
	vfs.VFS

	mu     sync.Mutex
	ops    int  // reads, writes, syncs and more, so far
	failAt int  // number of the operation that fails, 0: none
	after  bool // and all after it
	failed int
	files  map[string]*image
}

// image is what is certainly on the disk of a file, and what was written since.
type image struct {
	synced  []byte
	pending []write
}

// write is data at an offset, or, with data nil, a new size.
type write struct {
	off  int64
	data []byte
}

// newDisk registers a disk under a name of its own, for as long as the test.
func newDisk(t *testing.T) (*disk, string) {
	t.Helper()
	d := &disk{VFS: vfs.Find(""), files: map[string]*image{}}
	name := "disk-" + strings.ReplaceAll(t.Name(), "/", "-")
	vfs.Register(name, d)
	t.Cleanup(func() { vfs.Unregister(name) })
	return d, name
}

// openOn opens SQLite files on a registered disk, for store.Config.
func openOn(t *testing.T, name string) func(string) *sql.DB {
	t.Helper()
	return func(dsn string) *sql.DB {
		db, err := driver.Open(dsn + "&vfs=" + name)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
}

// plan says which operation from now on fails.
func (d *disk) plan(at int, after bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops, d.failAt, d.after, d.failed = 0, at, after, 0
}

// fresh makes the disk well and empty.
func (d *disk) fresh() {
	d.plan(0, false)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files = map[string]*image{}
}

// op counts an operation; it is an error when this one fails.
func (d *disk) op(code error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops++
	if d.failAt > 0 && (d.ops == d.failAt || d.after && d.ops > d.failAt) {
		d.failed++
		return code
	}
	return nil
}

func (d *disk) counted() (ops, failed int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ops, d.failed
}

// OpenFilename opens a file on the disk below.
func (d *disk) OpenFilename(file *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if err := d.op(sqlite3.CANTOPEN); err != nil {
		return nil, flags, err
	}
	f, flags, err := vfsutil.WrapOpenFilename(d.VFS, file, flags)
	if err != nil {
		return nil, flags, err
	}
	name := file.String()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files[name] == nil {
		there, _ := os.ReadFile(name)
		d.files[name] = &image{synced: there}
	}
	return &diskFile{f, d, name}, flags, nil
}

// Delete removes a file.
func (d *disk) Delete(name string, syncDir bool) error {
	if err := d.op(sqlite3.IOERR_DELETE); err != nil {
		return err
	}
	d.mu.Lock()
	delete(d.files, name)
	d.mu.Unlock()
	return d.VFS.Delete(name, syncDir)
}

// diskFile is an open file.
type diskFile struct {
	vfs.File
	disk *disk
	name string
}

// SharedMemory is the one of the file below.
func (f *diskFile) SharedMemory() vfs.SharedMemory {
	if s, ok := f.File.(vfs.FileSharedMemory); ok {
		return s.SharedMemory()
	}
	return nil
}

// ReadAt reads, or fails.
func (f *diskFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.disk.op(sqlite3.IOERR_READ); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

// WriteAt writes, or fails.
func (f *diskFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.disk.op(sqlite3.IOERR_WRITE); err != nil {
		return 0, err
	}
	n, err := f.File.WriteAt(p, off)
	f.note(write{off, append([]byte{}, p[:n]...)})
	return n, err
}

// Truncate cuts the file, or fails.
func (f *diskFile) Truncate(size int64) error {
	if err := f.disk.op(sqlite3.IOERR_TRUNCATE); err != nil {
		return err
	}
	f.note(write{off: size})
	return f.File.Truncate(size)
}

// Sync makes what was written certain, or fails. The disk below is spared.
func (f *diskFile) Sync(vfs.SyncFlag) error {
	if err := f.disk.op(sqlite3.IOERR_FSYNC); err != nil {
		return err
	}
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if i := f.disk.files[f.name]; i != nil {
		for _, w := range i.pending {
			i.synced = w.onto(i.synced)
		}
		i.pending = nil
	}
	return nil
}

func (f *diskFile) note(w write) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if i := f.disk.files[f.name]; i != nil {
		i.pending = append(i.pending, w)
	}
}

func (w write) onto(b []byte) []byte {
	end := w.off + int64(len(w.data))
	for int64(len(b)) < end {
		b = append(b, make([]byte, end-int64(len(b)))...)
	}
	if w.data == nil {
		return b[:w.off]
	}
	copy(b[w.off:], w.data)
	return b
}

// sector is what a disk writes whole.
const sector = 512

// powerLoss writes into a folder what a disk may hold after the power went: all that
// was synced, and of the rest any part, cut at sectors.
func (d *disk) powerLoss(t *testing.T, roll *rand.Rand, folder string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, i := range d.files {
		if strings.HasSuffix(name, "-shm") {
			continue
		}
		b := append([]byte{}, i.synced...)
		for _, w := range i.pending {
			switch roll.IntN(4) {
			case 0, 1:
				b = w.onto(b)
			case 2:
				if n := roll.IntN(len(w.data)/sector + 1); n > 0 {
					b = write{w.off, w.data[:n*sector]}.onto(b)
				}
			}
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(name)), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
