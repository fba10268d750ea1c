package main

import (
	"fmt"
	"os"
	"text/tabwriter"
)

// print writes the figures as a table: one row a measure, one column a side, and
// how many times better ours is than the better side of React Flow.
func print(r report) {
	fmt.Printf("%s\nload average before: %s\ngzip: ours %.1f KB, React Flow with React %.1f KB\n", r.Browser, r.Load, float64(r.Gzip["ours"])/1000, float64(r.Gzip["flow"])/1000)
	w := tabwriter.NewWriter(os.Stdout, 2, 0, 2, ' ', 0)
	defer w.Flush()
	for _, n := range sizesOf(r) {
		at := map[string]result{}
		for _, x := range r.Results {
			if x.Steps == n {
				at[x.Side] = x
			}
		}
		fmt.Fprintf(w, "\n%d steps\t", n)
		for _, s := range sides {
			fmt.Fprintf(w, "%s\t", s.name)
		}
		fmt.Fprintln(w)
		line(w, at, "open, ms", func(x result) string { return fmt.Sprintf("%.0f", x.OpenMs) })
		line(w, at, "main thread to open, ms", func(x result) string { return fmt.Sprintf("%.0f", x.OpenCPU) })
		for _, g := range gestures {
			line(w, at, g.name+", fps / p95 ms / CPU ms", func(x result) string {
				m := x.Gestures[g.name]
				return fmt.Sprintf("%.0f / %.0f / %.1f", m.FPS, m.P95, m.CPU)
			})
		}
		line(w, at, "heap, MB", func(x result) string { return fmt.Sprintf("%.1f", x.HeapMB) })
		line(w, at, "elements / listeners / tab stops", func(x result) string { return fmt.Sprintf("%d / %d / %d", x.Elements, x.Listeners, x.TabStops) })
	}
}

func line(w *tabwriter.Writer, at map[string]result, name string, show func(result) string) {
	fmt.Fprintf(w, "%s\t", name)
	for _, s := range sides {
		text := "-"
		if x, ok := at[s.name]; ok {
			text = show(x)
		}
		fmt.Fprintf(w, "%s\t", text)
	}
	fmt.Fprintln(w)
}

func sizesOf(r report) []int {
	var out []int
	for _, x := range r.Results {
		if len(out) == 0 || out[len(out)-1] != x.Steps {
			out = append(out, x.Steps)
		}
	}
	return out
}
