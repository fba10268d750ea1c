package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"heddle/internal/egress"
)

// vulnerabilities is where Go's vulnerability database is read, unless HEDDLE_VULNDB
// names a copy; its form is described at go.dev/security/vuln/database.
const vulnerabilities = "https://vuln.go.dev"

// maxIndex bounds what is read of the database's index, in bytes.
const maxIndex = 32 << 20

// advisory is a published flaw in something that this program was built from.
type advisory struct {
	ID, Module, Version, Fixed string // Fixed "": there is no fix yet
}

// advisories asks the database about the modules that are in the program. A module that
// has a flaw need not be used in the way that the flaw needs: the list is where to look.
func advisories(ctx context.Context, info *debug.BuildInfo) ([]advisory, error) {
	var index []struct {
		Path  string
		Vulns []struct{ ID, Fixed string }
	}
	raw, err := vulnerabilityIndex(ctx)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &index); err != nil {
		return nil, fmt.Errorf("read the index of the vulnerability database: %w", err)
	}
	have := modules(info)
	var out []advisory
	for _, m := range index {
		at, ok := have[m.Path]
		if !ok {
			continue
		}
		for _, v := range m.Vulns {
			if v.Fixed == "" || semver.Compare(at, "v"+v.Fixed) < 0 {
				out = append(out, advisory{v.ID, m.Path, at, v.Fixed})
			}
		}
	}
	slices.SortFunc(out, func(a, b advisory) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// modules returns the versions of what the program was built from, Go itself as the
// database calls it.
func modules(info *debug.BuildInfo) map[string]string {
	goVersion, _, _ := strings.Cut(strings.TrimPrefix(info.GoVersion, "go"), " ")
	out := map[string]string{"stdlib": "v" + goVersion, "toolchain": "v" + goVersion}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		out[m.Path] = m.Version
	}
	return out
}

func vulnerabilityIndex(ctx context.Context) ([]byte, error) {
	base := strings.TrimSuffix(os.Getenv("HEDDLE_VULNDB"), "/")
	if base == "" {
		base = vulnerabilities
	}
	u, err := url.Parse(base + "/index/modules.json")
	if err != nil {
		return nil, fmt.Errorf("HEDDLE_VULNDB: %w", err)
	}
	if u.Scheme == "file" {
		return os.ReadFile(u.Path) //nolint:gosec // who runs the program names the copy
	}
	conf := egress.Config{Timeout: time.Minute, MaxBody: maxIndex}
	if base != vulnerabilities { // a copy of the operator's own
		conf.AllowHostPorts = []string{hostPort(base)}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil) //nolint:gosec // who runs the program names the copy
	if err != nil {
		return nil, err
	}
	client := egress.Client(conf)
	defer client.CloseIdleConnections()
	res, err := client.Do(req) //nolint:gosec // as above
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", u.Host, res.Status)
	}
	return io.ReadAll(res.Body)
}

// advisories says which published flaws are in what the program was built from.
func (d *doctor) advisories(ctx context.Context) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		d.note("advisories", "the program does not know what it was built from", "build it with Go's modules")
		return
	}
	list, err := advisories(ctx, info)
	if err != nil {
		d.note("advisories", "not looked for: "+err.Error(), "let this machine reach vuln.go.dev, or set HEDDLE_VULNDB to a copy, as in file:///srv/vulndb")
		return
	}
	for _, a := range list {
		next := "update Heddle: it is fixed in " + a.Fixed
		if a.Fixed == "" {
			next = "there is no fix yet"
		}
		d.note("advisories", fmt.Sprintf("%s may concern %s %s", a.ID, a.Module, a.Version), next+"; read https://pkg.go.dev/vuln/"+a.ID)
	}
	if len(list) == 0 {
		d.ok("advisories", "none known for the %d modules in this program", len(info.Deps)+1)
	}
}
