//go:build browser

package browser_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"
)

// attacks are ways to run a script, or to leave the place a text stands in. Each sets
// window.__x when it succeeds.
var attacks = []string{
	`<script>__x=1</script>`, `<img src=x onerror=__x=1>`, `<svg onload=__x=1>`, `<svg><script>__x=1</script></svg>`, `<iframe srcdoc="<script>parent.__x=1</script>">`,
	`<a href="javascript:__x=1">x</a>`, `<body onload=__x=1>`, `<input autofocus onfocus=__x=1>`, `<details open ontoggle=__x=1>`, `<video><source onerror=__x=1></video>`,
	`<math><mi xlink:href="data:text/html,<script>__x=1</script>">`, `<object data="javascript:__x=1">`, `<embed src="javascript:__x=1">`, `<base href="//evil.test/">`, `<meta http-equiv=refresh content="0;javascript:__x=1">`,
	`<link rel=stylesheet href="//evil.test/x.css">`, `<style>*{background:url(//evil.test/x)}</style>`, `<form action="//evil.test"><button autofocus>`, `<div hx-get="/x" hx-trigger="load" hx-on::load="__x=1">`, `<div data-hx-get="/x" hx-on:click="__x=1">`,
	`<template><script>__x=1</script></template>`, `<x onpointerenter=__x=1 style="position:fixed;inset:0">`, `{{constructor.constructor('__x=1')()}}`, `${__x=1}`, `<!--><img src=x onerror=__x=1>-->`,
}

// places leave an attribute, an element, a script or a comment before the attack.
var places = []string{
	`%s`, `">%s`, `'>%s`, `"/>%s`, "`>%s", `</script>%s`, `</textarea>%s`, `</title>%s`, `</style>%s`, `-->%s`, `]]>%s`, `</svg>%s`, `</option></select>%s`, `</template>%s`, `\">%s`, "\u2028%s", "\u0000%s", `&quot;>%s`, `&lt;%s`, `" autofocus onfocus=__x=1 x="%s`,
}

