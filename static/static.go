// Package static holds the browser's side of Heddle: the sources under src, and
// the bundle that "go run ./static/build" makes of them, embedded into the binary.
package static

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"
)

//go:embed all:dist
var bundle embed.FS

// Prefix is where the door serves the files of [Assets.FS].
const Prefix = "/static/"

// Assets are the bundled files and the addresses of the pages' entries.
type Assets struct {
	files fs.FS
	paths map[string]string
}

// Load reads the embedded bundle. A binary that was built without one gets
// Assets without entries and no error: pages then say what to run.
func Load() (*Assets, error) {
	files, err := fs.Sub(bundle, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the embedded bundle: %w", err)
	}
	return LoadFS(files)
}

// LoadFS reads a bundle from files, which hold esbuild's metafile as meta.json.
func LoadFS(files fs.FS) (*Assets, error) {
	a := &Assets{files: files, paths: map[string]string{}}
	raw, err := fs.ReadFile(files, "meta.json")
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of bundled files: %w", err)
	}
	var meta struct {
		Outputs map[string]struct {
			EntryPoint string `json:"entryPoint"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal(raw, &meta); err != nil {
		return nil, fmt.Errorf("read the list of bundled files: %w", err)
	}
	for out, o := range meta.Outputs {
		if o.EntryPoint == "" {
			continue
		}
		if err := a.add(o.EntryPoint, path.Base(out)); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// add records that the source entry was bundled into file. Pages ask for what
// the browser gets: src/app.ts is "app.js".
func (a *Assets) add(entry, file string) error {
	if _, err := fs.Stat(a.files, file); err != nil {
		return fmt.Errorf("the bundle lists %s but does not hold it; run go run ./static/build: %w", file, err)
	}
	name := path.Base(entry)
	if ext := path.Ext(name); ext == ".ts" {
		name = strings.TrimSuffix(name, ext) + ".js"
	}
	a.paths[name] = Prefix + file
	return nil
}

// Path returns the address of an entry, as in "app.js" or "editor.css". It
// changes with the content, so the file may be cached for ever.
func (a *Assets) Path(entry string) (url string, ok bool) {
	url, ok = a.paths[entry]
	return url, ok
}

// Paths returns the addresses of all entries by name.
func (a *Assets) Paths() map[string]string { return maps.Clone(a.paths) }

// FS returns the files to serve under [Prefix]. Beside a file may lie the same
// with the ending ".gz", compressed.
func (a *Assets) FS() fs.FS { return a.files }

// Built reports whether the binary holds a bundle.
func (a *Assets) Built() bool { return len(a.paths) > 0 }
