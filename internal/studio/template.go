package studio

import (
	"context"

	"heddle/internal/flow"
	"heddle/internal/gallery"
)

// Templates returns the workflows to begin with, in the order people should see them.
func (s *Service) Templates(ctx context.Context) ([]gallery.Example, error) {
	if _, err := flow.Require(ctx, flow.ScopeGraphRead); err != nil {
		return nil, err
	}
	return gallery.All(), nil
}

// CreateFromTemplate saves a template as a new workflow of the actor. The tag
// "example" stays with the gallery.
func (s *Service) CreateFromTemplate(ctx context.Context, slug string) (WorkflowOut, error) {
	for _, t := range gallery.All() {
		if t.Slug != slug {
			continue
		}
		var tags []string
		for _, tag := range t.Tags {
			if tag != "example" {
				tags = append(tags, tag)
			}
		}
		return s.CreateWorkflow(ctx, CreateWorkflow{Body: WorkflowDraft{Name: t.Name, Description: t.Description, Tags: tags, Nodes: t.Nodes, Edges: t.Edges}})
	}
	return WorkflowOut{}, flow.Errorf(flow.NotFound, "There is no template called “%s”.", slug).WithHint("Choose one on the page of templates.")
}
