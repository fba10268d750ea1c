package web_test

import (
	"strings"
	"testing"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

// TestS6_WhatIsWritten does everything that belongs into the audit log and reads it,
// as JSON and as a page. It holds no secret and nothing of anybody else.
func TestS6_WhatIsWritten(t *testing.T) {
	s := newSite(t)
	wf := s.workflow(s.ann, "Exported")
	signIn := func(password string) { s.do("POST", "/signin", "email=ann%40example.com&password="+password, nil) }
	signIn("wrong+password")
	signIn("correct+horse+battery")
	token := decode[struct{ Token struct{ ID string } }](t, s.do("POST", "/api/tokens", `{"name":"t"}`, s.ann.byCookie())).Token.ID
	for _, r := range [][3]string{
		{"PUT", "/api/secrets/SHOP", `{"value":"very-secret-value","hosts":["shop.example"]}`},
		{"DELETE", "/api/secrets/SHOP", ""},
		{"DELETE", "/api/tokens/" + token, ""},
		{"GET", "/workflows/" + wf + "/export", ""},
		{"DELETE", "/api/workflows/" + wf, ""},
		{"POST", "/workflows/" + wf + "/restore", ""},
		{"POST", "/settings/password", "old=correct+horse+battery&new=a+new+and+longer+one"},
		{"POST", "/signout", ""},
	} {
		if a := s.do(r[0], r[1], r[2], s.ann.byCookie()); a.status >= 400 {
			t.Errorf("%v: %d %.200s", r, a.status, a.body)
		}
	}
	signIn("a+new+and+longer+one")
	secret, _, err := s.identity.StartSession(t.Context(), s.ann.user, identity.StartSession{})
	must(t, err)
	again := header{"Cookie": "heddle_session=" + secret}
	a := s.do("GET", "/api/audit?limit=100", "", again)
	out := decode[struct {
		Entries []flow.AuditEntry
	}](t, a)
	seen := map[flow.AuditAction]flow.AuditEntry{}
	for _, e := range out.Entries {
		seen[e.Action] = e
	}
	for action, target := range map[flow.AuditAction]string{
		flow.AuditAccountCreated: "", flow.AuditSignIn: "", flow.AuditSignInRefused: "", flow.AuditSignOut: "", flow.AuditPasswordChanged: "", flow.AuditTokenCreated: "tok_", flow.AuditTokenDeleted: token,
		flow.AuditSecretKept: "SHOP", flow.AuditSecretDeleted: "SHOP", flow.AuditWorkflowExported: wf, flow.AuditWorkflowDeleted: wf, flow.AuditWorkflowRestored: wf,
	} {
		e, ok := seen[action]
		if !ok || !strings.HasPrefix(e.Target, target) || len(e.Hash) != 64 {
			t.Errorf("%s: %+v", action, e)
		}
	}
	if e := seen[flow.AuditSecretKept]; e.Via != flow.ViaSession || e.IP == "" || !strings.HasPrefix(e.RequestID, "req_") {
		t.Errorf("where it came from is missing: %+v", e)
	}
	page := s.do("GET", "/settings/activity", "", again)
	if page.status != 200 || !strings.Contains(page.body, "Sign-in refused") || !strings.Contains(page.body, "Workflow exported") {
		t.Errorf("the page: %d", page.status)
	}
	for _, body := range []string{a.body, page.body} {
		if strings.Contains(body, "very-secret") || strings.Contains(body, "horse") || strings.Contains(body, s.bob.user.ID.String()) {
			t.Errorf("it tells too much: %.500s", body)
		}
	}
	bob := s.do("GET", "/api/audit", "", s.bob.byCookie())
	if strings.Contains(bob.body, wf) || strings.Contains(bob.body, "SHOP") {
		t.Errorf("Bob reads what Ann did: %s", bob.body)
	}
	if n, err := s.store.CheckAudit(t.Context(), nil); err != nil || n < 15 {
		t.Errorf("%d entries, %v", n, err)
	}
	for action := range seen {
		if action.Word() == "" {
			t.Errorf("%s has no word for people", action)
		}
	}
}
