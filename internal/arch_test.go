package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "heddle/"

// floors is the building: a package may import only from floors below its own.
// The ground floor may import the standard library only. A name that ends in "/*"
// stands for every package right below it.
var floors = [][]string{
	{"internal/flow", "internal/hub", "internal/exif", "internal/vault", "internal/gallery", "migrations", "static"},
	{"internal/node", "internal/llm", "internal/egress", "internal/expression", "internal/sandbox"},
	{"internal/engine", "internal/store", "internal/nodes", "internal/llm/*", "internal/identity", "views/ui"},
	{"internal/studio", "views"},
	{"internal/web", "internal/worker"},
	{"cmd/*", "static/build", "static/bench", "static/check", "internal/web/browser_test"},
}

// outside are the only third-party modules a package may not reach although its
// floor would allow it: the doors keep their frameworks to themselves.
var outside = map[string][]string{
	"github.com/gofiber/":         {"internal/web"},
	"github.com/danielgtaylor/":   {"internal/web"},
	"github.com/gorilla/":         {"internal/web"},
	"github.com/uptrace/bun":      {"internal/store", "migrations"},
	"database/sql":                {"internal/store"},
	"github.com/riverqueue/":      {"internal/worker"},
	"github.com/clerk/":           {"internal/identity"},
	"code.dny.dev/ssrf":           {"internal/egress"},
	"github.com/tetratelabs/":     {"internal/sandbox"},
	"github.com/santhosh-tekuri/": {"internal/nodes"},
	"google.golang.org/genai":     {"internal/llm/gemini"},
	"cel.dev/cel-go":              {"internal/expression"},
	"github.com/sashabaranov/":    {"internal/llm/openai"},
	"github.com/anthropics/":      {"internal/llm/anthropic"},
	"github.com/yuin/goldmark":    {"views/ui"},
	"github.com/microcosm-cc/":    {"views/ui"},
	"github.com/a-h/templ":        {"views", "views/ui", "internal/web"},
	"github.com/spf13/cobra":      {"cmd/heddle"},
	"filippo.io/age":              {"cmd/heddle"},
	"github.com/caarlos0/env/v11": {"cmd/heddle"},
}

func floorOf(pkg string) int {
	for i, names := range floors {
		for _, n := range names {
			if n == pkg || strings.HasSuffix(n, "/*") && path.Dir(pkg) == strings.TrimSuffix(n, "/*") {
				return i
			}
		}
	}
	return -1
}

// TestImportsPointDown reads the sources itself instead of asking "go list", so
// that the test cache notices when they change.
func TestImportsPointDown(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		files++
		checkFile(t, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Fatalf("only %d files seen: the walk looks in the wrong place", files)
	}
}

func checkFile(t *testing.T, file string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	from := strings.TrimPrefix(path.Dir(filepath.ToSlash(file)), "../")
	at := floorOf(from)
	if at < 0 {
		t.Errorf("%s: package %s has no floor", file, from)
		return
	}
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		checkImport(t, file, from, imp)
	}
}

func checkImport(t *testing.T, file, from, imp string) {
	t.Helper()
	at := floorOf(from)
	if to, ours := strings.CutPrefix(imp, module); ours {
		// A provider's conformance suite lies beside the providers it tests.
		if floorOf(to) >= at {
			t.Errorf("%s: floor %d imports %s on floor %d", file, at, to, floorOf(to))
		}
		return
	}
	if host, _, _ := strings.Cut(imp, "/"); at == 0 && strings.Contains(host, ".") {
		t.Errorf("%s: the ground floor imports %s", file, imp)
	}
	for prefix, allowed := range outside {
		if strings.HasPrefix(imp, prefix) && !contains(allowed, from) && !strings.HasPrefix(from, "cmd/") {
			t.Errorf("%s: only %v may import %s", file, allowed, imp)
		}
	}
}

func contains(list []string, s string) bool {
	return slices.Contains(list, s)
}

// doors are the ways out to the network that only internal/egress has (trust.md G1).
// PostgreSQL and Redis are dialled by their own drivers, by the operator's settings.
var doors = map[string]bool{
	"net.Dial": true, "net.DialTimeout": true, "net.DialTCP": true, "net.DialUDP": true, "net.Dialer": true, "tls.Dial": true, "tls.Dialer": true,
	"http.Get": true, "http.Head": true, "http.Post": true, "http.PostForm": true, "http.DefaultClient": true, "http.DefaultTransport": true, "http.Transport": true,
}

// TestOneDoorToTheNetwork reads every source file: only internal/egress dials and
// makes HTTP clients. Tools of developers, which talk to a server of their own, do too.
func TestOneDoorToTheNetwork(t *testing.T) {
	read := 0
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		for _, tool := range []string{"../internal/egress/", "../internal/llm/llmtest/", "../cmd/heddle-load/", "../static/"} {
			if strings.HasPrefix(filepath.ToSlash(file), tool) {
				return nil
			}
		}
		read++
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if made, ok := n.(*ast.CompositeLit); ok && name(made.Type) == "http.Client" {
				t.Errorf("%s makes an http.Client", file)
			}
			if doors[name(n)] {
				t.Errorf("%s uses %s", file, name(n))
			}
			return true
		})
		return nil
	})
	if err != nil || read < 150 {
		t.Errorf("%d files read, %v", read, err)
	}
}

// name returns "pkg.Name" of a selector, else "".
func name(n ast.Node) string {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if pkg, ok := sel.X.(*ast.Ident); ok {
		return pkg.Name + "." + sel.Sel.Name
	}
	return ""
}

// TestNoRoomWithoutAName refuses packages whose name says nothing.
func TestNoRoomWithoutAName(t *testing.T) {
	bad := map[string]bool{"util": true, "utils": true, "common": true, "helpers": true, "misc": true, "models": true, "types": true}
	err := filepath.WalkDir("..", func(dir string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2) {
			return filepath.SkipDir
		}
		if d.IsDir() && bad[d.Name()] {
			t.Errorf("%s: give the room the name of the noun it keeps", dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
