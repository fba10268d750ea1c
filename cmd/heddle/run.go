package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gabriel-vasile/mimetype"
	"github.com/spf13/cobra"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/node"
)

// runOptions are the flags of "heddle run".
type runOptions struct {
	inputs   []string
	nodes    []string
	json     bool
	provider string
}

func runCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run FILE.json",
		Short: "Run a workflow document right here, without a server.",
		Long: "Run a workflow document right here: progress on standard error, results on standard output.\n" +
			"FILE may be - for standard input.\n\nExit codes: 0 success, 1 the run failed or partly failed, 2 bad usage or a bad document.",
		Args: exactArgs(1, "Name one workflow file, or - for standard input."),
		RunE: func(c *cobra.Command, args []string) error { return runFile(c, args[0], o) },
	}
	c.Flags().StringArrayVar(&o.inputs, "input", nil, "id=value sets a node's main field; id=@path reads a file; repeatable")
	c.Flags().StringArrayVar(&o.nodes, "node", nil, "run only this node and what it needs; repeatable")
	c.Flags().BoolVar(&o.json, "json", false, "print the whole result as JSON")
	c.Flags().StringVar(&o.provider, "provider", "", "use this model provider in every node, as in offline")
	return c
}

func runFile(c *cobra.Command, path string, o runOptions) error {
	conf, err := loadConfig()
	if err != nil {
		return err
	}
	conf.LogLevel = "error"
	findOllama(c.Context(), &conf)
	models := providers(conf, modelHTTP(conf))
	kinds, err := registry(conf, models, environmentSecrets{})
	if err != nil {
		return err
	}
	r, err := o.prepare(c, path, kinds, models)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	r.Budget = conf.budget()
	show := &progress{w: c.ErrOrStderr(), labels: labels(r)}
	memory := engine.NewMemory(show.event)
	eng := engine.New(engine.Config{
		Registry: kinds, Journal: memory, Blobs: memory, Files: memory.Files, Workflows: folderOf(path),
		RunTimeout: conf.RunMaxDuration, Logger: newLogger(c.ErrOrStderr(), conf),
	})
	status, err := execute(c.Context(), eng, r)
	if err != nil {
		return err
	}
	results := memory.Results(r.ID)
	if err := o.print(c.OutOrStdout(), r, status, results); err != nil {
		return err
	}
	if status != flow.RunSuccess {
		return &exitError{exitFailed, fmt.Errorf("the run ended %s", status)}
	}
	return nil
}

// prepare reads the document and the flags into a run that can be executed.
func (o runOptions) prepare(c *cobra.Command, path string, kinds *node.Registry, models *llm.Models) (flow.Run, error) {
	raw, err := readFile(c.InOrStdin(), path)
	if err != nil {
		return flow.Run{}, err
	}
	d, err := flow.ParseDocument(raw)
	if err != nil {
		return flow.Run{}, err
	}
	run := flow.Run{
		ID: flow.NewID(flow.RunPrefix), UserID: "usr_cli", Status: flow.RunQueued, Scope: flow.ScopeFull, WorkflowName: d.Name,
		Nodes: d.Nodes, Edges: d.Edges, Inputs: flow.Values{}, Source: flow.SourceCLI, CreatedAt: time.Now(),
	}
	g, err := run.Graph()
	if err != nil {
		return run, err
	}
	if o.provider != "" {
		if _, err := models.Provider(o.provider); err != nil {
			return run, err
		}
		if run.Nodes, err = withProvider(run.Nodes, g, kinds, o.provider); err != nil {
			return run, err
		}
		if g, err = run.Graph(); err != nil {
			return run, err
		}
	}
	for _, in := range o.inputs {
		id, v, err := parseInput(g, kinds, in)
		if err != nil {
			return run, err
		}
		run.Inputs[id] = v
	}
	for _, name := range o.nodes {
		id, err := nodeNamed(g, name)
		if err != nil {
			return run, err
		}
		run.NodeIDs, run.Scope = append(run.NodeIDs, id), flow.ScopePartial
	}
	run.TotalNodes = len(g.Steps().Nodes)
	if err := engine.Check(kinds, g, engine.CheckOptions{Targets: run.NodeIDs, Inputs: run.Inputs}); err != nil {
		return run, err
	}
	return run, engine.CheckCalls(c.Context(), kinds, folderOf(path), "usr_cli", flow.ID(filepath.Base(path)), g)
}

