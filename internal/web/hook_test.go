package web_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
	"heddle/internal/web"
)

// orders is a workflow with inputs that a message fills.
const orders = `"nodes":[{"id":"all","type":"input","data":{"name":"body"}},{"id":"head","type":"input","data":{"name":"headers"}},{"id":"ask","type":"input","data":{"name":"query"}},` +
	`{"id":"n","type":"input","data":{"name":"number"}},{"id":"q","type":"input","data":{"name":"shop","value":"none"}},{"id":"rest","type":"input","data":{"name":"other","value":"as it was"}}],"edges":[]`

type hookMade struct {
	Webhook flow.Hook
	Path    string
	Secret  string
}

// hook makes a webhook of Ann's for a workflow.
func (s *site) hook(workflow, kind, more string) hookMade {
	s.t.Helper()
	a := s.do("POST", "/api/webhooks", fmt.Sprintf(`{"name":"orders","workflowId":%q,"kind":%q%s}`, workflow, kind, more), s.ann.byCookie())
	if a.status != http.StatusCreated {
		s.t.Fatalf("%d %s", a.status, a.body)
	}
	return decode[hookMade](s.t, a)
}

func (s *site) create(graph string) string {
	s.t.Helper()
	a := s.do("POST", "/api/workflows", `{"name":"orders",`+graph+`}`, s.ann.byToken())
	if a.status != http.StatusCreated {
		s.t.Fatalf("%d %s", a.status, a.body)
	}
	return decode[struct{ Workflow struct{ ID string } }](s.t, a).Workflow.ID
}

func sign(key []byte, parts ...string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(strings.Join(parts, "")))
	return m.Sum(nil)
}

// standard signs a message by the Standard Webhooks rules.
func standard(secret, id, body string) header {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	at := strconv.FormatInt(time.Now().Unix(), 10)
	return header{"Webhook-Id": id, "Webhook-Timestamp": at, "Webhook-Signature": "v1," + base64.StdEncoding.EncodeToString(sign(key, id, ".", at, ".", body))}
}

// outputs waits for a run and returns what its steps gave, as JSON.
func (s *site) outputs(run string) map[string]string {
	s.t.Helper()
	if st := s.ended(s.ann, run); st != flow.RunSuccess {
		s.t.Fatalf("the run is %s", st)
	}
	out := map[string]string{}
	for _, r := range s.detail(s.ann, run).NodeResults {
		out[r.NodeID] = string(r.Output["value"].Raw())
	}
	return out
}

type taken struct{ RunID, Ignored, Challenge string }

func TestH1_AMessageStartsARun(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.RateAPI, c.RateRuns = 0, 0 })
	h := s.hook(s.create(orders), "standard", "")
	if h.Path != h.Webhook.Path() || !strings.HasPrefix(h.Secret, "whsec_") || !h.Webhook.HasSecret {
		t.Fatalf("%+v", h)
	}
	body := `{"number":7,"items":["a","b"]}`
	a := s.do("POST", h.Path+"?shop=berlin", body, with(standard(h.Secret, "msg_1", body), []string{"Authorization", "Bearer of-the-sender", "X-Trace", "t1", "Origin", "https://elsewhere.example"}))
	if a.status != http.StatusAccepted {
		t.Fatalf("%d %s", a.status, a.body)
	}
	run := decode[taken](t, a).RunID
	got := s.outputs(run)
	head := got["head"]
	delete(got, "head")
	if d := cmp.Diff(map[string]string{"all": body, "ask": `{"shop":"berlin"}`, "n": "7", "q": `"berlin"`, "rest": `"as it was"`}, got); d != "" {
		t.Error(d)
	}
	if !strings.Contains(head, `"x-trace":"t1"`) || strings.Contains(head, "of-the-sender") || strings.Contains(head, "v1,") {
		t.Errorf("headers: %s", head)
	}
	if r := s.detail(s.ann, run); r.Source != flow.SourceWebhook || r.UserID != s.ann.user.ID {
		t.Errorf("%s of %s", r.Source, r.UserID)
	}
	for name, m := range map[string]answer{
		"a copy with another body": s.do("POST", h.Path, `{"number":8}`, standard(h.Secret, "msg_2", body)),
		"no signature":             s.do("POST", h.Path, body, nil),
		"the owner's cookie alone": s.do("POST", h.Path, body, s.ann.byCookie()),
		"no such webhook":          s.do("POST", "/hooks/"+string(flow.NewID(flow.HookPrefix)), body, standard(h.Secret, "msg_3", body)),
		"no id at all":             s.do("POST", "/hooks/x", body, standard(h.Secret, "msg_3", body)),
	} {
		if m.status != http.StatusUnauthorized || strings.Contains(m.body, "orders") {
			t.Errorf("%s: %d %s", name, m.status, m.body)
		}
	}
	list := decode[struct{ Webhooks []flow.Hook }](t, s.do("GET", "/api/webhooks", "", s.ann.byCookie()))
	if w := list.Webhooks[0]; w.LastUsedAt == nil || w.LastRefusedAt == nil || w.Refusal == "" {
		t.Errorf("the owner is not told: %+v", w)
	}
	if a := s.do("GET", "/settings", "", s.ann.byCookie()); strings.Contains(a.body, h.Secret) || !strings.Contains(a.body, h.Path) {
		t.Error("the page shows the secret again, or not the address")
	}
}

