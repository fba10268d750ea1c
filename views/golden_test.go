package views_test

import (
	"bytes"
	"flag"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
	"heddle/internal/gallery"
	"heddle/internal/node"
	"heddle/views"
)

var (
	update  = flag.Bool("update", false, "write the golden files anew")
	preview = flag.String("preview", "", "also write every page as a file into this folder, to look at in a browser")
)

func assets() views.Assets {
	return views.Assets{"app.js": "app.js", "app.css": "app.css", "editor.js": "editor.js", "rungraph.js": "rungraph.js", "editor.css": "editor.css"}
}

// render returns the whole document of a page as the web door would send it.
func render(t *testing.T, p views.Page, content templ.Component) string {
	t.Helper()
	if p.Frame != views.FrameBare && p.User == nil {
		p.User = new(sampleUser())
	}
	p.Assets = assets()
	return write(t, views.Layout(p, content))
}

func write(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(templ.WithNonce(t.Context(), "n0nce"), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// pages renders every page with its samples, by name.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	add := func(name string, p views.Page, c templ.Component) { out[name] = render(t, p, c) }
	p, c := views.Workflows(sampleList())
	p.Flash = &views.Flash{Text: "“Old draft” was deleted.", Undo: "/workflows/wf_9/restore"}
	add("workflows", p, c)
	p, c = views.Workflows(flow.WorkflowList{})
	add("workflows-empty", p, c)
	p, c = views.Workflows(flow.WorkflowList{Query: flow.WorkflowQuery{Query: "mug", Tag: "shop"}, Tags: []string{"shop"}})
	add("workflows-nomatch", p, c)
	p, c = views.Templates(gallery.All()[:2])
	add("templates", p, c)
	p, c = views.Runs(sampleRuns())
	add("runs", p, c)
	p, c = views.Runs(flow.RunList{})
	add("runs-empty", p, c)
	p, c = views.Run(sampleDetail())
	add("run", p, c)
	p, c = views.Run(flow.RunDetail{Run: sampleRun(flow.RunQueued)})
	add("run-queued", p, c)
	p, c = views.RunGraph(node.RunGraph{Run: sampleDetail(), Kinds: sampleBench().Kinds})
	add("run-graph", p, c)
	p, c = views.Settings(sampleSettings())
	add("settings", p, c)
	p, c = views.Versions(sampleVersions())
	add("versions", p, c)
	p, c = views.Activity(sampleActivity())
	add("activity", p, c)
	p, c = views.Activity(flow.AuditList{Pagination: flow.Paginate(1, 50, 0)})
	add("activity-empty", p, c)
	p, c = views.Editor(sampleBench())
	add("editor", p, c)
	p, c = views.APIDocs(sampleAPI())
	add("api", p, c)
	accountPages(add)
	return out
}

func accountPages(add func(string, views.Page, templ.Component)) {
	wrong := views.NewForm(map[string]string{"email": "mira@example.com"}, flow.Errorf(flow.Unauthenticated, "Email or password is wrong."))
	p, c := views.SignIn(views.AccountView{Form: wrong, Next: "/runs"})
	add("signin", p, c)
	p, c = views.SignIn(views.AccountView{Clerk: &views.ClerkMount{PublishableKey: "pk_test_x", FrontendHost: "clerk.example.com"}})
	add("signin-clerk", p, c)
	p, c = views.Reset(views.AccountView{Secret: "s3cret"})
	add("reset", p, c)
	p, c = views.SignUp(views.AccountView{SignupOpen: true})
	add("signup", p, c)
	p, c = views.Setup(views.AccountView{NeedsCode: true, Form: views.NewForm(nil, flow.Errorf(flow.Invalid, "The code is wrong.").With(flow.Problem{Path: "code", Message: "Look into the log."}))})
	add("setup", p, c)
	p, c = views.Failure(views.FailureView{Status: http.StatusInternalServerError, Message: "secret cause", RequestID: "req_1"})
	add("failure-500", p, c)
	p, c = views.Failure(views.FailureView{Status: http.StatusConflict, Message: "It is at version 4 now.", Hint: "Load it again.", Problems: []flow.Problem{{Path: "version", Message: "Stale."}}})
	add("failure-409", p, c)
}

func fragments(t *testing.T) map[string]string {
	t.Helper()
	unknown := node.Panel{Node: flow.Node{ID: "x", Type: "acme/magic", Data: []byte(`{"label":"Magic","deep":{"n":1}}`)}}
	return map[string]string{
		"inspector":         write(t, views.InspectorForm(samplePanel())),
		"inspector-unknown": write(t, views.InspectorForm(unknown)),
	}
}

func TestGolden(t *testing.T) {
	all := pages(t)
	maps.Copy(all, fragments(t))
	for name, html := range all {
		t.Run(name, func(t *testing.T) {
			if *preview != "" {
				writeFile(t, filepath.Join(*preview, name+".html"), html)
			}
			compare(t, filepath.Join("testdata", name+".golden.html"), html)
		})
	}
}

// compare puts every tag on a line of its own, so that a difference is readable.
func compare(t *testing.T, file, html string) {
	t.Helper()
	got := strings.ReplaceAll(html, "><", ">\n<") + "\n"
	if *update {
		writeFile(t, file, got)
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (make it with -update)", err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s differs, -want +got:\n%s", file, d)
	}
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