func readFile(stdin io.Reader, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(stdin, 64<<20))
	}
	b, err := os.ReadFile(path) //nolint:gosec // who runs the command names it
	if errors.Is(err, os.ErrNotExist) {
		return nil, flow.Errorf(flow.NotFound, "There is no file %s.", path)
	}
	return b, err
}

// nodeNamed returns the id of the node with that id, or with that label when only one has it.
func nodeNamed(g flow.Graph, name string) (string, error) {
	var byLabel []string
	for _, n := range g.Nodes {
		if n.ID == name {
			return n.ID, nil
		}
		if n.Label() == name {
			byLabel = append(byLabel, n.ID)
		}
	}
	if len(byLabel) == 1 {
		return byLabel[0], nil
	}
	return "", flow.Errorf(flow.Invalid, "There is no node %q.", name).WithHint("Use one of: %s.", strings.Join(nodeIDs(g), ", "))
}

func nodeIDs(g flow.Graph) []string {
	const most = 20
	var out []string
	for i, n := range g.Nodes {
		if i == most {
			return append(out, "...")
		}
		out = append(out, n.ID)
	}
	return out
}

// parseInput reads "id=value". A JSON object sets parameters; @path reads a file,
// which becomes a data: URL for a picture.
func parseInput(g flow.Graph, kinds *node.Registry, s string) (string, flow.Value, error) {
	name, text, ok := strings.Cut(s, "=")
	if !ok {
		return "", flow.Value{}, flow.Errorf(flow.Invalid, "--input %q: write id=value.", s)
	}
	id, err := nodeNamed(g, name)
	if err != nil {
		return "", flow.Value{}, err
	}
	if path, isFile := strings.CutPrefix(text, "@"); isFile {
		b, err := readFile(nil, filepath.Clean(path))
		if err != nil {
			return "", flow.Value{}, err
		}
		text = string(b)
		if media := mimetype.Detect(b).String(); strings.HasPrefix(media, "image/") {
			text = "data:" + media + ";base64," + base64.StdEncoding.EncodeToString(b)
		}
	}
	if strings.HasPrefix(text, "{") && json.Valid([]byte(text)) {
		return id, flow.RawValue(json.RawMessage(text)), nil
	}
	return id, flow.Text(text), nil
}

// withProvider returns the nodes with another provider in every node that has one.
func withProvider(raw json.RawMessage, g flow.Graph, kinds *node.Registry, provider string) (json.RawMessage, error) {
	var list []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	for i, n := range g.Nodes {
		k, ok := kinds.Kind(n.Type)
		if !ok {
			continue
		}
		if _, has := k.Field("provider"); !has {
			continue
		}
		data := map[string]json.RawMessage{}
		if len(n.Data) > 0 {
			if err := json.Unmarshal(n.Data, &data); err != nil {
				return nil, err
			}
		}
		data["provider"] = flow.Text(provider).Raw()
		delete(data, "model") // another provider's models have other names
		b, err := json.Marshal(data)
		if err != nil {
			return nil, err
		}
		list[i]["data"] = b
	}
	return json.Marshal(list)
}

// execute runs until the end, or cancels when ctx ends.
func execute(ctx context.Context, eng *engine.Engine, r flow.Run) (flow.RunStatus, error) {
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	defer context.AfterFunc(ctx, func() { stop(engine.ErrCancel) })()
	return eng.Execute(work, flow.Claim{Run: r, Token: 1})
}

func labels(r flow.Run) map[string]string {
	out := map[string]string{}
	if g, err := r.Graph(); err == nil {
		for _, n := range g.Nodes {
			out[n.ID] = n.Label()
		}
	}
	return out
}
