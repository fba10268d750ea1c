package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"heddle/internal/flow"
)

// progress prints a run's events as lines for people.
type progress struct {
	w      io.Writer
	labels map[string]string
}

func (p *progress) event(e flow.Event) {
	at := e.At.Local().Format("15:04:05")
	switch e.Type {
	case flow.EventNodeStatus:
		var s flow.NodeStatusEvent
		if json.Unmarshal(e.Payload, &s) == nil && s.Status != flow.NodeQueued {
			fmt.Fprintf(p.w, "%s  %-8s  %s%s\n", at, s.Status, p.label(s.NodeID), tail(s))
		}
	case flow.EventRunStatus:
		var s flow.RunStatusEvent
		if json.Unmarshal(e.Payload, &s) == nil && s.Status.Final() {
			fmt.Fprintf(p.w, "%s  %-8s  %s%s\n", at, s.Status, "the run, "+countOf(s.TotalNodes, "node"), took(s.Duration))
			if s.Error != "" {
				fmt.Fprintf(p.w, "          %s\n", s.Error)
			}
		}
	case flow.EventLog:
		var s flow.LogEvent
		if json.Unmarshal(e.Payload, &s) == nil && s.Level != flow.LevelDebug {
			fmt.Fprintf(p.w, "%s  %-8s  %s\n", at, s.Level, s.Message)
		}
	case flow.EventNodeDelta:
	}
}

func (p *progress) label(id string) string {
	if l := p.labels[id]; l != "" && l != id {
		return l + " (" + id + ")"
	}
	return id
}

func tail(s flow.NodeStatusEvent) string {
	switch {
	case s.Error != "":
		return ": " + s.Error
	case s.Reason != "":
		return ": " + s.Reason
	case s.Meta["notice"] != "":
		return took(s.Duration) + ". " + s.Meta["notice"]
	}
	return took(s.Duration)
}

func took(ms *int64) string {
	if ms == nil {
		return ""
	}
	return ", " + (time.Duration(*ms) * time.Millisecond).String()
}

// result is what "heddle run --json" prints.
type result struct {
	RunID   flow.ID                `json:"runId"`
	Status  flow.RunStatus         `json:"status"`
	Results flow.Values            `json:"results,omitzero"` // the named results of the workflow
	Outputs map[string]flow.Values `json:"outputs"`          // of the nodes nobody reads from
	Nodes   []flow.NodeResult      `json:"nodes"`
}

// print writes the results: the named ones, then the outputs of the other last
// nodes, or everything as JSON.
func (o runOptions) print(w io.Writer, r flow.Run, status flow.RunStatus, results []flow.NodeResult) error {
	ends := lastNodes(r, results)
	if o.json {
		out := result{RunID: r.ID, Status: status, Results: flow.Outputs(r, results), Outputs: map[string]flow.Values{}, Nodes: results}
		for _, n := range ends {
			out.Outputs[n.NodeID] = n.Output
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(out)
	}
	parts := endParts(r, results, ends)
	for i, p := range parts {
		if len(parts) > 1 {
			if i > 0 {
				fmt.Fprintln(w)
			}
			fmt.Fprintf(w, "# %s\n", p.title)
		}
		printValues(w, p.values)
	}
	return nil
}

// part is a stretch of what a run printed.
type part struct {
	title  string
	values flow.Values
}

// endParts returns the named results by name, then the outputs of the last nodes
// that name none.
func endParts(r flow.Run, results, ends []flow.NodeResult) []part {
	var parts []part
	named := flow.Outputs(r, results)
	for _, name := range slices.Sorted(maps.Keys(named)) {
		parts = append(parts, part{name, flow.Values{flow.OutputPort: named[name]}})
	}
	names := labels(r)
	for _, n := range ends {
		if n.NodeType != flow.OutputKind {
			parts = append(parts, part{names[n.NodeID], n.Output})
		}
	}
	return parts
}

func printValues(w io.Writer, out flow.Values) {
	ports := make([]string, 0, len(out))
	for port := range out {
		ports = append(ports, port)
	}
	slices.Sort(ports)
	for _, port := range ports {
		text := strings.TrimRight(out[port].String(), "\n")
		if len(ports) > 1 {
			fmt.Fprintf(w, "%s: ", port)
		}
		fmt.Fprintln(w, text)
	}
}

// lastNodes returns the successful nodes of the run that feed no other node of it.
func lastNodes(r flow.Run, results []flow.NodeResult) []flow.NodeResult {
	g, err := r.Graph()
	if err != nil {
		return nil
	}
	ran, feeds := map[string]flow.NodeResult{}, map[string]bool{}
	for _, n := range results {
		ran[n.NodeID] = n // later attempts replace earlier ones
	}
	for _, e := range g.Edges {
		if _, ok := ran[e.Target]; ok {
			feeds[e.Source] = true
		}
	}
	var out []flow.NodeResult
	for _, n := range g.Nodes {
		if res, ok := ran[n.ID]; ok && !feeds[n.ID] && res.Status == flow.NodeSuccess {
			out = append(out, res)
		}
	}
	return out
}
