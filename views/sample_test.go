package views_test

import (
	"encoding/json"
	"time"

	"heddle/internal/flow"
	"heddle/internal/node"
	"heddle/views"
)

// at is the moment around which the samples happen.
var at = time.Date(2026, 11, 23, 14, 2, 11, 0, time.UTC)

func sampleUser() flow.User {
	return flow.User{ID: "usr_01", Email: "mira@example.com", FirstName: "Mira", LastName: "Kern", CreatedAt: at}
}

func brief(s flow.RunStatus) *flow.RunBrief {
	return &flow.RunBrief{ID: "run_01abc", Status: s, CreatedAt: at}
}

func sampleList() flow.WorkflowList {
	row := func(id, name, text string, last *flow.RunBrief, tags ...string) flow.WorkflowSummary {
		return flow.WorkflowSummary{
			ID: flow.ID(id), Name: name, Description: text, Version: 3, Tags: tags, Count: flow.Count{Runs: 1204},
			Steps: 6, LastRun: last, CreatedAt: at, UpdatedAt: at.Add(-2 * time.Minute),
		}
	}
	return flow.WorkflowList{
		Workflows: []flow.WorkflowSummary{
			row("wf_1", "Product shots", "Three pictures of a mug from one brief, each checked by a model that can see.", brief(flow.RunRunning), "images", "shop"),
			row("wf_2", "Support triage", "", brief(flow.RunSuccess), "support"),
			row("wf_3", "Weekly digest", "Reads the week's notes and writes a digest of ten lines.", brief(flow.RunFailed)),
			row("wf_4", "Invoice reader", "", brief(flow.RunPartial)),
			row("wf_5", "Podcast notes", "", nil),
		},
		Pagination: flow.Paginate(2, 5, 23),
		Query:      flow.WorkflowQuery{Page: 2, Limit: 5},
		Tags:       []string{"images", "shop", "support"},
	}
}

func values(kv ...any) flow.Values {
	v := flow.Values{}
	for i := 0; i < len(kv); i += 2 {
		v[kv[i].(string)] = kv[i+1].(flow.Value)
	}
	return v
}

var sampleNodes = json.RawMessage(`[
 {"id":"brief","type":"text","position":{"x":0,"y":0},"data":{"label":"Brief","text":"A matte ceramic mug"}},
 {"id":"ref","type":"image","position":{"x":0,"y":220},"data":{"label":"Reference"}},
 {"id":"write","type":"llm","position":{"x":340,"y":60},"data":{"label":"Write three prompts"}},
 {"id":"look","type":"vision","position":{"x":680,"y":0},"data":{"label":"Check the picture"}},
 {"id":"post","type":"http","position":{"x":680,"y":150},"data":{"label":"Post to shop"}},
 {"id":"show","type":"debug","position":{"x":1020,"y":80},"data":{"label":"Result"}}]`)

var sampleEdges = json.RawMessage(`[
 {"id":"e1","source":"brief","target":"write"},{"id":"e2","source":"ref","target":"write"},
 {"id":"e3","source":"write","target":"look"},{"id":"e4","source":"write","target":"post"},
 {"id":"e5","source":"look","target":"show"},{"id":"e6","source":"post","target":"show"}]`)

func sampleRun(status flow.RunStatus) flow.Run {
	wf := flow.ID("wf_1")
	return flow.Run{
		ID: "run_01jd3k7q4v", WorkflowID: &wf, WorkflowName: "Product shots", WorkflowVersion: 3, Status: status,
		Scope: flow.ScopeFull, Nodes: sampleNodes, Edges: sampleEdges, Source: flow.SourceEditor,
		Counts:   flow.Counts{TotalNodes: 6, SuccessNodes: 3, FailedNodes: 1, SkippedNodes: 1, CachedNodes: 1},
		Usage:    flow.Usage{TokensIn: 1800, TokensOut: 510, CostUSD: new(0.051)},
		Duration: new(int64(9200)), CreatedAt: at, StartedAt: new(at), CompletedAt: new(at.Add(9200 * time.Millisecond)),
	}
}

func attempt(id, kind string, s flow.NodeStatus, queued, started, took int64) flow.NodeResult {
	q, b := at.Add(time.Duration(queued)*time.Millisecond), at.Add(time.Duration(started)*time.Millisecond)
	return flow.NodeResult{NodeID: id, NodeType: kind, Attempt: 1, Status: s, QueuedAt: &q, StartedAt: &b, Duration: &took, CreatedAt: q}
}

