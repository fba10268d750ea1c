package views_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
	"heddle/internal/node"
	"heddle/views"
)

// payloads try to leave text, an attribute, a URL and a block of JSON.
var payloads = []string{
	`<script>window.__x=1</script>`,
	`"><img src=x onerror=alert(1)>`,
	`' onmouseover='alert(1)`,
	`</script><script>alert(1)</script>`,
	`</textarea></title></style><svg onload=alert(1)>`,
	`<div hx-get="/x" hx-trigger="load"></div>`,
	`javascript:alert(1)`,
	"\u2028</script>\u2029<b>",
	`{{constructor.constructor('alert(1)')()}}`,
}

// evil returns every page and fragment with s in every field a user can fill.
func evil(t *testing.T, s string) map[string]string {
	t.Helper()
	out := map[string]string{}
	p, c := views.Workflows(flow.WorkflowList{
		Workflows:  []flow.WorkflowSummary{{ID: flow.ID(s), Name: s, Description: s, Tags: []string{s}, LastRun: &flow.RunBrief{ID: flow.ID(s), Status: flow.RunStatus(s)}}},
		Pagination: flow.Paginate(1, 1, 5), Query: flow.WorkflowQuery{Query: s, Tag: s, Page: 1}, Tags: []string{s},
	})
	p.Flash = &views.Flash{Text: s, Undo: "/" + s}
	out["workflows"] = render(t, p, c)
	p, c = views.Workflows(flow.WorkflowList{Query: flow.WorkflowQuery{Query: s, Tag: s}})
	out["nomatch"] = render(t, p, c)
	run := evilRun(s)
	p, c = views.Runs(flow.RunList{Runs: []flow.RunDetail{run}, Pagination: flow.Paginate(1, 1, 5), Query: flow.RunQuery{WorkflowID: flow.ID(s), Status: flow.RunStatus(s)}, Workflows: []flow.WorkflowSummary{{ID: flow.ID(s), Name: s}}})
	out["runs"] = render(t, p, c)
	p, c = views.Run(run)
	out["run"] = render(t, p, c)
	raw := flow.Text(s).Raw()
	nodes := json.RawMessage(`[{"id":` + string(raw) + `,"type":` + string(raw) + `,"data":{"label":` + string(raw) + `}}]`)
	p, c = views.Editor(node.Workbench{Workflow: flow.Workflow{ID: flow.ID(s), Name: s, Nodes: nodes}, Kinds: sampleKinds(), LastRun: &run})
	out["editor"] = render(t, p, c)
	user := flow.User{Email: s, FirstName: s, LastName: s}
	p, c = views.SettingsAgain(flow.Settings{User: user, NewToken: s, KeepsSecrets: true, Address: s, Workflows: []flow.WorkflowSummary{{ID: flow.ID(s), Name: s}}, Hooks: []flow.Hook{{ID: flow.ID(s), WorkflowID: flow.ID(s), WorkflowName: s, Name: s, Kind: flow.HookKind(s), LastRefusedAt: new(time.Now()), Refusal: s}}, NewHook: &flow.NewHook{Hook: flow.Hook{Kind: flow.HookKind(s)}, Path: s, Secret: flow.Secret(s)}, Secrets: []flow.StoredSecret{{ID: flow.ID(s), Name: s, Hosts: []string{s}}}, Providers: []flow.ProviderStatus{{ID: s, Name: s, Setting: s, BaseURL: s, Default: s, TakesKey: true, Own: true}}, Tokens: []flow.Token{{ID: flow.ID(s), Name: s, Prefix: s, Scopes: []flow.Scope{flow.Scope(s)}}}}, views.SettingsForms{Profile: evilForm(s), Token: evilForm(s), Secret: evilForm(s), Provider: s, Key: evilForm(s), Hook: evilForm(s), HookID: flow.ID(s), HookSecret: evilForm(s)})
	p.User = &user
	out["settings"] = render(t, p, c)
	p, c = views.Versions(flow.VersionList{Workflow: flow.Workflow{ID: flow.ID(s), Name: s}, Versions: []flow.VersionBrief{{Version: 1, Author: s, Note: s}}, Pagination: flow.Paginate(1, 50, 1)})
	out["versions"] = render(t, p, c)
	p, c = views.Activity(flow.AuditList{Entries: []flow.AuditEntry{{Via: flow.Via(s), Action: flow.AuditAction(s), Target: s, IP: s, Hash: s}}, Pagination: flow.Paginate(2, 1, 5)})
	out["activity"] = render(t, p, c)
	p, c = views.SignIn(views.AccountView{Form: evilForm(s), Next: s})
	out["signin"] = render(t, p, c)
	p, c = views.Failure(views.FailureView{Status: http.StatusConflict, Message: s, Hint: s, RequestID: s, Problems: []flow.Problem{{Path: s, Message: s}}})
	out["failure"] = render(t, p, c)
	out["inspector"] = write(t, views.InspectorForm(evilPanel(s, true)))
	out["inspector-unknown"] = write(t, views.InspectorForm(evilPanel(s, false)))
	return out
}

