package web

import (
	"strings"

	"heddle/internal/flow"
)

// Declared returns what the route table says: the scope a token needs for each API
// route, as "METHOD /path/:id"; "" where people alone may.
func (s *Server) Declared() map[string]flow.Scope {
	out := map[string]flow.Scope{}
	for _, r := range s.routes {
		out[r.method+" "+strings.NewReplacer("{", ":", "}", "").Replace(r.path)] = r.scope
	}
	return out
}
