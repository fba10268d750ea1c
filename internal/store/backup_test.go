package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// TestR22_BackupWhileRunning copies a database again and again while many write to
// it. Every copy is whole, and holds everything that was acknowledged before it began.
func TestR22_BackupWhileRunning(t *testing.T) {
	s := open(t, sqlitePath(t))
	o := user(t, s, "ann@example.com")
	var acknowledged atomic.Int64
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				ranWith(t, s, o, flow.Text("out"))
				acknowledged.Add(1)
			}
		})
	}
	copies := 20
	if testing.Short() {
		copies = 3
	}
	began := time.Now()
	for i := range copies {
		before := acknowledged.Load()
		path := filepath.Join(t.TempDir(), fmt.Sprintf("copy '%d'.db", i))
		must(t, s.Backup(t.Context(), path))
		c, err := store.Verify(t.Context(), path)
		must(t, err)
		if int64(c.Runs) < before || c.Users != 1 || c.Migrations == 0 {
			t.Errorf("copy %d: %+v, and %d runs were acknowledged before it", i, c, before)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("copy %d: %v %v", i, info.Mode(), err)
		}
	}
	close(stop)
	writers.Wait()
	t.Logf("PROOF R22: %d backups while %d runs were stored (%.0f/s): all whole", copies, acknowledged.Load(), float64(acknowledged.Load())/time.Since(began).Seconds())
}

// TestBackup_NothingIsHalfWritten refuses what it cannot do, and leaves nothing behind.
func TestBackup_NothingIsHalfWritten(t *testing.T) {
	s := open(t, sqlitePath(t))
	dir := t.TempDir()
	there := filepath.Join(dir, "there.db")
	must(t, os.WriteFile(there, []byte("mine"), 0o600))
	if err := s.Backup(t.Context(), there); err == nil {
		t.Error("a file that exists was written over")
	}
	if raw, err := os.ReadFile(there); err != nil || string(raw) != "mine" {
		t.Errorf("%q %v", raw, err)
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "no", "folder.db")); err == nil {
		t.Error("a backup in no folder")
	}
	for name, content := range map[string]string{"text.db": strings.Repeat("no database ", 100), "empty.db": ""} {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(content), 0o600))
		if c, err := store.Verify(t.Context(), path); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	whole := filepath.Join(dir, "whole.db")
	must(t, s.Backup(t.Context(), whole))
	raw, err := os.ReadFile(whole)
	must(t, err)
	for i := len(raw) / 2; i < len(raw)/2+3000; i++ {
		raw[i] ^= 0x5a
	}
	torn := filepath.Join(dir, "torn.db")
	must(t, os.WriteFile(torn, raw, 0o600))
	if c, err := store.Verify(t.Context(), torn); err == nil {
		t.Errorf("a damaged file: %+v", c)
	}
}
