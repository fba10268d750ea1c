package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"heddle/internal/flow"
	"heddle/internal/web"
)

func TestPages(t *testing.T) {
	s := newSite(t)
	mine, hers := s.workflow(s.ann, "Digest"), s.workflow(s.bob, "Private")
	run, foreign := s.run(s.ann, hello), s.run(s.bob, hello)
	s.ended(s.ann, run)
	s.ended(s.bob, foreign)
	ann := s.ann.byCookie
	inspect := `{"node":{"id":"a","type":"text","data":{"text":"marked text"}},"connected":[]}`
	s.play(t, []scenario{
		{"home", "GET", "/", "", ann(), 303, "", ""},
		{"list", "GET", "/workflows", "", ann(), 200, "Digest", "Private"},
		{"list with nonsense for a page", "GET", "/workflows?page=abc", "", ann(), 200, "Digest", ""},
		{"search without a hit", "GET", "/workflows?query=zebra", "", ann(), 200, "zebra", "/workflows/" + mine + `"`},
		{"search is text", "GET", "/workflows?query=%3Cscript%3Ealert(1)%3C/script%3E", "", ann(), 200, "", "<script>alert"},
		{"templates", "GET", "/templates", "", ann(), 200, "Compare two models", ""},
		{"picture", "GET", "/workflows/" + mine + "/thumbnail.svg?v=1", "", ann(), 200, "<svg", "<script"},
		{"someone else's picture", "GET", "/workflows/" + hers + "/thumbnail.svg?v=1", "", ann(), 404, "", "<svg xmlns"},
		{"editor", "GET", "/workflows/" + mine, "", ann(), 200, "<!doctype html>", ""},
		{"someone else's editor", "GET", "/workflows/" + hers, "", ann(), 404, "<html", "Private"},
		{"unknown editor", "GET", "/workflows/wf_nope", "", ann(), 404, "<html", ""},
		{"runs", "GET", "/runs", "", ann(), 200, run, foreign},
		{"runs filtered", "GET", "/runs?status=failed&from=2020-01-01&to=2020-01-02", "", ann(), 200, "", run},
		{"runs with nonsense filters", "GET", "/runs?status=happy&source=x&from=y&page=-1", "", ann(), 200, run, ""},
		{"run", "GET", "/runs/" + run, "", ann(), 200, run, ""},
		{"someone else's run", "GET", "/runs/" + foreign, "", ann(), 404, "<html", foreign},
		{"unknown run", "GET", "/runs/run_nope", "", ann(), 404, "<html", ""},
		{"settings", "GET", "/settings", "", ann(), 200, "ann@example.com", ""},
		{"inspector", "POST", "/workflows/" + mine + "/inspector", inspect, ann(), 200, "marked text", "<html"},
		{"inspector of nonsense", "POST", "/workflows/" + mine + "/inspector", `{"node":`, ann(), 400, "", ""},
		{"cancel a finished run", "POST", "/runs/" + run + "/cancel", "", ann(), 303, "", ""},
		{"cancel someone else's run", "POST", "/runs/" + foreign + "/cancel", "", ann(), 404, "", ""},
		{"sign-in page of one who is in", "GET", "/signin", "", ann(), 303, "", ""},
		{"sign-in page", "GET", "/signin?next=/runs", "", nil, 200, `value="/runs"`, ""},
		{"sign-up page", "GET", "/signup", "", nil, 200, `name="password"`, ""},
		{"setup is over", "GET", "/setup", "", nil, 303, "", ""},
		{"no one sets up twice", "POST", "/setup", "email=x@example.com&password=a+very+long+password", nil, 409, "", ""},
	})
}

func TestPartialPages(t *testing.T) {
	s := newSite(t)
	partial := []string{"HX-Request", "true", "HX-Request-Type", "partial"}
	ann := s.ann.byCookie
	s.play(t, []scenario{
		{"whole", "GET", "/workflows", "", ann(), 200, "<!doctype html>", ""},
		{"partial", "GET", "/workflows", "", ann(partial...), 200, "<main", "<html"},
		{"partial has its title", "GET", "/workflows", "", ann(partial...), 200, "<title>", ""},
		{"full by htmx", "GET", "/workflows", "", ann("HX-Request", "true", "HX-Request-Type", "full"), 200, "<html", ""},
		{"history restore is whole", "GET", "/workflows", "", ann(append(partial, "HX-History-Restore-Request", "true")...), 200, "<html", ""},
		{"partial failure", "GET", "/workflows/wf_nope", "", ann(partial...), 404, "<main", "<html"},
	})
	if vary := s.do("GET", "/workflows", "", ann()).header.Get("Vary"); !strings.Contains(vary, "HX-Request") {
		t.Errorf("Vary %q lets a cache mix wholes and parts", vary)
	}
	a := s.do("GET", "/runs", "", header{"HX-Request": "true"})
	if a.status != 401 || a.header.Get("HX-Redirect") != "/signin?next=%2Fruns" {
		t.Errorf("signed out by htmx: %d, HX-Redirect %q", a.status, a.header.Get("HX-Redirect"))
	}
	a = s.do("GET", "/runs?page=2", "", nil)
	if a.status != 303 || a.header.Get("Location") != "/signin?next=%2Fruns%3Fpage%3D2" {
		t.Errorf("signed out: %d, Location %q", a.status, a.header.Get("Location"))
	}
}