// TestB5_StoredScripts puts attacks into every field a user can fill and looks at
// every page on which they come back, in a real browser: no script runs, and the
// policy has nothing to stop.
func TestB5_StoredScripts(t *testing.T) {
	t.Parallel()
	p := newArrangeSite(t, "light")
	p.before(`window.__v = []; document.addEventListener("securitypolicyviolation", (e) => window.__v.push(e.violatedDirective + " " + e.sample))`)
	step := 17 // every 17th of 500: all attacks, all places
	if os.Getenv("HEDDLE_PROVE") == "full" {
		step = 1
	}
	var payloads []string
	for i := 0; i < len(attacks)*len(places); i += step {
		payloads = append(payloads, fmt.Sprintf(places[i%len(places)], attacks[(i/len(places)+i)%len(attacks)]))
	}
	var nodes, edges []any
	add := func(kind string, data map[string]any) string {
		id := fmt.Sprint("n", len(nodes))
		nodes = append(nodes, map[string]any{"id": id, "type": kind, "position": map[string]any{"x": len(nodes) % 12 * 300, "y": len(nodes) / 12 * 200}, "data": data})
		return id
	}
	for i, x := range payloads {
		x = strings.ReplaceAll(x, "\u0000", "\\0")
		p.api("POST", "/api/workflows", map[string]any{"name": cut(x, 100), "description": x, "tags": []string{cut(x, 30)}, "nodes": []any{}, "edges": []any{}}, nil)
		from := add("text", map[string]any{"label": x, "text": x})
		to := add([]string{"debug", "condition", "transform", "json", "code", "note"}[i%6], map[string]any{"label": x, "expression": x, "code": "throw new Error(" + quote(x) + ")", "path": x, "text": x, "outputs": x})
		if i%6 != 5 {
			edges = append(edges, map[string]any{"id": fmt.Sprint("e", i), "source": from, "target": to})
		}
		p.upload(x)
		p.api("POST", "/api/execute", map[string]any{"nodes": []any{map[string]any{"id": "a", "type": "text", "data": map[string]any{"text": x, "label": x}}, map[string]any{"id": "b", "type": "code", "data": map[string]any{"label": x, "code": "throw new Error(" + quote(x) + ")"}}}, "edges": []any{}}, nil)
	}
	var made struct{ Workflow struct{ ID string } }
	p.api("POST", "/api/workflows", map[string]any{"name": "All", "nodes": nodes, "edges": edges}, &made)
	var run struct{ RunID string }
	p.api("POST", "/api/execute", map[string]any{"nodes": nodes[:2], "edges": edges[:1]}, &run)
	var runs struct{ Runs []struct{ ID string } }
	p.api("GET", "/api/runs?limit=20", nil, &runs)
	pages := []string{"/workflows/" + made.Workflow.ID, "/workflows/" + made.Workflow.ID + "/versions", "/workflows", "/workflows?query=%3Cimg+src%3Dx+onerror%3D__x%3D1%3E&tag=%22%3E%3Csvg+onload%3D__x%3D1%3E", "/runs", "/runs/" + run.RunID, "/runs/" + run.RunID + "/graph", "/settings", "/settings/activity", "/signin?next=%22%3E%3Cscript%3E__x%3D1%3C%2Fscript%3E", "/nope%22%3E%3Cscript%3E__x=1%3C/script%3E"}
	for n := 2; n <= len(payloads)/20+1; n++ {
		pages = append(pages, fmt.Sprint("/workflows?page=", n))
	}
	for _, r := range runs.Runs {
		pages = append(pages, "/runs/"+r.ID)
	}
	p.attackProfile(payloads[1])
	for _, path := range pages {
		p.open(path)
		p.wait("the page is there", `document.readyState === "complete" && !document.querySelector("[aria-busy=true], .htmx-request")`)
		if strings.HasPrefix(path, "/workflows/wf") && !strings.HasSuffix(path, "/versions") {
			p.wait("the steps are drawn", `document.querySelectorAll("#canvas .node").length > 5`)
			p.strike("KeyA", "KeyA", 2)
		}
		p.unharmed(t, path)
	}
	t.Logf("PROOF B5: %d attacks in every field, %d pages in a real browser: no script ran, no violation of the policy", len(payloads), len(pages))
}

func (p *page) unharmed(t *testing.T, where string) {
	t.Helper()
	p.do()
	if eval[bool](p, `window.__x !== undefined`) {
		t.Errorf("%s: a script ran", where)
	}
	if got := eval[[]string](p, `window.__v`); len(got) > 0 {
		t.Errorf("%s: the policy had to stop %v", where, got)
	}
	if n := eval[int](p, `document.querySelectorAll("[onerror],[onload],[onfocus],[ontoggle],base,object,embed,iframe:not([sandbox])").length`); n > 0 {
		t.Errorf("%s: %d elements that are nobody's", where, n)
	}
}

// attackProfile puts an attack into the profile and the name of a token.
func (p *page) attackProfile(x string) {
	p.t.Helper()
	eval[any](p, fmt.Sprintf(`(async () => {
		const send = (path, fields) => fetch(path, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" })
		await send("/settings/profile", { firstName: %[1]s, lastName: %[1]s })
		await send("/settings/tokens", { name: %[1]s })
		await send("/settings/secrets", { name: %[1]s, value: "v", hosts: %[1]s })
		const { workflows } = await (await fetch("/api/workflows")).json()
		await send("/settings/webhooks", { name: %[1]s, workflowId: workflows[0].id })
	})()`, quote(cut(x, 90))))
}

func (p *page) upload(name string) {
	p.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write([]byte(name))
	}
	if err != nil || w.Close() != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, p.url+"/api/files", &b)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.tok)
	req.Header.Set("Content-Type", w.FormDataContentType())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		p.t.Errorf("upload of %q: %d", name, res.StatusCode)
	}
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// quote writes a text as JavaScript does.
func quote(s string) string {
	return strings.NewReplacer("\u2028", `\u2028`, "<", `\u003c`).Replace(fmt.Sprintf("%q", s))
}
