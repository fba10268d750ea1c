package web

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"heddle/internal/flow"
)

// FuzzBody checks bodies: what passes is one JSON object for the standard library
// too, and what does not is the client's mistake.
func FuzzBody(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":{"b":[1,"x",null,true]}}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `[]`, `{} {}`, `{"a":`, strings.Repeat(`{"a":`, 80), "\xef\xbb\xbf{}", `{"a":1e999}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		err := scanJSON(body)
		if err != nil {
			if flow.KindOf(err) != flow.Malformed {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		if !json.Valid(body) {
			t.Errorf("%q passes, and is no JSON", body)
		}
	})
}

// FuzzForwarded reads X-Forwarded-For behind a trusted proxy: the answer is always an
// address, and never one of the proxies unless nobody else is named.
func FuzzForwarded(f *testing.F) {
	for _, s := range []string{"", "203.0.113.7", "203.0.113.7, 10.0.0.1", "a, b", "::1", "[2001:db8::1]:80", "fe80::1%eth0", strings.Repeat("10.0.0.1,", 500)} {
		f.Add(s)
	}
	s, app := &Server{proxies: newProxies([]string{"0.0.0.0", "10.0.0.0/8"})}, fiber.New()
	f.Fuzz(func(t *testing.T, header string) {
		ctx := &fasthttp.RequestCtx{}
		ctx.Request.Header.Set(fiber.HeaderXForwardedFor, header)
		c := app.AcquireCtx(ctx)
		defer app.ReleaseCtx(c)
		ip := s.clientIP(c)
		if _, err := netip.ParseAddr(ip); err != nil {
			t.Errorf("%q gives %q", header, ip)
		}
		network(ip)
	})
}

// FuzzPath reads paths that lead back after a form: none leaves this site.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"/runs", "//evil.test", `/\evil.test`, "https://evil.test", "/a\r\nSet-Cookie: x", "/signin", "javascript:alert(1)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, p string) {
		to := nextPath(p)
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) || strings.ContainsAny(to, "\r\n") {
			t.Errorf("%q leads to %q", p, to)
		}
	})
}
