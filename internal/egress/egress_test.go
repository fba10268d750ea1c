package egress_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heddle/internal/egress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server that ends with the test and returns its host:port.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func client(t *testing.T, c egress.Config) *http.Client {
	t.Helper()
	cl := egress.Client(c)
	t.Cleanup(cl.CloseIdleConnections)
	return cl
}

// forms are the ways to write an address that must not be reached.
var forms = []string{
	"http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://0/",
	"http://[fe80::1%25lo]/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/",
	"http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fc00::1]/", "http://[::]/", "http://0.0.0.0/",
	"http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://100.64.0.1/", "http://100.100.100.200/", "http://192.0.0.192/",
	"http://198.18.0.1/", "http://224.0.0.1/", "http://255.255.255.255/", "http://240.0.0.1/", "http://localhost/",
	"http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://203.0.113.1/", "http://8.8.8.8:22/",
	"http://[2001:db8::1]/", "http://[2001::1]/", "http://[ff02::1]/",
}

func TestForbiddenAddressesAreRefusedAlike(t *testing.T) {
	if len(forms) != 34 {
		t.Fatalf("%d forms, want 34", len(forms))
	}
	c := client(t, egress.Config{Timeout: 5 * time.Second})
	more := []string{"https://127.0.0.1/", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://127.0.0.1:6379/", "http://[::1]:443/"}
	for _, u := range append(more, forms...) {
		_, _, err := egress.Fetch(t.Context(), c, u, 1<<10)
		if !errors.Is(err, egress.ErrRefused) || err.Error() != egress.ErrRefused.Error() {
			t.Errorf("%s: %v, want the one refusal", u, err)
		}
		if cause := egress.Cause(err); cause == nil || strings.Contains(cause.Error(), "connect: ") || strings.Contains(cause.Error(), "timeout") {
			t.Errorf("%s: cause %v, want one from before any connection", u, cause)
		}
	}
}

// An open and a closed port of the machine itself must look the same.
func TestOpenPortLooksLikeClosedPort(t *testing.T) {
	var hits atomic.Int32
	open := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	for _, c := range []*http.Client{client(t, egress.Config{}), client(t, egress.Config{AllowHostPorts: []string{"127.0.0.1:1"}})} {
		for _, u := range []string{"http://" + open + "/", "http://localhost:" + open[strings.LastIndex(open, ":")+1:] + "/"} {
			if _, _, err := egress.Fetch(t.Context(), c, u, 10); !errors.Is(err, egress.ErrRefused) {
				t.Errorf("open port: %v, want a refusal", err)
			}
		}
		_, _, err := egress.Fetch(t.Context(), c, "http://127.0.0.1:1/", 10)
		if !errors.Is(err, egress.ErrRefused) || err.Error() != egress.ErrRefused.Error() {
			t.Errorf("closed port: %v, want the same refusal", err)
		}
	}
	if hits.Load() != 0 {
		t.Errorf("the listener was reached %d times", hits.Load())
	}
}

func TestAllowedHostPortIsReached(t *testing.T) {
	hp := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = io.WriteString(w, "body {}")
	})
	for name, c := range map[string]egress.Config{
		"listed": {AllowHostPorts: []string{"example.com:80", " " + hp + " "}}, "loopback": {AllowLoopback: true},
	} {
		data, kind, err := egress.Fetch(t.Context(), client(t, c), "http://"+hp+"/x", 100)
		if err != nil || string(data) != "body {}" || kind != "text/css" {
			t.Errorf("%s: %q %q %v", name, data, kind, err)
		}
	}
}

func TestLoopbackAloneOpensNothingElse(t *testing.T) {
	c := client(t, egress.Config{AllowLoopback: true})
	for _, u := range []string{"http://169.254.169.254/", "http://10.0.0.1/", "http://192.168.1.1:8080/", "http://[fe80::1%25lo]/"} {
		if _, _, err := egress.Fetch(t.Context(), c, u, 10); !errors.Is(err, egress.ErrRefused) {
			t.Errorf("%s: %v, want a refusal", u, err)
		}
	}
}

func TestRedirectsAreGuarded(t *testing.T) {
	var hits atomic.Int32
	private := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	for _, target := range []string{"http://169.254.169.254/latest/meta-data/", "http://" + private + "/", "file:///etc/passwd", "http://[::1]/"} {
		hp := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, http.StatusFound) })
		c := client(t, egress.Config{AllowHostPorts: []string{hp}})
		if _, _, err := egress.Fetch(t.Context(), c, "http://"+hp+"/", 10); !errors.Is(err, egress.ErrRefused) {
			t.Errorf("redirect to %s: %v, want a refusal", target, err)
		}
	}
	if hits.Load() != 0 {
		t.Error("the private listener was reached")
	}
}

