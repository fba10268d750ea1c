//go:build browser

package browser_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// site is one running heddle with a fresh database.
type site struct {
	t   *testing.T
	url string
	dir string
	env []string
	cmd *exec.Cmd
	log lockedBuffer
	tok string
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const binary = "../../../bin/heddle"

func newSite(t *testing.T, env ...string) *site {
	t.Helper()
	bin, err := filepath.Abs(binary)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(bin); err != nil {
		t.Fatalf("build the program first (go tool task build): %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &site{t: t, url: "http://" + addr, dir: dir}
	s.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "DATABASE_URL=file:" + filepath.Join(dir, "heddle.db"),
		"HEDDLE_ADDR=" + addr, "HEDDLE_BASE_URL=" + s.url, "HEDDLE_RATE_API=0", "HEDDLE_RATE_RUNS=0",
	}, env...)
	s.start(bin)
	return s
}

func (s *site) start(bin string) {
	s.cmd = exec.Command(bin, "serve")
	s.cmd.Env, s.cmd.Dir, s.cmd.Stderr = s.env, s.dir, &s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		if s.t.Failed() {
			s.t.Logf("server log:\n%s", s.log.String())
		}
	})
	s.until("the server is ready", func() bool {
		res, err := http.Get(s.url + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

func (s *site) until(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			s.t.Fatalf("waited 20 s until %s", what)
		case <-tick.C:
		}
	}
}

func (s *site) cli(stdin string, args ...string) string {
	s.t.Helper()
	bin, err := filepath.Abs(binary)
	if err != nil {
		s.t.Fatal(err)
	}
	c := exec.Command(bin, args...)
	c.Env, c.Dir, c.Stdin = s.env, s.dir, strings.NewReader(stdin)
	out, err := c.Output()
	if err != nil {
		s.t.Fatalf("heddle %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// The account that the tests sign in with.
const (
	email    = "ann@example.com"
	password = "correct horse battery"
)

// account makes the account and a token for the API.
func (s *site) account() {
	s.t.Helper()
	s.cli(password+"\n", "user", "create", "--email", email, "--password-stdin")
	s.tok = s.cli("", "token", "create", "--email", email, "--name", "browser test")
}

// api calls the JSON API with the token.
func (s *site) api(method, path string, body, out any) {
	s.t.Helper()
	var payload io.Reader = http.NoBody
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		payload = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, s.url+path, payload)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.tok)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %d %s %v", method, path, res.StatusCode, raw, err)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			s.t.Fatal(err)
		}
	}
}

// page is one browser tab. Whatever the page writes to the console as an error
// fails the test.
type page struct {
	*site
	ctx   context.Context
	theme string
}

// browser starts a browser of its own and returns its first tab.
func (s *site) browser(theme string) *page {
	s.t.Helper()
	path := "chromium"
	if p := os.Getenv("CHROMIUM"); p != "" {
		path = p
	}
	full, err := exec.LookPath(path)
	if err != nil {
		s.t.Fatalf("these tests need chromium (apt-get install chromium, or set CHROMIUM): %v", err)
	}
	alloc, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(full), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-quic", true),
		chromedp.WindowSize(1440, 900))
	s.t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc)
	s.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		s.t.Fatal(err)
	}
	return s.tab(ctx, theme)
}

// second opens another tab of the same browser.
func (p *page) second() *page {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		p.t.Fatal(err)
	}
	return p.tab(ctx, p.theme)
}

func (s *site) tab(ctx context.Context, theme string) *page {
	p := &page{site: s, ctx: ctx, theme: theme}
	ready := make(chan struct{})
	var watching sync.Once
	go func() {
		watching.Do(func() { close(ready) })
		for m, err := range chromedp.Console(ctx) {
			if err != nil {
				if ctx.Err() == nil && !errors.Is(err, context.Canceled) {
					s.t.Logf("console: %v", err)
				}
				return
			}
			if text := fmt.Sprintf("%+v", m); strings.Contains(strings.ToLower(text), "error") && !expected(text) {
				s.t.Errorf("the page reports: %s", text)
			}
		}
	}()
	<-ready
	return p
}

// expected are console messages that a test provokes on purpose.
func expected(text string) bool {
	return strings.Contains(text, "status of 409") || strings.Contains(text, "status of 422") || strings.Contains(text, "status of 404")
}

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.shot("failed")
		p.t.Fatal(err)
	}
}

func (p *page) open(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.url + path))
	if p.theme != "" {
		p.wait("the document is there", `document.documentElement && (document.documentElement.dataset.theme = "`+p.theme+`")`)
	}
}

func (p *page) click(sel string) { p.t.Helper(); p.do(chromedp.Click(chromedp.CSS(sel))) }
func (p *page) typed(sel, text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(sel), text))
}
func (p *page) visible(sel string) { p.t.Helper(); p.do(chromedp.WaitVisible(chromedp.CSS(sel))) }
func (p *page) keys(k string, o ...chromedp.KeyOption) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(k, o...))
}

// before runs a script in every page of the tab before the page's own scripts.
func (p *page) before(script string) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		p.t.Fatal(err)
	}
}

// paste puts text into the field that has the focus, as a paste does.
func (p *page) paste(text string) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		p.t.Fatal(err)
	}
}

// eval returns the value of a JavaScript expression.
func eval[T any](p *page, expression string, o ...chromedp.EvaluateOption) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, o...))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// holds evaluates a condition. While the page is just being left it does not hold.
func (p *page) holds(check string) bool {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](check, chromedp.EvalAwaitPromise))
	if err != nil && !strings.Contains(err.Error(), "navigated or closed") && !strings.Contains(err.Error(), "context was destroyed") {
		p.t.Fatalf("%s: %v", check, err)
	}
	return ok && err == nil
}

// wait waits until a JavaScript expression is true.
func (p *page) wait(what, expression string) {
	p.t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	check := "(async () => { try { return Boolean(" + expression + ") } catch { return false } })()" // a page that is just loading has no body
	for !p.holds(check) {
		select {
		case <-deadline:
			p.shot("failed")
			p.t.Fatalf("waited 20 s until %s; the page says:\n%s", what, eval[string](p, "document.body.innerText.slice(0, 2000)"))
		case <-tick.C:
		}
	}
}

// shot saves a picture of the window into $HEDDLE_SHOTS, when that is set.
func (p *page) shot(name string) {
	dir := os.Getenv("HEDDLE_SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Logf("screenshot %s: %v", name, err)
		return
	}
	file := filepath.Join(dir, strings.ReplaceAll(p.t.Name(), "/", "_")+"-"+name+".png")
	if err := os.WriteFile(file, png, 0o600); err != nil {
		p.t.Log(err)
	}
}

// signIn signs in through the page.
func (p *page) signIn() {
	p.t.Helper()
	p.open("/signin")
	p.typed(`input[name="email"]`, email)
	p.typed(`input[name="password"]`, password)
	p.click(`form[action="/signin"] button[type="submit"]`)
	p.wait("the list is shown", `location.pathname === "/workflows"`)
}

// box returns the middle of an element in the window.
func (p *page) box(js string) (x, y float64) {
	p.t.Helper()
	r := eval[[]float64](p, `(() => { const r = (`+js+`).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()`)
	return r[0], r[1]
}

// drag presses at one place and releases at another, as a hand does.
func (p *page) drag(x0, y0, x1, y1 float64) {
	p.t.Helper()
	p.do(chromedp.DragAndDropXY(x0, y0, x1, y1, 12))
}
