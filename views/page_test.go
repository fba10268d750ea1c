package views_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
	"heddle/internal/node"
	"heddle/views"
)

func TestEveryPageHasOneHeadingAndUniqueIDs(t *testing.T) {
	ids := regexp.MustCompile(` id="([^"]*)"`)
	for name, html := range pages(t) {
		if n := strings.Count(html, "<h1"); n != 1 || !strings.Contains(html, `tabindex="-1"`) {
			t.Errorf("%s: %d h1 elements", name, n)
		}
		seen := map[string]bool{}
		for _, m := range ids.FindAllStringSubmatch(html, -1) {
			if seen[m[1]] {
				t.Errorf("%s: the id %q comes twice", name, m[1])
			}
			seen[m[1]] = true
		}
		for _, m := range regexp.MustCompile(`(?:for|aria-labelledby|aria-controls)="([^"]+)"`).FindAllStringSubmatch(html, -1) {
			if !seen[m[1]] {
				t.Errorf("%s: nothing has the id %q", name, m[1])
			}
		}
	}
}

func TestPartIsTheContentAlone(t *testing.T) {
	p, c := views.Runs(sampleRuns())
	part := write(t, views.Part(p, c))
	if !strings.HasPrefix(part, "<title>Runs · Heddle</title>") || strings.Contains(part, "<html") || strings.Contains(part, `class="top"`) {
		t.Errorf("Part = %.200s", part)
	}
	p.Assets = assets()
	p.User = new(sampleUser())
	full := write(t, views.Layout(p, c))
	if !strings.Contains(full, strings.TrimPrefix(part, "<title>Runs · Heddle</title>")) {
		t.Error("the whole page does not hold the part as it is")
	}
}

func TestMissingBundleIsSaid(t *testing.T) {
	p, c := views.SignIn(views.AccountView{})
	html := write(t, views.Layout(p, c))
	if !strings.Contains(html, "go tool task assets") || strings.Contains(html, `class="js"`) || strings.Contains(html, "classList") {
		t.Errorf("a page without a bundle: %.600s", html)
	}
}

// TestFailureNeedsNothing is the promise of the 500 page: no user, no bundle.
func TestFailureNeedsNothing(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusInternalServerError, http.StatusServiceUnavailable} {
		p, c := views.Failure(views.FailureView{Status: status, RequestID: "req_77"})
		if html := write(t, views.Layout(p, c)); !strings.Contains(html, "req_77") || !strings.Contains(html, "<h1") {
			t.Errorf("%d: %s", status, html)
		}
	}
}

func TestForeignLooksLikeMissing(t *testing.T) {
	show := func(status int, text string) string {
		_, c := views.Failure(views.FailureView{Status: status, Message: text, Problems: []flow.Problem{{Path: "id", Message: text}}})
		return strings.Replace(write(t, c), http.StatusText(status), "", 1)
	}
	number := regexp.MustCompile(`>40\d<`)
	foreign := number.ReplaceAllString(show(http.StatusForbidden, "belongs to Bob"), "><")
	missing := number.ReplaceAllString(show(http.StatusNotFound, "no such thing"), "><")
	if d := cmp.Diff(missing, foreign); d != "" {
		t.Errorf("403 differs from 404:\n%s", d)
	}
}

func TestInternalErrorsKeepTheirCause(t *testing.T) {
	p, c := views.Failure(views.FailureView{Status: http.StatusInternalServerError, Message: "sql: table secrets"})
	if html := render(t, p, c); strings.Contains(html, "secrets") {
		t.Error("the cause is on the page")
	}
	if f := views.NewForm(nil, errors.New("sql: table secrets")); strings.Contains(f.Error, "secrets") || f.Error == "" {
		t.Errorf("Form.Error = %q", f.Error)
	}
}

func TestFormFindsProblems(t *testing.T) {
	f := views.NewForm(map[string]string{"name": ""}, flow.Errorf(flow.Invalid, "No.").With(flow.Problem{Path: "body.name", Message: "Needed."}))
	if f.Problem("name") != "Needed." || f.Problem("other") != "" || f.ValueOr("name", "x") != "" || f.ValueOr("other", "x") != "x" {
		t.Errorf("Form = %+v", f)
	}
}