func sampleResults() []flow.NodeResult {
	first := attempt("brief", "text", flow.NodeSuccess, 0, 0, 0)
	first.Cached, first.Reason, first.Output = true, "The same as in the run before.", values("text", flow.Text("A matte ceramic mug on a walnut desk, soft morning light."))
	picture := attempt("ref", "image", flow.NodeSuccess, 0, 10, 120)
	picture.Output = values("image", flow.File(flow.FileRef{File: "file_01", Name: "mug.png", MediaType: "image/png", Size: 1_200_000, Width: 1024, Height: 768}))
	write := attempt("write", "llm", flow.NodeSuccess, 150, 480, 1900)
	write.Inputs = values("prompt", flow.Text("Write three image prompts for:\nA matte ceramic mug"))
	write.Output = values("text", flow.Text("1. Matte ceramic mug, walnut desk, rim light\n2. Overhead, steam, linen"), "json", flow.RawValue(json.RawMessage(`{"prompts":["a","b"],"n":3}`)))
	write.Usage = flow.Usage{TokensIn: 1800, TokensOut: 510, CostUSD: new(0.051)}
	write.Meta = flow.Meta{"provider": "offline", "model": "offline-text", "notice": "No AI model was used: this text was computed from the prompt."}
	look := attempt("look", "vision", flow.NodeSkipped, 2400, 2400, 0)
	look.Reason = "The branch was not taken."
	again := attempt("post", "http", flow.NodeFailed, 2400, 2700, 3000)
	again.Error = "The shop answered 401: token expired."
	last := again
	q, b := at.Add(6*time.Second), at.Add(6300*time.Millisecond)
	last.Attempt, last.QueuedAt, last.StartedAt, last.Duration = 2, &q, &b, new(int64(2900))
	return []flow.NodeResult{first, picture, write, look, again, last}
}

func sampleDetail() flow.RunDetail {
	post := "post"
	return flow.RunDetail{
		Run: sampleRun(flow.RunPartial), NodeResults: sampleResults(),
		Logs: []flow.Log{
			{Seq: 3, Message: "The run ended: partial.", Level: flow.LevelWarn, Timestamp: at.Add(9 * time.Second)},
			{Seq: 2, NodeID: &post, Message: "POST https://api.shop.test/v1/items answered 401", Level: flow.LevelError, Timestamp: at.Add(5 * time.Second)},
			{Seq: 1, Message: "The run began.", Level: flow.LevelInfo, Timestamp: at},
		},
	}
}

func sampleRuns() flow.RunList {
	l := flow.RunList{Pagination: flow.Paginate(1, 10, 23), Query: flow.RunQuery{Page: 1, Limit: 10, WorkflowID: "wf_1", From: at.Truncate(24 * time.Hour)}, Workflows: sampleList().Workflows}
	for i, s := range flow.RunStatuses() {
		r := sampleRun(s)
		r.ID = flow.ID("run_01jd3k7q4" + string(rune('a'+i)))
		if !s.Final() {
			r.Duration = nil
		}
		l.Runs = append(l.Runs, flow.RunDetail{Run: r})
	}
	return l
}

func sampleProviders() []flow.ProviderStatus {
	return []flow.ProviderStatus{
		{ID: "openai", Name: "OpenAI", Setting: "OPENAI_API_KEY", Default: "gpt-5-mini"},
		{ID: "offline", Name: "Offline", Configured: true, NoAI: true, Default: "offline-text"},
		{ID: "gemini", Name: "Google Gemini", Configured: true, Setting: "GEMINI_API_KEY", Default: "gemini-2.5-flash", Models: []flow.ModelInfo{
			{Name: "gemini-2.5-flash", InPerM: 0.3, OutPerM: 2.5, Vision: true}, {Name: "gemini-2.5-pro", InPerM: 1.25, OutPerM: 10, Vision: true},
		}},
		{ID: "ollama", Name: "Ollama", Setting: "OLLAMA_URL", BaseURL: "http://127.0.0.1:11434"},
	}
}

