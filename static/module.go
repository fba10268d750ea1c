package static

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
)

// ModuleName is the file in the bundle that holds QuickJS for the code step: the
// file of this name in the npm package quickjs-wasi.
const ModuleName = "quickjs.wasm"

// moduleHash is the SHA-256 of that file in version 3.0.1. It is raised together
// with the version in package.json.
const moduleHash = "66629761271fe05c63622c15c7169e2d386985db43cb3917fca4bd43caffdc84"

// CheckModule returns an error when data is not the pinned module.
func CheckModule(data []byte) error {
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != moduleHash {
		return fmt.Errorf("%s is not the pinned file: its SHA-256 is %x", ModuleName, sum)
	}
	return nil
}

// Module returns the embedded WebAssembly module of QuickJS. A binary that was
// built without the bundle gets nil and no error: code steps then say so.
func Module() ([]byte, error) { return ModuleFS(bundle) }

// ModuleFS is Module for a bundle in the folder dist of files.
func ModuleFS(files fs.FS) ([]byte, error) {
	data, err := fs.ReadFile(files, "dist/"+ModuleName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the module for code steps: %w", err)
	}
	return data, CheckModule(data)
}