func TestSignIn(t *testing.T) {
	s := newSite(t)
	creds := "email=Ann%40Example.com&password=" + url.QueryEscape(password)
	a := s.do("POST", "/signin", "email=ann%40example.com&password=wrong", nil)
	if a.status != 422 || !strings.Contains(a.body, "Email or password is wrong.") || !strings.Contains(a.body, `value="ann@example.com"`) {
		t.Errorf("wrong password: %d %s", a.status, a.body)
	}
	if strings.Contains(a.body, "wrong\"") || a.header.Get("Set-Cookie") != "" {
		t.Errorf("wrong password: %v %s", a.header, a.body)
	}
	a = s.do("POST", "/signin", creds, nil)
	cookie := a.header.Get("Set-Cookie")
	if a.status != 303 || a.header.Get("Location") != "/workflows" {
		t.Fatalf("%d %v", a.status, a.header)
	}
	for _, flag := range []string{"heddle_session=", "HttpOnly", "SameSite=Lax", "path=/"} {
		if !strings.Contains(cookie, flag) {
			t.Errorf("%s is missing in %q", flag, cookie)
		}
	}
	if strings.Contains(strings.ToLower(cookie), "domain=") {
		t.Errorf("cookie for other hosts too: %q", cookie)
	}
	mine := header{"Cookie": strings.Split(cookie, ";")[0]}
	if a := s.do("GET", "/workflows", "", mine); a.status != 200 {
		t.Errorf("with the cookie: %d", a.status)
	}
	a = s.do("POST", "/signout", "", mine)
	if a.status != 303 || !strings.Contains(a.header.Get("Set-Cookie"), "heddle_session=;") {
		t.Errorf("sign out: %d %v", a.status, a.header)
	}
	if a := s.do("GET", "/api/workflows", "", mine); a.status != 401 {
		t.Errorf("the old cookie after signing out: %d", a.status)
	}
}

func TestNextStaysHere(t *testing.T) {
	s := newSite(t)
	creds := "&email=ann%40example.com&password=" + url.QueryEscape(password)
	for next, want := range map[string]string{
		"/runs?status=failed": "/runs?status=failed", "": "/workflows", "https://evil.test/": "/workflows", "//evil.test": "/workflows", `/\evil.test`: "/workflows",
		`\\evil.test`: "/workflows", "javascript:alert(1)": "/workflows", "/\t/evil.test": "/workflows", "/\r\nSet-Cookie: a=b": "/workflows", "/signin": "/workflows",
	} {
		a := s.do("POST", "/signin", "next="+url.QueryEscape(next)+creds, nil)
		if a.status != 303 || a.header.Get("Location") != want {
			t.Errorf("next=%q: %d, Location %q, want %q", next, a.status, a.header.Get("Location"), want)
		}
		a = s.do("GET", "/signin?next="+url.QueryEscape(next), "", s.ann.byCookie())
		if a.status != 303 || a.header.Get("Location") != want {
			t.Errorf("next=%q of one who is in: %d, Location %q, want %q", next, a.status, a.header.Get("Location"), want)
		}
	}
}

func TestSignUp(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.SignupOpen = true })
	s.play(t, []scenario{
		{"short password", "POST", "/signup", "email=eve%40example.com&password=short", nil, 422, "too short", ""},
		{"taken address", "POST", "/signup", "email=ann%40example.com&password=some+long+words+here", nil, 409, `value="ann@example.com"`, ""},
		{"no address", "POST", "/signup", "email=eve&password=some+long+words+here", nil, 422, `value="eve"`, ""},
	})
	a := s.do("POST", "/signup", "email=eve%40example.com&password=some+long+words+here&firstName=Eve", nil)
	if a.status != 303 || !strings.Contains(strings.Join(a.header.Values("Set-Cookie"), " "), "heddle_session=") {
		t.Errorf("%d %v", a.status, a.header)
	}
}

