package node

import (
	"encoding/json"
	"regexp"
	"slices"

	"heddle/internal/flow"
)

// SecretMark finds {{secret.NAME}} in a text; its first group is the name.
var SecretMark = regexp.MustCompile(`\{\{\s*secret\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}`)

// SecretNames returns the names of the secrets that steps ask for, each once, sorted.
func (r *Registry) SecretNames(nodes []flow.Node) []string {
	var out []string
	for _, n := range nodes {
		k, known := r.Kind(n.Type)
		var data map[string]json.RawMessage
		if !known || json.Unmarshal(n.Data, &data) != nil {
			continue
		}
		for _, f := range k.Fields {
			var name string
			if f.Widget == WidgetSecret && json.Unmarshal(data[f.Key], &name) == nil && flow.IsSecretName(name) {
				out = append(out, name)
			}
		}
		if slices.ContainsFunc(k.Fields, func(f Field) bool { return f.Widget == WidgetSecret }) {
			for _, m := range SecretMark.FindAllSubmatch(n.Data, -1) {
				out = append(out, string(m[1]))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