func sampleSpec() node.Spec {
	return node.Spec{
		Type: "llm", Version: 1, Title: "Language model", Summary: "Asks a language model and streams its answer.",
		Docs: "Sends the prompt to a model and gives its answer.", Category: "AI", Icon: "model", Color: "text",
		Inputs:  []node.Port{{Name: "prompt", Label: "Prompt", Type: flow.TypeText}, {Name: "images", Label: "Images", Type: flow.TypeImage, Multiple: true}},
		Outputs: []node.Port{{Name: "text", Label: "Text", Type: flow.TypeText}},
		Fields: []node.Field{
			{Key: "provider", Label: "Provider", Widget: node.WidgetProvider, Help: "Empty: the first configured one."},
			{Key: "model", Label: "Model", Widget: node.WidgetModel, Help: "Any model name is allowed."},
			{Key: "system", Label: "Instructions", Widget: node.WidgetTextarea},
			{Key: "prompt", Label: "Prompt", Widget: node.WidgetTextarea, Required: true, Template: true, Help: "Write {{name}} to make an input of that name."},
			{Key: "temperature", Label: "Temperature", Widget: node.WidgetNumber, Min: new(0.0), Max: new(2.0), Step: new(0.1)},
			{Key: "style", Label: "Style", Widget: node.WidgetSelect, Default: "short", Options: []node.Option{{Value: "short", Label: "Short"}, {Value: "long", Label: "Long"}}},
			{Key: "stream", Label: "Show the answer as it comes", Widget: node.WidgetSwitch, Default: true},
			{Key: "title", Label: "Title", Widget: node.WidgetText, Placeholder: "none"},
			{Key: "file", Label: "Picture", Widget: node.WidgetImage, Help: "PNG, JPEG, GIF or WebP."},
			{Key: "schema", Label: "JSON Schema", Widget: node.WidgetSchema, Help: "Empty: free text."},
			{Key: "token", Label: "Token", Widget: node.WidgetSecret},
			{Key: "extra", Label: "Extra", Widget: node.WidgetJSON},
		},
	}
}

func samplePanel() node.Panel {
	spec := sampleSpec()
	return node.Panel{
		Node: flow.Node{ID: "write", Type: "llm", Data: json.RawMessage(`{"label":"Write three prompts","provider":"","system":"You are brief.",
			"prompt":"Write three image prompts for:\n{{brief}}","temperature":3.5,"schema":{"type":"object"},"onError":"value","fallback":"none",
			"file":{"$file":"file_01","name":"mug.png","mediaType":"image/png","size":1200000,"width":1024,"height":768}}`)},
		Spec: &spec, Connected: []string{"system", "images"}, Sources: []node.Source{{Port: "system", NodeID: "ref", Label: "Tone <b>"}, {Port: "images", NodeID: "ref", Label: "Reference"}}, Providers: sampleProviders(),
		Problems: []flow.Problem{
			{Path: "nodes.2.data.temperature", Message: "Must be between 0 and 2.", NodeID: "write"},
			{Path: "nodes.2", Message: "The input brief is needed but nothing feeds it.", NodeID: "write"},
		},
	}
}

func sampleKinds() []node.Spec {
	kind := func(typ, title, category, icon, color string) node.Spec {
		return node.Spec{Type: typ, Title: title, Summary: "Makes a " + title + ".", Category: category, Icon: icon, Color: color}
	}
	return []node.Spec{
		kind("text", "Text", "Inputs", "text", "text"), kind("image", "Image", "Inputs", "image", "image"),
		sampleSpec(), kind("vision", "Vision model", "AI", "eye", "image"), kind("debug", "Debug", "Output", "debug", "any"),
	}
}

func sampleBench() node.Workbench {
	d := sampleDetail()
	d.Nodes, d.Edges = nil, nil
	return node.Workbench{
		Workflow: flow.Workflow{ID: "wf_1", Name: "Product shots", Version: 3, Nodes: sampleNodes, Edges: sampleEdges},
		Kinds:    sampleKinds(), Providers: sampleProviders(), LastRun: &d,
	}
}

