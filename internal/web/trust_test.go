package web_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heddle/internal/web"
)

// raw sends bytes to the server as they are, and returns the whole answer and how much
// could be sent before the server had enough.
func (s *site) raw(head string, body int) (answer string, sent int) {
	s.t.Helper()
	c, err := net.DialTimeout("tcp", strings.TrimPrefix(s.url, "http://"), time.Second)
	must(s.t, err)
	defer c.Close()
	must(s.t, c.SetDeadline(time.Now().Add(10*time.Second)))
	_, _ = c.Write([]byte(head)) // the server may have had enough before the end
	got := make(chan string, 1)
	go func() {
		var b strings.Builder
		r := bufio.NewReader(c)
		for {
			line, err := r.ReadString('\n')
			b.WriteString(line)
			if err != nil {
				got <- b.String()
				return
			}
		}
	}()
	piece := []byte(strings.Repeat("x", 16<<10))
	for sent < body {
		select {
		case a := <-got:
			return a, sent
		case <-time.After(2 * time.Millisecond):
		}
		n, err := c.Write(piece)
		sent += n
		if err != nil {
			break
		}
	}
	return <-got, sent
}

// TestZ5_BodiesOfStrangersAreNotRead sends 4 MiB without a token, or with a wrong one,
// with and without saying how much: the server has read at most 64 KiB when it refuses.
func TestZ5_BodiesOfStrangersAreNotRead(t *testing.T) {
	s := newSite(t)
	s.listen()
	host := strings.TrimPrefix(s.url, "http://")
	for name, head := range map[string]string{
		"nobody":         "Content-Length: 4194304\r\n",
		"a wrong token":  "Content-Length: 4194304\r\nAuthorization: Bearer hdl_" + strings.Repeat("a", 52) + "\r\n",
		"an old cookie":  "Content-Length: 4194304\r\nCookie: heddle_session=" + strings.Repeat("a", 43) + "\r\n",
		"a large upload": "Content-Length: 26000000\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			got, sent := s.raw("POST /api/execute HTTP/1.1\r\nHost: "+host+"\r\nContent-Type: application/json\r\n"+head+"\r\n", 4<<20)
			if !strings.HasPrefix(got, "HTTP/1.1 401") || !strings.Contains(got, `"code":"unauthenticated"`) {
				t.Errorf("answered %.300q", got)
			}
			if sent > 3<<20 { // what the kernel's buffers took, the server did not read
				t.Errorf("%d bytes were taken", sent)
			}
		})
	}
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 32<<10, strings.Repeat("x", 32<<10))
	got, _ := s.raw("POST /api/execute HTTP/1.1\r\nHost: "+host+"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"+strings.Repeat(chunk, 4), 0)
	if !strings.HasPrefix(got, "HTTP/1.1 401") {
		t.Errorf("chunked: %.200q", got)
	}
	big := `{"name":"big","nodes":[],"edges":[],"description":"` + strings.Repeat("x", 3<<20) + `"}`
	got, _ = s.raw(fmt.Sprintf("POST /api/workflows HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nConnection: close\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n%s", host, s.ann.token, len(big), big), 0)
	if !strings.HasPrefix(got, "HTTP/1.1 422") {
		t.Errorf("3 MiB with a token: %.300q", got)
	}
	got, _ = s.raw(fmt.Sprintf("POST /api/workflows HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n", host, s.ann.token, 40<<20), 0)
	if !strings.HasPrefix(got, "HTTP/1.1 413") {
		t.Errorf("40 MiB with a token: %.300q", got)
	}
}

