package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/evanw/esbuild/pkg/api"

	"heddle/internal/llm"
	"heddle/internal/node"
	"heddle/internal/nodes"
)

// server serves the two pages on a loopback port.
type server struct {
	url  string
	gzip map[string]int
	http *http.Server
}

func (s *server) close() { _ = s.http.Close() }

// serve bundles the pages and starts the server. root is the folder static.
func serve(root string) (*server, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	kinds, err := json.Marshal(node.NewRegistry(nodes.All(nodes.Deps{Models: llm.NewModels(), HTTP: http.DefaultClient})...).Specs())
	if err != nil {
		return nil, err
	}
	s := &server{gzip: map[string]int{}}
	mux := http.NewServeMux()
	for name, styles := range map[string][]string{"ours": {"src/css/tokens.css", "src/css/canvas.css", "src/css/minimap.css"}, "flow": nil} {
		entry := "bench/page/" + name + ".ts"
		if name == "flow" {
			entry = "bench/page/flow.js"
		}
		script, style, err := bundle(abs, entry, append(styles, "bench/page/bench.css"))
		if err != nil {
			return nil, err
		}
		s.gzip[name] = len(packed(script)) + len(packed(style))
		page := fmt.Appendf(nil, `<!doctype html><meta charset="utf-8"><title>%s</title><style>%s</style><div id="root"></div><script type="application/json" id="kinds">%s</script><script>%s</script>`,
			name, style, kinds, script)
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(page)
		})
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.url = "http://" + l.Addr().String()
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.http.Serve(l) }()
	return s, nil
}

// bundle returns the minified script of an entry, and its styles with others.
func bundle(root, entry string, styles []string) (script, style []byte, err error) {
	var imports strings.Builder
	for _, f := range styles {
		fmt.Fprintf(&imports, "@import %q;\n", "./"+f)
	}
	sheet, err := build(api.BuildOptions{Stdin: &api.StdinOptions{Contents: imports.String(), ResolveDir: root, Loader: api.LoaderCSS}, AbsWorkingDir: root})
	if err != nil {
		return nil, nil, err
	}
	files, err := build(api.BuildOptions{EntryPoints: []string{entry}, AbsWorkingDir: root, Format: api.FormatIIFE, Define: map[string]string{"process.env.NODE_ENV": `"production"`}})
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		if filepath.Ext(f.Path) == ".css" {
			style = append(style, f.Contents...)
		} else {
			script = f.Contents
		}
	}
	for _, f := range sheet {
		style = append(style, f.Contents...)
	}
	return bytes.ReplaceAll(script, []byte("</script"), []byte(`<\/script`)), style, nil
}

func build(o api.BuildOptions) ([]api.OutputFile, error) {
	o.Bundle, o.Outdir, o.LogLevel = true, "out", api.LogLevelError
	o.MinifyIdentifiers, o.MinifySyntax, o.MinifyWhitespace, o.LegalComments = true, true, true, api.LegalCommentsNone
	o.Loader = map[string]api.Loader{".woff2": api.LoaderEmpty, ".svg": api.LoaderEmpty}
	r := api.Build(o)
	if len(r.Errors) > 0 {
		return nil, errors.New("a page could not be bundled: run go tool task npm first")
	}
	return r.OutputFiles, nil
}

func packed(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}