func TestAtMostFiveRedirects(t *testing.T) {
	for hops, want := range map[int]error{5: nil, 6: egress.ErrTooManyRedirects} {
		hp := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n := len(r.URL.Path) - 1; n < hops {
				http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
			}
		})
		c := client(t, egress.Config{AllowHostPorts: []string{hp}})
		if _, _, err := egress.Fetch(t.Context(), c, "http://"+hp+"/", 10); !errors.Is(err, want) {
			t.Errorf("%d redirects: %v, want %v", hops, err, want)
		}
	}
}

// Credentials go to the host they are meant for, and not to where it redirects,
// nor back again from there.
func TestCredentialsStayWithTheirHost(t *testing.T) {
	type visit struct{ auth, key, cookie, accept string }
	visits := map[string]visit{}
	note := func(name string, r *http.Request) {
		visits[name] = visit{r.Header.Get("Authorization"), r.Header.Get("X-Api-Key"), r.Header.Get("Cookie"), r.Header.Get("Accept")}
	}
	var a, b string
	a = serve(t, func(w http.ResponseWriter, r *http.Request) {
		note("a"+r.URL.Path, r)
		switch r.URL.Path {
		case "/start":
			http.Redirect(w, r, "/same", http.StatusFound)
		case "/same":
			http.Redirect(w, r, "http://"+b+"/", http.StatusFound)
		}
	})
	b = serve(t, func(w http.ResponseWriter, r *http.Request) {
		note("b", r)
		http.Redirect(w, r, "http://"+a+"/back", http.StatusFound)
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+a+"/start", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer s"}, "X-Api-Key": {"k"}, "Cookie": {"c=1"}, "Accept": {"text/plain"}}
	resp, err := client(t, egress.Config{AllowHostPorts: []string{a, b}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	full, bare := visit{"Bearer s", "k", "c=1", "text/plain"}, visit{accept: "text/plain"}
	for name, want := range map[string]visit{"a/start": full, "a/same": full, "b": bare, "a/back": bare} {
		if got, ok := visits[name]; !ok || got != want {
			t.Errorf("%s saw %+v (%v), want %+v", name, got, ok, want)
		}
	}
}

func TestBodyIsCapped(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 1<<20))
	_ = z.Close()
	hp := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		case "/chunked":
			_, _ = io.WriteString(w, "0123")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "456789")
		default:
			_, _ = io.WriteString(w, "0123456789")
		}
	})
	for path, c := range map[string]struct {
		capped, max int64
		want        error
	}{
		"/exact": {10, 10, nil}, "/long": {9, 99, egress.ErrTooLarge}, "/fetch": {0, 9, egress.ErrTooLarge},
		"/chunked": {9, 99, egress.ErrTooLarge}, "/gzip": {64 << 10, 1 << 30, egress.ErrTooLarge},
	} {
		cl := client(t, egress.Config{AllowHostPorts: []string{hp}, MaxBody: c.capped})
		if data, _, err := egress.Fetch(t.Context(), cl, "http://"+hp+path, c.max); !errors.Is(err, c.want) || (c.want == nil) != (len(data) == 10) {
			t.Errorf("%s: %d bytes, %v, want %v", path, len(data), err, c.want)
		}
	}
}

func TestFetchErrors(t *testing.T) {
	hp := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			return
		}
		w.WriteHeader(http.StatusTeapot)
	})
	cl := client(t, egress.Config{AllowHostPorts: []string{hp}})
	_, _, err := egress.Fetch(t.Context(), cl, "http://"+hp+"/", 10)
	if e, ok := errors.AsType[*egress.StatusError](err); !ok || e.Status != http.StatusTeapot || strings.Contains(err.Error(), hp) {
		t.Errorf("error = %v, want status 418 without the address", err)
	}
	why := errors.New("stopped")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(why)
	if _, _, err = egress.Fetch(ctx, cl, "http://"+hp+"/slow", 10); !errors.Is(err, why) {
		t.Errorf("error = %v, want the cause of the context", err)
	}
	hasty := client(t, egress.Config{AllowHostPorts: []string{hp}, HeaderTimeout: 50 * time.Millisecond})
	if _, _, err = egress.Fetch(t.Context(), hasty, "http://"+hp+"/slow", 10); !errors.Is(err, egress.ErrRefused) {
		t.Errorf("error = %v, want the refusal after the header timeout", err)
	}
	if _, _, err = egress.Fetch(t.Context(), cl, "http://bad host/%zz", 10); !errors.Is(err, egress.ErrRefused) {
		t.Errorf("error = %v, want the refusal of a bad address", err)
	}
}

func TestNoProxyFromTheEnvironment(t *testing.T) {
	var proxied atomic.Int32
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { proxied.Add(1) })
	t.Setenv("HTTP_PROXY", "http://"+proxy)
	t.Setenv("ALL_PROXY", "http://"+proxy)
	_, _, err := egress.Fetch(t.Context(), client(t, egress.Config{AllowHostPorts: []string{proxy}}), "http://10.0.0.1/", 10)
	if !errors.Is(err, egress.ErrRefused) || proxied.Load() != 0 {
		t.Errorf("error = %v, proxied = %d", err, proxied.Load())
	}
}
