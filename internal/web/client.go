package web

import (
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// proxies are the addresses whose word about their clients is believed.
type proxies []netip.Prefix

// newProxies reads addresses and ranges; the configuration has checked them.
func newProxies(list []string) proxies {
	var out proxies
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if a, one := netip.ParseAddr(s); one == nil {
			p, err = a.Prefix(a.BitLen())
		}
		if err == nil {
			out = append(out, p)
		}
	}
	return out
}

func (p proxies) trust(a netip.Addr) bool {
	a = a.Unmap()
	for _, known := range p {
		if known.Contains(a) {
			return true
		}
	}
	return false
}

// network is the address by which somebody is counted: an IPv6 address stands for its
// /64, of which one person has all.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Is4() {
		return ip
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}

// clientIP returns where the request comes from. Only what our own proxies added to
// X-Forwarded-For counts: it is read from its end, up to the first address that is
// none of theirs. What a client wrote before that is its own invention.
func (s *Server) clientIP(c *fiber.Ctx) string {
	at, err := netip.ParseAddr(c.Context().RemoteIP().String())
	if err != nil {
		return ""
	}
	hops := strings.Split(strings.Join(c.GetReqHeaders()[fiber.HeaderXForwardedFor], ","), ",")
	for i := len(hops) - 1; i >= 0 && s.proxies.trust(at); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = next
	}
	return at.Unmap().WithZone("").String()
}
