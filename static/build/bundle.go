package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

var errBuild = errors.New("the bundle was not built")

// options returns how the pages' entries are bundled. Nothing is written by
// esbuild itself, so that a failed build leaves the last good one in place.
func options(root string, dev bool) api.BuildOptions {
	o := api.BuildOptions{
		AbsWorkingDir: root,
		EntryPoints:   []string{"src/app.ts", "src/editor.ts", "src/rungraph.ts", "src/app.css", "src/editor.css"},
		Outdir:        "dist",
		Bundle:        true,
		Splitting:     true,
		Format:        api.FormatESModule,
		Platform:      api.PlatformBrowser,
		Target:        api.ES2022,
		Engines:       []api.Engine{{Name: api.EngineChrome, Version: "111"}, {Name: api.EngineFirefox, Version: "114"}, {Name: api.EngineSafari, Version: "16.4"}},
		EntryNames:    "[name]-[hash]", ChunkNames: "chunk-[hash]", AssetNames: "[name]-[hash]",
		Loader:        map[string]api.Loader{".woff2": api.LoaderFile, ".svg": api.LoaderFile},
		LegalComments: api.LegalCommentsNone,
		Metafile:      true,
		LogLevel:      api.LogLevelWarning,
	}
	if dev {
		o.Sourcemap = api.SourceMapLinked
		return o
	}
	o.MinifyIdentifiers, o.MinifySyntax, o.MinifyWhitespace = true, true, true
	return o
}

func bundle(root string, dev bool) error {
	r := api.Build(options(root, dev))
	if len(r.Errors) > 0 {
		return errBuild
	}
	return write(root, r.OutputFiles, r.Metafile)
}

func watchBundle(root string, dev bool, stop <-chan os.Signal) error {
	o := options(root, dev)
	o.Plugins = []api.Plugin{{Name: "write", Setup: func(b api.PluginBuild) {
		b.OnEnd(func(r *api.BuildResult) (api.OnEndResult, error) {
			if len(r.Errors) > 0 {
				return api.OnEndResult{}, nil
			}
			return api.OnEndResult{}, write(root, r.OutputFiles, r.Metafile)
		})
	}}}
	ctx, err := api.Context(o)
	if err != nil {
		return err
	}
	defer ctx.Dispose()
	if err := ctx.Watch(api.WatchOptions{}); err != nil {
		return err
	}
	<-stop
	return nil
}

// write puts the outputs into dist, prints their sizes and removes older ones.
func write(root string, files []api.OutputFile, metafile string) error {
	dist := filepath.Join(root, "dist")
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	keep := []string{".gitkeep", "meta.json"}
	for _, f := range files {
		names, err := put(dist, f)
		if err != nil {
			return err
		}
		keep = append(keep, names...)
	}
	module, err := putModule(root, dist)
	if err != nil {
		return err
	}
	keep = append(keep, module)
	// The list comes last: until then the former bundle is complete.
	if err := os.WriteFile(filepath.Join(dist, "meta.json"), []byte(metafile), 0o644); err != nil {
		return err
	}
	return prune(dist, keep)
}

func put(dist string, f api.OutputFile) ([]string, error) {
	name := filepath.Base(f.Path)
	if err := os.WriteFile(filepath.Join(dist, name), f.Contents, 0o644); err != nil {
		return nil, err
	}
	if !compressible(name) {
		return []string{name}, nil
	}
	packed, err := pack(f.Contents)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, ".js") || strings.HasSuffix(name, ".css") {
		fmt.Printf("%-28s %8.1f KB %8.1f KB gzip\n", name, float64(len(f.Contents))/1000, float64(len(packed))/1000)
	}
	return []string{name, name + ".gz"}, os.WriteFile(filepath.Join(dist, name+".gz"), packed, 0o644)
}

func compressible(name string) bool {
	return slices.Contains([]string{".js", ".css", ".svg", ".map"}, filepath.Ext(name))
}

func pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func prune(dist string, keep []string) error {
	old, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, e := range old {
		if !slices.Contains(keep, e.Name()) {
			if err := os.RemoveAll(filepath.Join(dist, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