// TestB3_HeadersOnWhatCannotBeRead sends requests that reach no handler: their answers
// have the headers, and say nothing of what is inside.
func TestB3_HeadersOnWhatCannotBeRead(t *testing.T) {
	s := newSite(t)
	s.listen()
	for name, head := range map[string]string{
		"no HTTP":          "nonsense\r\n\r\n",
		"a long header":    "GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("x", 20<<10) + "\r\n\r\n",
		"a large body":     "POST /signin HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
		"two lengths":      "POST /signin HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
		"length and chunk": "POST /signin HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a broken chunk":   "POST /signin HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := s.raw(head, 0)
			if name == "length and chunk" && !strings.HasPrefix(got, "HTTP/1.1 4") && got != "" && !strings.Contains(got, "X-Content-Type-Options") {
				t.Errorf("%.300q", got)
				return
			}
			for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "X-Request-Id: req_"} {
				if !strings.Contains(got, h) {
					t.Errorf("no %s in %.700q", h, got)
				}
			}
			if strings.Contains(got, "fasthttp") || strings.Contains(got, "goroutine") {
				t.Errorf("it tells what is inside: %.400q", got)
			}
		})
	}
}

// TestN5_OnlyProxiesSayWhoAsks spoofs the client's address: without a trusted proxy
// the header does nothing, behind one only what the proxy added counts.
func TestN5_OnlyProxiesSayWhoAsks(t *testing.T) {
	if testing.Short() {
		t.Skip("-SHORT: one request after the other, nothing for the race detector")
	}
	asked := func(t *testing.T, trusted []string, forwarded func(i int) string) (limited bool) {
		s := newSite(t, func(c *web.Config) { c.RateAPI, c.TrustedProxies = 5, trusted })
		for i := range 10 {
			a := s.do("GET", "/api/openapi.json", "", header{"X-Forwarded-For": forwarded(i), "X-Real-Ip": fmt.Sprintf("198.51.100.%d", i)})
			limited = limited || a.status == 429
		}
		return limited
	}
	near := []string{"0.0.0.0/32", "10.0.0.0/8"} // 0.0.0.0 is who asks in tests
	for name, c := range map[string]struct {
		trusted []string
		from    func(i int) string
		limited bool
	}{
		"a header without a proxy":           {nil, func(i int) string { return fmt.Sprintf("203.0.113.%d", i) }, true},
		"another proxy":                      {[]string{"192.0.2.1"}, func(i int) string { return fmt.Sprintf("203.0.113.%d", i) }, true},
		"ten clients of our proxy":           {near, func(i int) string { return fmt.Sprintf("203.0.113.%d", i) }, false},
		"one client that invents addresses":  {near, func(i int) string { return fmt.Sprintf("203.0.113.%d, 198.51.100.7", i) }, true},
		"one that invents proxies of ours":   {near, func(i int) string { return fmt.Sprintf("203.0.113.%d, 198.51.100.7, 10.0.0.1, 10.2.0.1", i) }, true},
		"ten clients behind two proxies":     {near, func(i int) string { return fmt.Sprintf("6.6.6.6, 203.0.113.%d, 10.0.0.1", i) }, false},
		"nonsense in the header":             {near, func(i int) string { return fmt.Sprintf("nonsense-%d", i) }, true},
		"a /64 of IPv6":                      {near, func(i int) string { return fmt.Sprintf("2001:db8:1:2::%d", i) }, true},
		"ten networks of IPv6":               {near, func(i int) string { return fmt.Sprintf("2001:db8:1:%d::1", i) }, false},
		"IPv4 in IPv6 clothes, one and same": {near, func(int) string { return "::ffff:198.51.100.7" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := asked(t, c.trusted, c.from); got != c.limited {
				t.Errorf("limited: %v, want %v", got, c.limited)
			}
		})
	}
}

// TestN2_WrongTokensAreCounted tries tokens: after 60 in a minute the network waits.
func TestN2_WrongTokensAreCounted(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.RateAPI = 600 })
	for i := range 80 {
		a := s.do("GET", "/api/runs", "", header{"Authorization": fmt.Sprintf("Bearer hdl_%052d", i)})
		if want := map[bool]int{true: 401, false: 429}[i < 60]; a.status != want || want == 429 && a.header.Get("Retry-After") == "" {
			t.Fatalf("wrong token %d: %d %v", i, a.status, a.header)
		}
	}
	if a := s.do("GET", "/api/runs", "", s.ann.byToken()); a.status != 200 {
		t.Errorf("a good token from there: %d", a.status)
	}
}

