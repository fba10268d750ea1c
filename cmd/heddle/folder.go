package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"heddle/internal/flow"
)

// folder finds the workflows that steps call among the files beside the document
// that runs: a step names the file, as in "summarise.json".
type folder struct{ path string }

func folderOf(document string) folder { return folder{filepath.Dir(document)} }

// WorkflowVersion reads a file. Files have one version.
func (f folder) WorkflowVersion(_ context.Context, _ flow.Owner, id flow.ID, _ int) (flow.Workflow, error) {
	name := string(id)
	if !strings.HasSuffix(name, ".json") || !filepath.IsLocal(name) {
		return flow.Workflow{}, flow.Errorf(flow.NotFound, "There is no workflow %s beside the document.", name).
			WithHint("Without a server a step names a file in the same folder, as in summarise.json.")
	}
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return flow.Workflow{}, err
	}
	defer root.Close()
	raw, err := root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return flow.Workflow{}, flow.Errorf(flow.NotFound, "There is no file %s beside the document.", name)
	}
	if err != nil {
		return flow.Workflow{}, err
	}
	d, err := flow.ParseDocument(raw)
	if err != nil {
		return flow.Workflow{}, err
	}
	return flow.Workflow{ID: id, Name: d.Name, Version: 1, Nodes: d.Nodes, Edges: d.Edges}, nil
}
