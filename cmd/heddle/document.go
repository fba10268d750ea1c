package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"heddle/internal/flow"
	"heddle/internal/studio"
)

func exportCommand() *cobra.Command {
	var email, dir string
	c := &cobra.Command{
		Use: "export --email E (ID | --to FOLDER)", Short: "Print one workflow of an account as a document, or write all of them to a folder.",
		Long: "Print one workflow of an account as a document, or write all of them to a folder, a file each. A document has the names of secrets, never their values. heddle import and heddle run read it.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if (len(args) == 1) == (dir != "") {
				return &exitError{exitUsage, errors.New("give the id of a workflow, or --to with a folder for all of them")}
			}
			return withAccount(c, email, func(ctx context.Context, a *app) error {
				if dir != "" {
					return exportAll(ctx, c, a.studio, dir)
				}
				d, err := a.studio.ExportWorkflow(ctx, studio.ByID{ID: flow.ID(args[0])})
				if err != nil {
					return err
				}
				return writeDocument(c.OutOrStdout().Write, d)
			})
		},
	}
	c.Flags().StringVar(&email, "email", "", "email address of the account")
	c.Flags().StringVar(&dir, "to", "", "write every workflow of the account into this folder")
	_ = c.MarkFlagRequired("email")
	return c
}

// withAccount acts in the name of an account, from the command line.
func withAccount(c *cobra.Command, email string, do func(context.Context, *app) error) error {
	a, err := openTool(c)
	if err != nil {
		return err
	}
	defer a.close()
	u, _, err := a.store.UserByEmail(c.Context(), strings.ToLower(strings.TrimSpace(email)))
	if err != nil {
		return err
	}
	return do(flow.WithActor(c.Context(), flow.Actor{User: u, Via: flow.ViaCLI}), a)
}

func writeDocument(write func([]byte) (int, error), d flow.Document) error {
	raw, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	_, err = write(append(raw, '\n'))
	return err
}

func exportAll(ctx context.Context, c *cobra.Command, s *studio.Service, dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	n := 0
	for page := 1; ; page++ {
		list, err := s.ListWorkflows(ctx, studio.ListWorkflows{Page: page, Limit: 100})
		if err != nil {
			return err
		}
		for _, w := range list.Workflows {
			d, err := s.ExportWorkflow(ctx, studio.ByID{ID: w.ID})
			if err != nil {
				return err
			}
			f, err := os.OpenFile(filepath.Join(dir, w.ID.String()+".json"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the folder, an id the file
			if err != nil {
				return fmt.Errorf("export into a folder without these files: %w", err)
			}
			if err := errors.Join(writeDocument(f.Write, d), f.Close()); err != nil {
				return err
			}
			n++
		}
		if page >= list.Pagination.Pages {
			fmt.Fprintf(c.ErrOrStderr(), "%s written to %s\n", countOf(n, "workflow"), dir)
			return nil
		}
	}
}

func importCommand() *cobra.Command {
	var email string
	c := &cobra.Command{
		Use: "import --email E FILE...", Short: "Add workflow documents to an account, and print their new ids.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			docs, err := readDocuments(args)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			return withAccount(c, email, func(ctx context.Context, a *app) error { return importAll(ctx, c, a.studio, docs) })
		},
	}
	c.Flags().StringVar(&email, "email", "", "email address of the account")
	_ = c.MarkFlagRequired("email")
	return c
}

// readDocuments reads all files before anything is stored.
func readDocuments(files []string) ([]flow.Document, error) {
	var out []flow.Document
	for _, file := range files {
		raw, err := os.ReadFile(file) //nolint:gosec // the operator names it
		if err != nil {
			return nil, err
		}
		d, err := flow.ParseDocument(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if d.Name == "" {
			d.Name = strings.TrimSuffix(filepath.Base(file), ".json")
		}
		out = append(out, d)
	}
	return out, nil
}

func importAll(ctx context.Context, c *cobra.Command, s *studio.Service, docs []flow.Document) error {
	for _, d := range docs {
		out, err := s.CreateWorkflow(ctx, studio.CreateWorkflow{Body: studio.WorkflowDraft{Name: d.Name, Description: d.Description, Tags: d.Tags, Nodes: d.Nodes, Edges: d.Edges}})
		if err != nil {
			return err
		}
		fmt.Fprintln(c.OutOrStdout(), out.Workflow.ID)
		if len(out.MissingSecrets) > 0 {
			fmt.Fprintf(c.ErrOrStderr(), "%s needs secrets that the account does not keep: %s\n", d.Name, strings.Join(out.MissingSecrets, ", "))
		}
	}
	return nil
}
