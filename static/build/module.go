package main

import (
	"fmt"
	"os"
	"path/filepath"

	"heddle/static"
)

// putModule copies the WebAssembly module of the code step from its npm package
// into dist and returns its name. One that is not the pinned one is refused.
func putModule(root, dist string) (string, error) {
	data, err := os.ReadFile(filepath.Join(root, "node_modules", "quickjs-wasi", static.ModuleName))
	if err != nil {
		return "", fmt.Errorf("the module for code steps: %w; run npm ci", err)
	}
	if err := static.CheckModule(data); err != nil {
		return "", err
	}
	return static.ModuleName, os.WriteFile(filepath.Join(dist, static.ModuleName), data, 0o644)
}
