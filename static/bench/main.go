// Command bench compares our canvas with React Flow in one run of headless
// Chromium: opening, panning, dragging, zooming, a storm of statuses, memory. It
// prints a table and writes the figures as JSON. Run it by "go tool task
// bench:canvas"; close everything else first, for it measures time.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"

	"github.com/chromedp/chromedp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// sides are what is compared: a name and the page that shows it.
var sides = []struct{ name, page string }{
	{"ours", "/ours"}, {"flow visible", "/flow?visible=1"}, {"flow", "/flow"},
}

// report is what the JSON file holds.
type report struct {
	Browser string         `json:"browser"`
	Load    string         `json:"load"` // the machine's load average before the start
	Gzip    map[string]int `json:"gzip"` // bytes of script and style by side
	Results []result       `json:"results"`
}

func run(ctx context.Context) error {
	sizes := flag.String("sizes", "100,1000,5000,10000", "numbers of steps, separated by commas")
	only := flag.String("only", "", "measure only this side: ours, flow visible, or flow")
	most := flag.Int("most", 1000, "the largest size for React Flow rendering every node: it takes minutes above")
	out := flag.String("out", "", "file to write the figures to as JSON")
	flag.Parse()
	s, err := serve("static")
	if err != nil {
		return err
	}
	defer s.close()
	r := report{Load: load(), Gzip: s.gzip}
	for text := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 || n > 20_000 {
			return fmt.Errorf("--sizes: %q is no number from 1 to 20000", text)
		}
		for _, side := range sides {
			if *only != "" && *only != side.name || side.name == "flow" && n > *most {
				continue
			}
			fmt.Fprintf(os.Stderr, "%s, %d steps\n", side.name, n)
			res, version, err := measureSide(ctx, s.url+side.page, side.name, n)
			if err != nil {
				return fmt.Errorf("%s with %d steps: %w", side.name, n, err)
			}
			r.Browser, r.Results = version, append(r.Results, res)
		}
	}
	print(r)
	if *out == "" {
		return nil
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*out, append(raw, '\n'), 0o644)
}

func load() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(raw))[:3], " ")
}

// measureSide measures one side in a browser of its own, so that nothing of the
// one before is left.
func measureSide(ctx context.Context, url, name string, n int) (result, string, error) {
	path, err := exec.LookPath("chromium")
	if p := os.Getenv("CHROMIUM"); p != "" {
		path, err = exec.LookPath(p)
	}
	if err != nil {
		return result{}, "", errors.New("chromium is missing: install it, or set CHROMIUM")
	}
	alloc, cancel := chromedp.NewExecAllocator(ctx, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.WindowSize(1280, 800))
	defer cancel()
	tab, cancel := chromedp.NewContext(alloc)
	defer cancel()
	if err := chromedp.Do(tab); err != nil {
		return result{}, "", err
	}
	p := &page{ctx: tab}
	res, err := p.measure(url, name, n)
	if err != nil {
		return result{}, "", err
	}
	version, err := eval[string](p, `navigator.userAgent`)
	return res, version, err
}