func TestListing(t *testing.T) {
	l := views.Listing{Path: "/workflows", Values: [][2]string{{"query", "a&b"}, {"tag", ""}}}
	for want, got := range map[string]string{"/workflows?query=a%26b": l.At(1), "/workflows?query=a%26b&page=3": l.At(3)} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestEditorData reads the data blocks back as the scripts do.
func TestEditorData(t *testing.T) {
	b := sampleBench()
	b.Workflow.Name = "</script>\u2028"
	p, c := views.Editor(b)
	html := render(t, p, c)
	for _, id := range []string{"wf-name", "save-state", "btn-undo", "btn-redo", "btn-save", "btn-run", "btn-stop", "palette", "palette-search", "canvas", "inspector", "insp-settings", "insp-output", "insp-logs", "run-panel", "run-title", "run-status", "run-rows", "dialogs", "toast", "live"} {
		if !strings.Contains(html, `id="`+id+`"`) {
			t.Errorf("no element has the id %s", id)
		}
	}
	block := regexp.MustCompile(`<script[^>]* id="doc"[^>]*>(.*?)\s*</script>`).FindStringSubmatch(html)
	if block == nil {
		t.Fatalf("no document in the page")
	}
	var doc struct {
		ID, Name     string
		Version      int
		Nodes, Edges []json.RawMessage
	}
	if err := json.Unmarshal([]byte(block[1]), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Name != b.Workflow.Name || doc.Version != 3 || len(doc.Nodes) != 6 || len(doc.Edges) != 6 {
		t.Errorf("doc = %+v", doc)
	}
	if !strings.Contains(html, `data-page="editor" data-workflow="wf_1" data-version="3"`) {
		t.Error("the body does not name the workflow")
	}
}

func TestInspectorSaysWhatIsConfigured(t *testing.T) {
	html := write(t, views.InspectorForm(samplePanel()))
	order := []string{"Automatic: Google Gemini", `value="gemini"`, `value="offline"`, `value="openai"`, "OpenAI (set OPENAI_API_KEY)"}
	at := 0
	for _, want := range order {
		i := strings.Index(html[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing or out of order", want)
		}
		at += i
	}
	for _, want := range []string{`name="data.system" data-key="system" data-widget="textarea" disabled`, "Fed by", `<a class="fed__link" href="#node=ref" data-goto="ref">Tone &lt;b&gt;</a>`, "Not set up on this server", "set OPENAI_API_KEY", "Price $0.30 / $2.50 per million tokens", `aria-invalid="true"`} {
		if !strings.Contains(html, want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestInspectorShowsListedInputsAndNames(t *testing.T) {
	spec := node.Spec{Type: "pick", Title: "Pick", Fields: []node.Field{
		{Key: "inputs", Label: "Inputs", Widget: node.WidgetText, Ports: node.SideIn},
		{Key: "cases", Label: "Cases", Widget: node.WidgetTextarea, Ports: node.SideOut},
		{Key: "prompt", Label: "Prompt", Widget: node.WidgetTextarea, Template: true},
	}}
	html := write(t, views.InspectorForm(node.Panel{
		Node: flow.Node{ID: "x", Type: "pick", Data: []byte(`{"inputs":["kind","body"],"cases":["a","b"],"prompt":"{{mark}}"}`)}, Spec: &spec, Connected: []string{"kind"},
	}))
	for _, want := range []string{`value="kind, body"`, ">a\nb</textarea>", `data-port="kind" data-connected`, `data-port="body"`} {
		if !strings.Contains(html, want) {
			t.Errorf("no %q in %s", want, html)
		}
	}
	if strings.Contains(html, `data-port="mark"`) {
		t.Error("a mark is listed twice")
	}
}

func TestUnknownKindKeepsItsData(t *testing.T) {
	html := write(t, views.InspectorForm(node.Panel{Node: flow.Node{ID: "x", Type: "acme/magic", Data: []byte(`{"deep":{"n":1}}`)}}))
	for _, want := range []string{"acme/magic", "readonly", "&#34;n&#34;: 1"} {
		if !strings.Contains(html, want) {
			t.Errorf("no %q in %s", want, html)
		}
	}
}

func TestRunOfALargeGraphIsToldInWords(t *testing.T) {
	var nodes []flow.Node
	for i := range 2001 {
		nodes = append(nodes, flow.Node{ID: string(rune('a'+i%26)) + strings.Repeat("x", i/26), Type: "text", Data: json.RawMessage(`{}`)})
	}
	r := sampleRun(flow.RunSuccess)
	raw, err := json.Marshal(nodes)
	if err != nil {
		t.Fatal(err)
	}
	r.Nodes, r.Edges = raw, nil
	p, c := views.Run(flow.RunDetail{Run: r})
	if html := render(t, p, c); !strings.Contains(html, "2,001 steps, too many to draw here") {
		t.Error("nothing is said about the missing picture")
	}
}

func TestRunShowsNoFramesAndNotes(t *testing.T) {
	r := sampleRun(flow.RunSuccess)
	r.Nodes = json.RawMessage(`[{"id":"f","type":"group","position":{"x":0,"y":0},"data":{"label":"The frame"}},{"id":"n","type":"note","position":{"x":0,"y":0},"data":{"label":"The note"}},
		{"id":"a","type":"text","parentId":"f","position":{"x":5,"y":5},"data":{"label":"The step"}}]`)
	r.Edges = nil
	p, c := views.Run(flow.RunDetail{Run: r})
	html := render(t, p, c)
	if !strings.Contains(html, "The step") || strings.Contains(html, "The frame") || strings.Contains(html, "The note") {
		t.Error("the page of a run shows what is only drawn, or lacks the step")
	}
}

func TestRunWithoutAGraphStillShows(t *testing.T) {
	r := sampleRun(flow.RunFailed)
	r.Nodes, r.Error, r.WorkflowID, r.StartedAt, r.Duration = json.RawMessage(`{"not":"an array"}`), "The worker was lost.", nil, nil, nil
	p, c := views.Run(flow.RunDetail{Run: r})
	html := render(t, p, c)
	for _, want := range []string{"cannot be drawn", "The worker was lost.", "Not yet"} {
		if !strings.Contains(html, want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestFilterShowsAWorkflowThatIsNotListed(t *testing.T) {
	l := sampleRuns()
	l.Query.WorkflowID, l.Workflows = "wf_far", nil
	p, c := views.Runs(l)
	if html := render(t, p, c); !strings.Contains(html, `<option value="wf_far" selected>Product shots</option>`) {
		t.Error("the chosen workflow is not in the filter")
	}
}

// A called step has its own card, with an attempt for each item, in their order.
func TestRunPageShowsCalledSteps(t *testing.T) {
	d := sampleDetail()
	d.Outputs = flow.Values{"summary": flow.Text("Short and good.")}
	caller := d.NodeResults[0].NodeID
	for i := range 120 {
		status := flow.NodeSuccess
		if i == 110 {
			status = flow.NodeFailed
		}
		d.NodeResults = append(d.NodeResults, flow.NodeResult{
			NodeID: caller + "/x", NodeType: "text", Iteration: strconv.Itoa(i + 1), Attempt: 1, Status: status, Meta: flow.Meta{"step": "Inner"},
		})
	}
	p, c := views.Run(d)
	html := strings.Join(strings.Fields(render(t, p, c)), " ")
	_, card, _ := strings.Cut(html, `data-node="`+caller+`/x"`)
	for _, want := range []string{"› </span> Inner", `data-status="failed"`, "120 times", "<span>Item 111</span>", "<span>Item 2</span>", "70 more of this step are not shown here"} {
		if !strings.Contains(card, want) {
			t.Errorf("the card lacks %s", want)
		}
	}
	if strings.Index(card, "Item 2<") > strings.Index(card, "Item 10<") {
		t.Error("item 10 comes before item 2")
	}
	if !strings.Contains(html, "Results</h2>") || !strings.Contains(html, "Short and good.") {
		t.Error("the named results are not shown")
	}
}
