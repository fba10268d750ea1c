package egress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// ErrRefused is the one answer to a destination that may not be reached or
// cannot be. It is the same for both, so that nobody can probe a network with it.
var ErrRefused = errors.New("this address cannot be reached from here")

// ErrTooManyRedirects ends a chain of more than five redirects.
var ErrTooManyRedirects = errors.New("too many redirects")

const (
	maxRedirects = 5
	dialTimeout  = 5 * time.Second
)

// Config says what a client may reach. The zero Config reaches the public
// internet on ports 80 and 443.
type Config struct {
	AllowHostPorts []string      // destinations reachable whatever they are, as in "127.0.0.1:11434"
	AllowLoopback  bool          // development only: every port of this machine
	MaxBody        int64         // longest answer in bytes after decompression; 0: no limit
	HeaderTimeout  time.Duration // longest wait for an answer to begin; default 15 s
	Timeout        time.Duration // longest request in all, reading the answer included; 0: by context only
	MaxConns       int           // open connections per host; default 32
}

// Client returns a client that keeps to c. It takes no proxy from the
// environment and follows at most five redirects; credentials stay behind when
// a redirect leads to another host.
func Client(c Config) *http.Client {
	g := guard{public: ssrf.New(), loopback: c.AllowLoopback, allowed: map[string]bool{}}
	for _, hp := range c.AllowHostPorts {
		g.allowed[canonical(hp)] = true
	}
	t := &http.Transport{
		Proxy:                  nil,
		DialContext:            g.dial,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  cmp.Or(c.HeaderTimeout, 15*time.Second),
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		MaxConnsPerHost:        cmp.Or(c.MaxConns, 32),
	}
	return &http.Client{
		Transport:     &door{guard: g, transport: t, maxBody: c.MaxBody},
		CheckRedirect: redirect,
		Timeout:       c.Timeout,
	}
}

// guard decides what may be dialled.
type guard struct {
	public   *ssrf.Guardian
	loopback bool
	allowed  map[string]bool // canonical host:port
}

// dial connects to an address, name or number. An allow-listed destination is
// recognised by what was asked for, before a resolver has its say.
func (g guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	if !g.allowed[canonical(address)] {
		d.Control = g.control
	}
	conn, err := d.DialContext(ctx, network, address)
	if err == nil {
		return conn, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, &refusal{cause: err}
}

// control sees every address that is really about to be dialled, so neither a
// redirect nor a changing DNS answer gets around it.
func (g guard) control(network, address string, raw syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err == nil && g.loopback && ap.Addr().Unmap().IsLoopback() && ap.Addr().Zone() == "" {
		return nil
	}
	return g.public.Safe(network, address, raw)
}

// check refuses what must not even be looked up.
func (g guard) check(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return &refusal{cause: fmt.Errorf("scheme %q", u.Scheme)}
	}
	hp := hostPort(u)
	if g.allowed[hp] || g.loopback && isLoopback(u.Hostname()) {
		return nil
	}
	if port := hp[strings.LastIndexByte(hp, ':')+1:]; !slices.Contains([]string{"80", "443"}, port) {
		return &refusal{cause: fmt.Errorf("port %q", port)}
	}
	return nil
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && a.Unmap().IsLoopback()
}

// hostPort returns the canonical destination of u.
func hostPort(u *url.URL) string {
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	return canonical(net.JoinHostPort(u.Hostname(), port))
}

// canonical lowers the case of a host:port and drops a trailing dot and zeros
// before the port.
func canonical(hp string) string {
	host, port, err := net.SplitHostPort(strings.TrimSpace(hp))
	if err != nil {
		return hp
	}
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		port = strconv.FormatUint(n, 10)
	}
	return net.JoinHostPort(strings.TrimSuffix(strings.ToLower(host), "."), port)
}

// Cause returns why err was refused, for the operator's log and never for a user;
// nil when it is not an [ErrRefused].
func Cause(err error) error {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.cause
	}
	return nil
}

// refusal is [ErrRefused] with its cause. It does not unwrap, so that nothing
// prints the cause by accident; see [Cause].
type refusal struct{ cause error }

func (r *refusal) Error() string { return ErrRefused.Error() }

// Is makes the refusal an [ErrRefused].
func (r *refusal) Is(target error) bool { return target == ErrRefused }
