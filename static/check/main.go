// Command check opens the pages of a fresh Heddle in Lighthouse and fails when one
// scores too low. It starts bin/heddle on a free port with a database of its own
// and ends it again. Run it by "go tool task check:web"; close everything else
// first, for it also measures time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(1)
	}
}

// looked are the pages that are looked at. Those of an account get its cookie.
var looked = []struct {
	path    string
	account bool
}{
	{"/signin", false}, {"/docs/api", false}, {"/workflows", true}, {"/workflows?query=zebra", true}, {"/templates", true}, {"/runs", true}, {"/settings", true},
}

func run(ctx context.Context) error {
	bin := flag.String("bin", "bin/heddle", "the program to look at")
	tries := flag.Int("tries", 3, "how often a page may be measured until it is fast enough")
	only := flag.String("only", "", "look only at pages whose path begins so")
	flag.Parse()
	chromium, err := chromium()
	if err != nil {
		return err
	}
	s, err := serve(ctx, *bin)
	if err != nil {
		return err
	}
	defer s.close()
	low := 0
	for _, p := range looked {
		if !strings.HasPrefix(p.path, *only) {
			continue
		}
		cookie := ""
		if p.account {
			cookie = s.cookie
		}
		r, err := best(ctx, chromium, s.url+p.path, cookie, *tries)
		if err != nil {
			return fmt.Errorf("%s: %w", p.path, err)
		}
		r.print(p.path)
		if !r.good() {
			low++
		}
	}
	if low > 0 {
		return fmt.Errorf("pages below the mark: %d", low)
	}
	return nil
}

func chromium() (string, error) {
	name := "chromium"
	if p := os.Getenv("CHROMIUM"); p != "" {
		name = p
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", errors.New("chromium is missing: install it, or set CHROMIUM")
	}
	return path, nil
}