func sampleSettings() flow.Settings {
	return flow.Settings{
		User: sampleUser(), Providers: sampleProviders(), NewToken: "hdl_4f1c0b7a9e2d5c8f3b6a1e0d7c4b9a8f",
		Tokens: []flow.Token{
			{ID: "tok_1", Name: "nightly report", Prefix: "hdl_4f1c", Scopes: flow.Scopes()[:3], CreatedAt: at, ExpiresAt: new(at.AddDate(0, 3, 0)), LastUsedAt: new(at)},
			{ID: "tok_2", Name: "laptop", Prefix: "hdl_99ab", Scopes: flow.Scopes(), CreatedAt: at},
		},
		KeepsSecrets: true, Address: "https://heddle.example.com",
		Workflows: []flow.WorkflowSummary{{ID: "wf_1", Name: "Product shots"}, {ID: "wf_2", Name: "Meeting notes"}},
		Hooks: []flow.Hook{
			{ID: "hook_1", WorkflowID: "wf_1", WorkflowName: "Product shots", Name: "new order", Kind: flow.HookStandard, Enabled: true, HasSecret: true, CreatedAt: at, LastUsedAt: &at, LastRefusedAt: new(at.Add(time.Minute)), Refusal: "the signature is missing or wrong"},
			{ID: "hook_2", WorkflowID: "wf_2", WorkflowName: "Meeting notes", Name: "charges", Kind: flow.HookStripe, Enabled: true, CreatedAt: at},
			{ID: "hook_3", WorkflowID: "wf_2", WorkflowName: "Meeting notes", Name: "old", Kind: flow.HookUnsigned, HasSecret: true, CreatedAt: at, LastUsedAt: &at},
		},
		NewHook: &flow.NewHook{Hook: flow.Hook{Kind: flow.HookStandard}, Path: "/hooks/hook_1", Secret: "whsec_c2VjcmV0"},
	}
}

func sampleAPI() views.APIDoc {
	return views.APIDoc{
		Title: "Heddle API", Version: "1.0", Intro: "Everything the pages do, as JSON.\n\nSend a token as Authorization: Bearer.", SpecURL: "/api/openapi.json",
		Groups: []views.APIGroup{{Name: "Workflows", Text: "Saved graphs.", Routes: []views.APIRoute{
			{
				ID: "list-workflows", Method: "GET", Path: "/api/workflows", Summary: "List workflows", Scope: "graph:read",
				Params:    []views.APIParam{{Name: "query", In: "query", Type: "string", Text: "Words in the name or description."}, {Name: "page", In: "query", Type: "integer", Required: true}},
				Responses: []views.APIResponse{{Status: 200, Text: "A page of workflows", Body: "success: true\nworkflows: array"}, {Status: 401, Text: "No or bad identity"}},
				Curl:      "curl -H 'Authorization: Bearer hdl_…' https://heddle.example.com/api/workflows",
			},
			{ID: "delete-workflow", Method: "DELETE", Path: "/api/workflows/{id}", Summary: "Delete a workflow", Scope: "graph:write", Text: "Its runs stay.", Body: "name: string\nnodes: array"},
		}}},
	}
}

func sampleVersions() flow.VersionList {
	at := time.Date(2026, 3, 9, 8, 30, 0, 0, time.UTC)
	return flow.VersionList{
		Workflow: flow.Workflow{ID: "wf_1", Name: "Product shots", Version: 3, PublishedVersion: 2}, Pagination: flow.Paginate(1, 50, 3),
		Versions: []flow.VersionBrief{
			{Version: 3, Author: "ann@example.com", CreatedAt: at, IsCurrent: true},
			{Version: 2, Author: "ann@example.com", Note: "Version 1 again", CreatedAt: at.Add(-time.Hour), IsPublished: true},
			{Version: 1, Author: "bob@example.com", CreatedAt: at.Add(-24 * time.Hour)},
		},
	}
}

func sampleActivity() flow.AuditList {
	at := time.Date(2026, 3, 9, 8, 30, 0, 0, time.UTC)
	list := []flow.AuditEntry{
		{Seq: 1204, At: at, Via: flow.ViaSession, Action: flow.AuditSecretKept, Target: "SHOP_TOKEN", IP: "192.0.2.7", Hash: "c0ffee"},
		{Seq: 1198, At: at.Add(-time.Minute), Action: flow.AuditSignIn, IP: "192.0.2.7", Hash: "beef"},
		{Seq: 1197, At: at.Add(-2 * time.Minute), Action: flow.AuditSignInRefused, IP: "2001:db8::1", Hash: "dead"},
		{Seq: 3, At: at.Add(-48 * time.Hour), Via: flow.ViaCLI, Action: flow.AuditAccountCreated, Hash: "feed"},
	}
	return flow.AuditList{Entries: list, Pagination: flow.Paginate(1, 50, len(list))}
}
