package flow

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Document is a workflow as a file: what export writes, import reads and "heddle
// run" runs.
type Document struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Tags        []string        `json:"tags,omitempty"`
	Nodes       json.RawMessage `json:"nodes"`
	Edges       json.RawMessage `json:"edges"`
}

// ParseDocument reads a workflow file: ours, a bare {nodes, edges} as React Flow
// tools write it, or one with the graph under "data" or "workflow". Anything else
// is an [Invalid] error that says what is missing.
func ParseDocument(raw []byte) (Document, error) {
	var d Document
	var outer struct {
		Data     json.RawMessage `json:"data"`
		Workflow json.RawMessage `json:"workflow"`
	}
	raw = bytes.TrimPrefix(bytes.TrimSpace(raw), []byte("\xef\xbb\xbf"))
	if len(raw) == 0 {
		return d, Errorf(Invalid, "The file is empty.")
	}
	if err := json.Unmarshal(raw, &outer); err != nil {
		return d, Errorf(Invalid, "The file is not a JSON object.").WithHint("Choose a workflow that was exported as JSON.").Because(err)
	}
	_ = json.Unmarshal(raw, &d) // name and friends may have other types elsewhere
	for _, inner := range []json.RawMessage{outer.Workflow, outer.Data} {
		if len(d.Nodes) == 0 && len(inner) > 0 && inner[0] == '{' {
			name, text := d.Name, d.Description
			_ = json.Unmarshal(inner, &d)
			d.Name, d.Description = firstOf(name, d.Name), firstOf(text, d.Description)
		}
	}
	if len(d.Nodes) == 0 {
		return d, Errorf(Invalid, "There is no list of nodes in the file.").WithHint("A workflow file is a JSON object with nodes and edges.")
	}
	d.Name = clipRunes(strings.TrimSpace(d.Name), MaxName)
	d.Description = clipRunes(strings.TrimSpace(d.Description), MaxDescription)
	d.Tags = cleanForeignTags(d.Tags)
	_, err := ParseGraph(d.Nodes, d.Edges)
	return d, err
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func clipRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// cleanForeignTags keeps the tags that our rules allow.
func cleanForeignTags(tags []string) []string {
	var out []string
	for _, t := range CleanTags(tags) {
		if len([]rune(t)) <= MaxTag && !strings.ContainsAny(t, ",\n") && len(out) < MaxTags {
			out = append(out, t)
		}
	}
	return out
}
