package egress

import (
	"context"
	"net"

	"code.dny.dev/ssrf"
)

// Dial connects as a client of the Config would, without the checks of the address
// that come before: only what is looked at when the connection is made.
func Dial(ctx context.Context, c Config, network, address string) (net.Conn, error) {
	return guard{public: ssrf.New(), loopback: c.AllowLoopback}.dial(ctx, network, address)
}
