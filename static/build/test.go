package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// runTests bundles the unit tests into a folder of their own and runs them with
// node's test runner, whose summary is the last thing printed. parts select
// files by parts of their names; none selects all.
func runTests(root string, parts []string) error {
	entries, err := testFiles(root, parts)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "heddle-test-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	files, err := bundleTests(root, dir, entries)
	if err != nil {
		return err
	}
	args := append([]string{"--enable-source-maps", "--test"}, files...)
	cmd := exec.CommandContext(context.Background(), "node", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, os.Stdout, os.Stderr
	return cmd.Run()
}

func testFiles(root string, parts []string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(filepath.Join(root, "src"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".test.ts") {
			return err
		}
		wanted := func(part string) bool { return strings.Contains(filepath.ToSlash(path), part) }
		if len(parts) == 0 || slices.ContainsFunc(parts, wanted) {
			out = append(out, path)
		}
		return nil
	})
	if err == nil && len(out) == 0 {
		return nil, errors.New("no test file matches")
	}
	return out, err
}

func bundleTests(root, dir string, entries []string) ([]string, error) {
	r := api.Build(api.BuildOptions{
		AbsWorkingDir: root, EntryPoints: entries, Outdir: dir, Outbase: filepath.Join(root, "src"),
		Bundle: true, Write: true, Format: api.FormatESModule, Platform: api.PlatformNode, Target: api.ES2022,
		OutExtension: map[string]string{".js": ".mjs"}, Sourcemap: api.SourceMapInline, LogLevel: api.LogLevelWarning,
	})
	if len(r.Errors) > 0 {
		return nil, errBuild
	}
	var files []string
	for _, e := range entries {
		rel, err := filepath.Rel(filepath.Join(root, "src"), e)
		if err != nil {
			return nil, fmt.Errorf("place of %s: %w", e, err)
		}
		files = append(files, filepath.Join(dir, strings.TrimSuffix(rel, ".ts")+".mjs"))
	}
	return files, nil
}
