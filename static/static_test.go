package static_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"heddle/static"
)

const meta = `{"inputs":{},"outputs":{
	"dist/app-ABC.js":{"entryPoint":"src/app.ts","bytes":1},
	"dist/app-DEF.css":{"entryPoint":"src/app.css","bytes":1},
	"dist/chunk-GHI.js":{"bytes":1}}}`

func files(more ...string) fstest.MapFS {
	out := fstest.MapFS{"meta.json": {Data: []byte(meta)}}
	for _, name := range more {
		out[name] = &fstest.MapFile{Data: []byte("x")}
	}
	return out
}

func TestPathsComeFromTheMetafile(t *testing.T) {
	a, err := static.LoadFS(files("app-ABC.js", "app-DEF.css", "chunk-GHI.js"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"app.js": "/static/app-ABC.js", "app.css": "/static/app-DEF.css"}
	if diff := cmp.Diff(want, a.Paths()); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if url, ok := a.Path("app.js"); !ok || url != want["app.js"] {
		t.Errorf("Path(app.js) = %q, %v", url, ok)
	}
	if _, ok := a.Path("chunk-GHI.js"); ok {
		t.Error("a shared chunk must not be an entry")
	}
	if !a.Built() {
		t.Error("Built() = false with two entries")
	}
}

func TestNoBundle(t *testing.T) {
	a, err := static.LoadFS(fstest.MapFS{".gitkeep": {}})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := a.Path("app.js"); ok || a.Built() {
		t.Error("a build without a bundle must have no entries")
	}
}

func TestBrokenBundleIsRefused(t *testing.T) {
	for name, fsys := range map[string]fs.FS{
		"not JSON":       fstest.MapFS{"meta.json": {Data: []byte("{")}},
		"a file is gone": files("app-ABC.js"),
	} {
		t.Run(name, func(t *testing.T) {
			if a, err := static.LoadFS(fsys); err == nil {
				t.Errorf("got %v and no error", a.Paths())
			}
		})
	}
}

// TestEmbedded holds with and without a bundle: every entry can be opened.
func TestEmbedded(t *testing.T) {
	a, err := static.Load()
	if err != nil {
		t.Fatal(err)
	}
	for entry, url := range a.Paths() {
		if _, err := fs.Stat(a.FS(), strings.TrimPrefix(url, static.Prefix)); err != nil {
			t.Errorf("%s: %v", entry, err)
		}
	}
	if !a.Built() {
		t.Log("no bundle in this build: go run ./static/build")
	}
}