func TestSettingsForms(t *testing.T) {
	s := newSite(t)
	ann, long := s.ann.byCookie, strings.Repeat("x", 101)
	s.play(t, []scenario{
		{"profile", "POST", "/settings/profile", "firstName=Ann&lastName=Loom", ann(), 303, "", ""},
		{"profile is kept", "GET", "/settings", "", ann(), 200, `value="Loom"`, ""},
		{"profile too long", "POST", "/settings/profile", "firstName=" + long, ann(), 422, `value="` + long + `"`, ""},
		{"password too short", "POST", "/settings/password", "old=" + url.QueryEscape(password) + "&new=short", ann(), 422, "too short", "short\""},
		{"old password wrong", "POST", "/settings/password", "old=nope&new=another+long+password", ann(), 422, "current password is wrong", ""},
		{"token", "POST", "/settings/tokens", "name=backup&scopes=run%3Aread&expiresInDays=30", ann(), 200, "Copy the token now", ""},
		{"the secret is shown once", "GET", "/settings", "", ann(), 200, "backup", "Copy the token now"},
		{"token without a name", "POST", "/settings/tokens", "name=&scopes=run%3Aread", ann(), 422, "A token needs a name", ""},
		{"token with an unknown scope", "POST", "/settings/tokens", "name=keepme&scopes=root", ann(), 422, `value="keepme"`, ""},
		{"token with a bad life", "POST", "/settings/tokens", "name=keepme&expiresInDays=soon", ann(), 422, "0 to 3650 days", ""},
		{"revoke someone else's token", "POST", "/settings/tokens/tok_nope/delete", "", ann(), 404, "", ""},
		{"settings with a token", "GET", "/settings", "", s.ann.byToken(), 403, "", "backup"},
	})
	tokens, err := s.store.Tokens(t.Context(), flow.Owner(s.ann.user.ID))
	must(t, err)
	if a := s.do("POST", "/settings/tokens/"+tokens[0].ID.String()+"/delete", "", ann()); a.status != 303 {
		t.Errorf("revoke: %d", a.status)
	}
	other := s.do("POST", "/signin", "email=ann%40example.com&password="+url.QueryEscape(password), nil).header.Get("Set-Cookie")
	if a := s.do("POST", "/settings/password", "old="+url.QueryEscape(password)+"&new=another+long+password", ann()); a.status != 303 {
		t.Fatalf("new password: %d %s", a.status, a.body)
	}
	if a := s.do("GET", "/settings", "", ann()); a.status != 200 {
		t.Errorf("this browser after the change: %d", a.status)
	}
	if a := s.do("GET", "/settings", "", header{"Cookie": strings.Split(other, ";")[0]}); a.status != 303 {
		t.Errorf("another browser after the change: %d", a.status)
	}
}

func TestWorkflowForms(t *testing.T) {
	s := newSite(t)
	id, hers := s.workflow(s.ann, "Digest"), s.workflow(s.bob, "Private")
	ann, w := s.ann.byCookie, "/workflows/"
	if a := s.do("POST", "/workflows", "template=meeting-notes", ann()); a.status != 303 || !strings.Contains(s.do("GET", a.header.Get("Location"), "", ann()).body, "Raw notes") {
		t.Errorf("a template: %d %s", a.status, a.header.Get("Location"))
	}
	if a := s.do("POST", "/workflows", "template=nope", ann()); a.status != 404 {
		t.Errorf("an unknown template: %d", a.status)
	}
	a := s.do("POST", "/workflows", "name=", ann())
	if a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/workflows/wf_") {
		t.Errorf("new: %d %v", a.status, a.header)
	}
	s.play(t, []scenario{
		{"export", "GET", w + id + "/export", "", ann(), 200, `"name": "Digest"`, id},
		{"export someone else's", "GET", w + hers + "/export", "", ann(), 404, "", "Private"},
		{"duplicate", "POST", w + id + "/duplicate", "", ann(), 303, "", ""},
		{"the copy is listed", "GET", "/workflows", "", ann(), 200, "Digest (copy)", ""},
		{"duplicate someone else's", "POST", w + hers + "/duplicate", "", ann(), 404, "", ""},
		{"delete someone else's", "POST", w + hers + "/delete", "", ann(), 404, "", ""},
		{"restore someone else's", "POST", w + hers + "/restore", "", ann(), 404, "", ""},
		{"restore what is there", "POST", w + id + "/restore", "", s.bob.byCookie(), 404, "", ""},
	})
	if got := s.do("GET", w+id+"/export", "", ann()).header.Get("Content-Disposition"); got != "attachment; filename*=UTF-8''Digest.json" {
		t.Errorf("Content-Disposition %q", got)
	}
	a = s.do("POST", w+id+"/delete", "next=https://evil.test", ann())
	flash, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	if a.status != 303 || a.header.Get("Location") != "/workflows" || !strings.HasPrefix(flash, "heddle_flash=") {
		t.Fatalf("delete: %d %v", a.status, a.header)
	}
	s.play(t, []scenario{
		{"deleted is gone", "GET", w + id, "", ann(), 404, "", ""},
		{"the list offers to undo", "GET", "/workflows", "", header{"Cookie": s.ann.cookie + "; " + flash}, 200, w + id + "/restore", ""},
		{"nonsense for a message", "GET", "/workflows", "", header{"Cookie": s.ann.cookie + "; heddle_flash=!!"}, 200, "", "!!"},
		{"restore", "POST", w + id + "/restore", "", ann(), 303, "", ""},
		{"it is back", "GET", w + id, "", ann(), 200, "Digest", ""},
	})
}