func evilForm(s string) views.Form {
	return views.Form{Values: map[string]string{"email": s, "firstName": s, "name": s}, Error: s, Hint: s, Problems: []flow.Problem{{Path: "email", Message: s}, {Path: "name", Message: s}}}
}

func evilRun(s string) flow.RunDetail {
	raw := string(flow.Text(s).Raw())
	r := sampleRun(flow.RunFailed)
	r.ID, r.WorkflowID, r.WorkflowName, r.Error, r.Source = flow.ID(s), new(flow.ID(s)), s, s, flow.Source(s)
	r.Nodes = json.RawMessage(`[{"id":` + raw + `,"type":` + raw + `,"data":{"label":` + raw + `}}]`)
	r.Edges = json.RawMessage(`[{"id":"e","source":` + raw + `,"target":` + raw + `}]`)
	res := attempt(s, s, flow.NodeFailed, 0, 1, 2)
	res.Error, res.Reason, res.Iteration, res.Meta = s, s, s, flow.Meta{s: s, "notice": s}
	file := flow.File(flow.FileRef{File: flow.ID(s), Name: s, MediaType: "image/" + s, Size: 1})
	res.Inputs = flow.Values{s: flow.Text(s), "blob": flow.Blob(flow.BlobRef{Hash: s, Type: flow.TypeText, Preview: s})}
	res.Output = flow.Values{s: file, "list": flow.List(file), "json": flow.RawValue(json.RawMessage(`{` + raw + `:` + raw + `}`))}
	return flow.RunDetail{Run: r, NodeResults: []flow.NodeResult{res}, Logs: []flow.Log{{NodeID: &s, Message: s, Level: flow.Level(s)}, {Message: s}}, Outputs: flow.Values{s: flow.Text(s)}}
}

func evilPanel(s string, known bool) node.Panel {
	raw := string(flow.Text(s).Raw())
	p := node.Panel{
		Node:      flow.Node{ID: s, Type: s, Data: json.RawMessage(`{"label":` + raw + `,"provider":` + raw + `,"model":` + raw + `,"prompt":` + raw + `,"style":` + raw + `,"schema":` + raw + `,"timeout":` + raw + `,"fallback":` + raw + `,"file":{"$file":` + raw + `,"name":` + raw + `}}`)},
		Connected: []string{s}, Providers: sampleProviders(), Problems: []flow.Problem{{Path: s, Message: s}, {Path: "data.prompt", Message: s}},
	}
	if known {
		p.Spec = new(sampleSpec())
	}
	return p
}

var (
	tagRE   = regexp.MustCompile(`<[a-zA-Z/!][^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>`)
	eventRE = regexp.MustCompile(`(?i)\son[a-z]+\s*=`)
	quoted  = regexp.MustCompile(`"[^"]*"`)
)

// TestUserTextIsNeverMarkup compares the tags of a page full of payloads with
// those of the same page full of harmless words: no element and no attribute may
// come in, and no URL may become a script.
func TestUserTextIsNeverMarkup(t *testing.T) {
	plain := evil(t, "harmless")
	for _, s := range payloads {
		for name, html := range evil(t, s) {
			want, got := shape(plain[name]), shape(html)
			if want != got {
				t.Errorf("%s: %q changed the markup: %s", name, s, cmp.Diff(want, got))
			}
			if bad := scriptURL.FindString(html); bad != "" {
				t.Errorf("%s: %q became a script address: %s", name, s, bad)
			}
		}
	}
}

var scriptURL = regexp.MustCompile(`(?i)(href|src|action)="\s*javascript:`)

// shape returns the tags of html with the values of their attributes left out,
// sorted: ports and facts come in the order of their names.
func shape(html string) string {
	var tags []string
	for _, tag := range tagRE.FindAllString(html, -1) {
		tags = append(tags, quoted.ReplaceAllString(tag, `""`))
	}
	slices.Sort(tags)
	return strings.Join(tags, "\n")
}

// TestContentSecurityPolicyHolds looks for what the policy forbids on every page.
func TestContentSecurityPolicyHolds(t *testing.T) {
	all := pages(t)
	maps.Copy(all, fragments(t))
	for name, html := range all {
		for _, tag := range tagRE.FindAllString(html, -1) {
			bare := quoted.ReplaceAllString(tag, `""`)
			switch {
			case strings.Contains(bare, " style="):
				t.Errorf("%s: inline style: %s", name, tag)
			case eventRE.MatchString(bare), strings.Contains(bare, "hx-on"):
				t.Errorf("%s: inline handler: %s", name, tag)
			case strings.HasPrefix(tag, "<script") && !strings.Contains(tag, "application/json") && !strings.Contains(tag, `nonce="n0nce"`):
				t.Errorf("%s: script without a nonce: %s", name, tag)
			case strings.HasPrefix(tag, "<style") && !strings.Contains(tag, `nonce="n0nce"`):
				t.Errorf("%s: style without a nonce: %s", name, tag)
			}
		}
	}
}