func TestH1_EverySender(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.RateAPI, c.RateRuns = 0, 0 })
	wf := s.create(orders)
	at := strconv.FormatInt(time.Now().Unix(), 10)
	const secret, event = "a secret of theirs", `{"id":"evt_1","type":"charge"}`
	hexed := func(parts ...string) string { return hex.EncodeToString(sign([]byte(secret), parts...)) }
	post := func(h hookMade, body string, head header, status int) taken {
		t.Helper()
		a := s.do("POST", h.Path, body, head)
		if a.status != status {
			t.Fatalf("%s: %d %s", h.Webhook.Kind, a.status, a.body)
		}
		return decode[taken](t, a)
	}
	github := s.hook(wf, "github", `,"secret":"`+secret+`"`)
	if github.Secret != "" {
		t.Error("a secret that was given is answered")
	}
	if got := post(github, event, header{"X-GitHub-Event": "ping", "X-Hub-Signature-256": "sha256=" + hexed(event)}, 200); got.Ignored != "ping" || got.RunID != "" {
		t.Errorf("%+v", got)
	}
	s.outputs(post(github, event, header{"X-GitHub-Event": "push", "X-GitHub-Delivery": "1", "X-Hub-Signature-256": "sha256=" + hexed(event)}, 202).RunID)

	stripe := s.hook(wf, "stripe", "")
	head := header{"Stripe-Signature": "t=" + at + ",v1=" + hexed(at, ".", event)}
	if stripe.Webhook.HasSecret {
		t.Error("Stripe's secret is there before Stripe gave it")
	}
	post(stripe, event, head, 401)
	id := string(stripe.Webhook.ID)
	if a := s.do("PUT", "/api/webhooks/"+id, `{"secret":"`+secret+`"}`, s.ann.byCookie()); a.status != 200 || strings.Contains(a.body, secret) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	first := post(stripe, event, head, 202).RunID
	if again := post(stripe, event, head, 202).RunID; again != first {
		t.Error("a copy of Stripe's event started another run")
	}
	if a := s.do("PUT", "/api/webhooks/"+id, `{"enabled":false}`, s.ann.byCookie()); a.status != 200 {
		t.Fatal(a.body)
	}
	post(stripe, event, head, 403)

	slack := s.hook(wf, "slack", `,"secret":"`+secret+`"`)
	hello := `{"type":"url_verification","challenge":"c1"}`
	if got := post(slack, hello, header{"X-Slack-Request-Timestamp": at, "X-Slack-Signature": "v0=" + hexed("v0:", at, ":", hello)}, 200); got.Challenge != "c1" {
		t.Errorf("%+v", got)
	}
	command := "number=9&text=hi"
	got := s.outputs(post(slack, command, header{"X-Slack-Request-Timestamp": at, "X-Slack-Signature": "v0=" + hexed("v0:", at, ":", command)}, 202).RunID)
	if got["n"] != `"9"` || got["all"] != `{"number":"9","text":"hi"}` {
		t.Errorf("%v", got)
	}

	free := s.hook(wf, "unsigned", "")
	if len(free.Path)-len(free.Webhook.Path()) < 33 || free.Secret != "" {
		t.Errorf("%+v", free)
	}
	if got := s.outputs(post(free, "plain words", header{"Content-Type": "text/plain"}, 202).RunID); got["all"] != `"plain words"` {
		t.Errorf("%v", got)
	}
	free.Path = free.Webhook.Path()
	post(free, event, nil, 401)
	free.Path += "/" + strings.Repeat("0", 64)
	post(free, event, nil, 401)
}

func TestH1_BadMessages(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.RateAPI, c.RateRuns, c.RateHooks = 0, 0, 3 })
	wf := s.create(orders)
	h := s.hook(wf, "unsigned", "")
	for body, status := range map[string]int{`{"a":`: 400, strings.Repeat("[", 100) + strings.Repeat("]", 100): 400, `{"a":1,"a":2}`: 400} {
		if a := s.do("POST", h.Path, body, nil); a.status != status {
			t.Errorf("%.20q: %d %s", body, a.status, a.body)
		}
	}
	if a := s.do("POST", h.Path, `{}`, nil); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("after three: %d %s", a.status, a.body)
	}
	for body, want := range map[string]string{
		`{"name":"","workflowId":"` + wf + `"}`: "name", `{"name":"x","workflowId":""}`: "workflowId", `{"name":"x","workflowId":"` + wf + `","secret":"short"}`: "secret",
		`{"name":"x","workflowId":"` + wf + `","kind":"unsigned","secret":"` + strings.Repeat("x", 40) + `"}`: "secret",
	} {
		if a := s.do("POST", "/api/webhooks", body, s.ann.byCookie()); a.status != 422 || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if a := s.do("POST", "/api/webhooks", `{"name":"x","workflowId":"`+wf+`"}`, s.bob.byCookie()); a.status != 403 {
		t.Errorf("another's workflow: %d %s", a.status, a.body)
	}
}

