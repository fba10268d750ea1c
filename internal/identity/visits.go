package identity

import (
	"net/netip"
	"sync"
	"time"
)

// visits allows each network address a burst and then a steady rate (GCRA).
type visits struct {
	mu  sync.Mutex
	due map[netip.Prefix]time.Time // when the address is back to its full burst
}

func newVisits() *visits { return &visits{due: map[netip.Prefix]time.Time{}} }

// allow counts one visit from ip, or refuses it. An ip that is no address, as of
// the command line, is not limited.
func (v *visits) allow(ip string, now time.Time) error {
	key, ok := network(ip)
	if !ok {
		return nil
	}
	const gap = time.Minute / visitsPerMinute
	v.mu.Lock()
	defer v.mu.Unlock()
	due, known := v.due[key]
	if !known {
		makeRoom(v.due, func(t time.Time) bool { return !t.After(now) })
	}
	if due.Before(now) {
		due = now
	}
	if wait := due.Add(gap).Sub(now) - visitsPerMinute*gap; wait > 0 {
		return tooMany("Too many tries from your network.", wait)
	}
	v.due[key] = due.Add(gap)
	return nil
}

// network returns the address itself for IPv4 and its /64 for IPv6, where one
// person has that many.
func network(ip string) (netip.Prefix, bool) {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.Prefix{}, false
	}
	addr = addr.Unmap().WithZone("")
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	p, err := addr.Prefix(bits)
	return p, err == nil
}