// langflow has the shape of Langflow's export: the graph under data, handles that
// are objects in a text, members of its own everywhere.
const langflow = `{"name":"Basic Prompting","description":"Ask a model.","endpoint_name":null,"is_component":false,"id":"1511c230","tags":["chatbots"],
"data":{"viewport":{"x":0,"y":0,"zoom":0.5},
"nodes":[{"id":"ChatInput-1","type":"genericNode","position":{"x":689.5,"y":765.1},"measured":{"width":320,"height":204},"dragging":false,
"data":{"id":"ChatInput-1","type":"ChatInput","node":{"display_name":"Chat Input","template":{"code":{"type":"code","value":"class ChatInput:\n    pass"}}}}},
{"id":"Prompt-2","type":"genericNode","position":{"x":1,"y":2},"data":{"id":"Prompt-2","type":"Prompt","node":{"template":{}}}}],
"edges":[{"id":"reactflow__edge-1","source":"ChatInput-1","target":"Prompt-2","animated":false,"className":"","selected":false,
"sourceHandle":"{œdataTypeœ:œChatInputœ,œidœ:œChatInput-1œ}","targetHandle":"{œfieldNameœ:œinputœ}","data":{"sourceHandle":{"dataType":"ChatInput"}}}]}}`

func TestImport(t *testing.T) {
	s := newSite(t)
	for _, tt := range []struct{ name, file, content, want string }{
		{"ours", "x.json", `{"name":"Ours","tags":["a"],` + hello + `}`, "Ours"},
		{"plain React Flow", "Plain.json", "{" + hello + `,"viewport":{"x":0,"y":0,"zoom":1}}`, "Plain"},
		{"Langflow", "y.json", langflow, "Basic Prompting"},
		{"under workflow", "z.json", `{"success":true,"workflow":{"name":"Inner",` + hello + `}}`, "Inner"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, kind := form(t, tt.file, tt.content)
			a := s.do("POST", "/workflows/import", body, s.ann.byCookie("Content-Type", kind))
			to := a.header.Get("Location")
			if a.status != http.StatusSeeOther || !strings.HasPrefix(to, "/workflows/wf_") {
				t.Fatalf("%d %v", a.status, a.header)
			}
			if a := s.do("GET", "/api"+to, "", s.ann.byCookie()); !strings.Contains(a.body, `"name":"`+tt.want+`"`) {
				t.Errorf("%d %.300s", a.status, a.body)
			}
			if a := s.do("GET", to, "", s.ann.byCookie()); a.status != 200 {
				t.Errorf("editor: %d %.300s", a.status, a.body)
			}
		})
	}
	for name, content := range map[string]string{"no JSON": "hello", "no nodes": `{"name":"x"}`, "nothing": "", "a list": "[]", "bad nodes": `{"nodes":[1],"edges":[]}`} {
		t.Run(name, func(t *testing.T) {
			body, kind := form(t, "bad.json", content)
			a := s.do("POST", "/workflows/import", body, s.ann.byCookie("Content-Type", kind))
			cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
			if a.status != http.StatusSeeOther || a.header.Get("Location") != "/workflows" {
				t.Fatalf("%d %v", a.status, a.header)
			}
			if a := s.do("GET", "/workflows", "", header{"Cookie": s.ann.cookie + "; " + cookie}); !strings.Contains(a.body, "Not imported.") {
				t.Errorf("the list does not say why: %.300s", a.body)
			}
		})
	}
}

func TestFirstAccount(t *testing.T) {
	s := newSite(t)
	for _, p := range []person{s.ann, s.bob} {
		must(t, s.store.DeleteUser(t.Context(), flow.Owner(p.user.ID)))
	}
	for path, want := range map[string]string{"/": "/setup", "/workflows": "/setup", "/signin": "/setup"} {
		if a := s.do("GET", path, "", nil); a.status != 303 || a.header.Get("Location") != want {
			t.Errorf("%s: %d %q", path, a.status, a.header.Get("Location"))
		}
	}
	s.play(t, []scenario{
		{"page", "GET", "/setup", "", nil, 200, `name="email"`, ""},
		{"easy password", "POST", "/setup", "email=eve%40example.com&password=1234567890", nil, 422, `value="eve@example.com"`, ""},
		{"made", "POST", "/setup", "email=eve%40example.com&password=some+long+words+here", nil, 303, "", ""},
		{"only once", "GET", "/setup", "", nil, 303, "", ""},
	})
}
