package egress_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"heddle/internal/egress"
)

// resolver is a DNS server on loopback that gives another answer each time.
type resolver struct {
	conn    net.PacketConn
	mu      sync.Mutex
	answers [][]netip.Addr // of the name's lookups, one after the other; the last one stays
	asked   int
}

// useResolver answers the lookups of this process until the test ends.
func useResolver(t *testing.T) *resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r, former := &resolver{conn: conn}, net.DefaultResolver
	done := make(chan struct{})
	go func() { defer close(done); r.serve() }()
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = former
		_ = conn.Close()
		<-done
	})
	return r
}

func (r *resolver) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := r.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		out, err := r.answer(m)
		if err == nil {
			_, _ = r.conn.WriteTo(out, from)
		}
	}
}

// answer gives IPv4 addresses to A and IPv6 ones to AAAA; both belong to one lookup.
func (r *resolver) answer(m dnsmessage.Message) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := m.Questions[0]
	now := r.answers[min(r.asked/2, len(r.answers)-1)]
	r.asked++
	m.Response, m.Authoritative = true, true
	head := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 0}
	for _, a := range now {
		switch {
		case q.Type == dnsmessage.TypeA && a.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: a.As4()}})
		case q.Type == dnsmessage.TypeAAAA && a.Is6():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	return m.Pack()
}

func (r *resolver) says(answers ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers, r.asked = nil, 0
	for _, list := range answers {
		var one []netip.Addr
		for a := range strings.FieldsSeq(list) {
			one = append(one, netip.MustParseAddr(a))
		}
		r.answers = append(r.answers, one)
	}
}

// TestG5_RebindingReachesNothing asks for a name that is allowed at its first lookup
// and forbidden at the next, and for names with allowed and forbidden addresses beside
// each other. What is forbidden is never connected to.
func TestG5_RebindingReachesNothing(t *testing.T) {
	var hits atomic.Int32
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			hits.Add(1)
			_ = c.Close()
		}
	}()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	dns := useResolver(t)
	dial := func(c egress.Config) error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		conn, err := egress.Dial(ctx, c, "tcp", "rebind.test:"+port)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, egress.ErrRefused) {
			t.Errorf("%s: %v", what, err)
		} else if cause := egress.Cause(err); cause == nil || strings.Contains(cause.Error(), "connection refused") || strings.Contains(cause.Error(), "timeout") {
			t.Errorf("%s: it was tried: %v", what, cause)
		}
	}

	dns.says("127.0.0.1", "169.254.169.254")
	if err := dial(egress.Config{AllowLoopback: true}); err != nil {
		t.Errorf("the allowed answer: %v", err)
	}
	for range 3 {
		refused("the forbidden answer after it", dial(egress.Config{AllowLoopback: true}))
	}
	reached := hits.Load()
	for name, answers := range map[string][]string{
		"loopback":                    {"127.0.0.1"},
		"metadata, then loopback":     {"169.254.169.254", "127.0.0.1"},
		"a private one beside":        {"10.0.0.1 127.0.0.1 192.168.0.1"},
		"IPv6 and IPv4 in a race":     {"::1 127.0.0.1 fd00::1 ::ffff:127.0.0.1"},
		"documentation, then private": {"192.0.2.1", "172.16.0.1"},
		"no address at all":           {""},
	} {
		dns.says(answers...)
		for range 3 {
			if err := dial(egress.Config{}); !errors.Is(err, egress.ErrRefused) || err.Error() != egress.ErrRefused.Error() {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if n := hits.Load(); n != reached {
		t.Errorf("%d connections to what is forbidden", n-reached)
	}
}
