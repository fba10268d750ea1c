package views

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// document is what the canvas opens.
type document struct {
	ID      flow.ID         `json:"id"`
	Name    string          `json:"name"`
	Version int             `json:"version"`
	Nodes   json.RawMessage `json:"nodes"`
	Edges   json.RawMessage `json:"edges"`
}

func documentOf(w flow.Workflow) document {
	return document{w.ID, w.Name, w.Version, arrayOf(w.Nodes), arrayOf(w.Edges)}
}

func arrayOf(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("[]")
	}
	return raw
}

// jsonScript is a block of data for scripts. encoding/json writes "<", ">", "&"
// and U+2028/9 as escapes, so nothing in it can end the block.
func jsonScript(id string, data any) templ.Component { return templ.JSONScript(id, data) }

type category struct {
	id, name string
	kinds    []node.Spec
}

// categories groups the kinds by palette section, both in the order given.
func categories(kinds []node.Spec) []category {
	var out []category
	at := map[string]int{}
	for _, k := range kinds {
		i, ok := at[k.Category]
		if !ok {
			i = len(out)
			at[k.Category] = i
			out = append(out, category{id: strconv.Itoa(i), name: k.Category})
		}
		out[i].kinds = append(out[i].kinds, k)
	}
	return out
}

// searchText is what the palette's search looks through.
func searchText(k node.Spec) string {
	return strings.ToLower(k.Title + " " + k.Type + " " + k.Category + " " + k.Summary)
}