// TestH2_CopiesAtOnce sends one message 100 times at once.
func TestH2_CopiesAtOnce(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.RateAPI, c.RateRuns = 0, 0 })
	h := s.hook(s.create(orders), "standard", "")
	head, ids := standard(h.Secret, "msg_1", `{}`), make([]string, 100)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			a := s.do("POST", h.Path, `{}`, head)
			if ids[i] = decode[taken](t, a).RunID; a.status != http.StatusAccepted {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("two runs: %s and %s", id, ids[0])
		}
	}
	runs := decode[struct{ Pagination flow.Pagination }](t, s.do("GET", "/api/runs?source=webhook", "", s.ann.byToken()))
	if runs.Pagination.Total != 1 {
		t.Errorf("%d runs", runs.Pagination.Total)
	}
}

// TestHookPage does by forms what the API does.
func TestHookPage(t *testing.T) {
	s := newSite(t)
	wf := s.create(orders)
	a := s.do("POST", "/settings/webhooks", "name=orders&kind=standard&workflowId="+wf, s.ann.byCookie())
	if a.status != 200 || !strings.Contains(a.body, "whsec_") || !strings.Contains(a.body, "http://heddle.test/hooks/hook_") {
		t.Fatalf("%d %.600s", a.status, a.body)
	}
	list := decode[struct{ Webhooks []flow.Hook }](t, s.do("GET", "/api/webhooks", "", s.ann.byCookie())).Webhooks
	path := "/settings/webhooks/" + string(list[0].ID)
	if a := s.do("POST", path, "do=off", s.ann.byCookie()); a.status != 303 {
		t.Errorf("%d", a.status)
	}
	if a := s.do("GET", "/settings", "", s.ann.byCookie()); !strings.Contains(a.body, "Switch on") || strings.Contains(a.body, "whsec_") {
		t.Error("not off, or the secret is shown again")
	}
	if a := s.do("POST", path, "do=secret&secret=short", s.ann.byCookie()); a.status != 422 || !strings.Contains(a.body, "Standard Webhooks rules") {
		t.Errorf("%d", a.status)
	}
	if a := s.do("POST", "/settings/webhooks", "name=&kind=standard&workflowId="+wf, s.ann.byCookie()); a.status != 422 || !strings.Contains(a.body, "1 to 100 characters") {
		t.Errorf("%d", a.status)
	}
	if a := s.do("POST", path+"/delete", "", s.bob.byCookie()); a.status != 404 {
		t.Errorf("Bob deletes it: %d", a.status)
	}
	if a := s.do("POST", path+"/delete", "", s.ann.byCookie()); a.status != 303 {
		t.Errorf("%d", a.status)
	}
}

// TestH3_TheRunIsOnDisk looks into the database file at the moment of the answer.
func TestH3_TheRunIsOnDisk(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.RateAPI, c.RateRuns = 0, 0 })
	h := s.hook(s.create(gated), "unsigned", "")
	for range 20 {
		a := s.do("POST", h.Path, `{}`, nil)
		id := flow.ID(decode[taken](t, a).RunID)
		if a.status != http.StatusAccepted || len(s.rowsOf(s.ann.user.ID)["runs"]) == 0 || !strings.Contains(fmt.Sprint(s.rowsOf(s.ann.user.ID)["runs"]), id.String()) {
			t.Fatalf("%d, and the run %q is not in the file", a.status, id)
		}
		if a := s.do("POST", "/api/runs/"+id.String()+"/cancel", "", s.ann.byToken()); a.status != http.StatusAccepted {
			t.Fatal(a.body)
		}
	}
}

// TestZ5_LargeMessages sends more than a stranger may to a webhook that exists, and to
// one that does not.
func TestZ5_LargeMessages(t *testing.T) {
	s := newSite(t)
	s.listen()
	h := s.hook(s.create(orders), "unsigned", "")
	post := func(path string, n int) int {
		res, err := http.Post(s.url+path, "text/plain", strings.NewReader(strings.Repeat("x", n)))
		if err != nil {
			return 0 // cut off in the middle
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	if got := post(h.Path, 900<<10); got != http.StatusAccepted {
		t.Errorf("900 KiB: %d", got)
	}
	if got := post(h.Path, flow.MaxHookMessage+1); got != http.StatusRequestEntityTooLarge && got != 0 {
		t.Errorf("over 1 MiB: %d", got)
	}
	if got := post("/hooks/"+string(flow.NewID(flow.HookPrefix)), 100<<10); got != http.StatusUnauthorized && got != 0 {
		t.Errorf("to no webhook: %d", got)
	}
}