// away is a shared count that cannot be reached.
type away struct{ calls atomic.Int32 }

func (a *away) Take(context.Context, string, int) (time.Duration, error) {
	a.calls.Add(1)
	return 0, errors.New("dial tcp 192.0.2.1:6379: refused")
}

// TestN3_SignInsFailClosed takes the shared count away: nobody is let in and no token
// is made, while those who are in go on.
func TestN3_SignInsFailClosed(t *testing.T) {
	gone := &away{}
	s := newSite(t, func(c *web.Config) { c.RateAPI, c.Shared = 600, gone })
	login := "email=ann%40example.com&password=correct+horse+battery"
	s.play(t, []scenario{
		{"sign-in", "POST", "/signin", login, nil, 503, "nobody is let in", "192.0.2.1"},
		{"sign-up", "POST", "/signup", login, nil, 503, "", "192.0.2.1"},
		{"a token", "POST", "/api/tokens", `{"name":"x"}`, s.ann.byCookie(), 503, `"code":"unavailable"`, "192.0.2.1"},
		{"a token by form", "POST", "/settings/tokens", "name=x", s.ann.byCookie(), 503, "", "192.0.2.1"},
		{"the page to sign in", "GET", "/signin", "", nil, 200, "Password", ""},
		{"who is in goes on", "GET", "/api/runs", "", s.ann.byToken(), 200, "", ""},
		{"and starts runs", "POST", "/api/execute", "{" + hello + "}", s.ann.byToken(), 202, "", ""},
	})
	if gone.calls.Load() == 0 {
		t.Error("the count was never asked")
	}
}

// inside are the things an error must not tell.
var inside = regexp.MustCompile(`(?i)select |insert |sqlite|database is|\.go:\d|goroutine|/tmp/|heddle\.db|127\.0\.0\.1|internal/store|bun:|context canceled|runtime error`)

// TestS7_ErrorsTellNothing breaks the database under every route, for everybody, until
// more than 200 errors were answered: each is an id and a sentence.
func TestS7_ErrorsTellNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("-SHORT: one request after the other, nothing for the race detector")
	}
	s := newSite(t)
	of := s.belongings()
	patterns := s.patterns()
	failed := 0
	for _, table := range []string{"workflows", "runs", "files", "users"} { // without users nobody is known either
		s.sql("ALTER TABLE " + table + " RENAME TO gone")
		for _, pattern := range patterns {
			for _, h := range []header{nil, s.ann.byCookie(), s.ann.byToken(), s.bob.byToken("Accept", "text/html")} {
				method, path := concrete(pattern, of)
				if pattern == "POST /signout" && table != "users" {
					continue
				}
				a := s.do(method, path, bodyOf(pattern, of), h)
				if a.status >= http.StatusInternalServerError {
					failed++
					checkInternal(t, pattern+" without "+table, path, a)
				}
			}
		}
		s.sql("ALTER TABLE gone RENAME TO " + table)
	}
	if failed < 200 {
		t.Errorf("only %d errors were answered", failed)
	}
	t.Logf("PROOF S7: %d internal errors answered, none tells a path, SQL, stack or address", failed)
}

func checkInternal(t *testing.T, what, path string, a answer) {
	t.Helper()
	if found := inside.FindString(a.body); found != "" {
		t.Errorf("%s: %d tells %q in %.400s", what, a.status, found, a.body)
	}
	probe := path == "/readyz" || path == "/api/health"
	if !strings.Contains(a.body, "req_") && !probe {
		t.Errorf("%s: %d has no id: %.300s", what, a.status, a.body)
	}
	if strings.HasPrefix(path, "/api/") && !probe && !strings.Contains(a.body, `"code":"internal"`) {
		t.Errorf("%s: %d is not in the API's form: %.300s", what, a.status, a.body)
	}
}
