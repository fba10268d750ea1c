package studio

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// ListWorkflows selects a page of the actor's workflows.
type ListWorkflows struct {
	Query string `query:"query" maxLength:"200" doc:"Words in the name or description."`
	Tag   string `query:"tag" maxLength:"40" doc:"Exactly this tag."`
	Page  int    `query:"page" minimum:"1" maximum:"1000000" default:"1" doc:"Page number, from 1."`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Entries a page."`
}

func (l ListWorkflows) query() flow.WorkflowQuery {
	return flow.WorkflowQuery{Query: strings.TrimSpace(l.Query), Tag: l.Tag, Page: max(l.Page, 1), Limit: orDefault(l.Limit, 20)}
}

func orDefault(n, def int) int {
	if n == 0 {
		return def
	}
	return n
}

// WorkflowPage is one page of workflows.
type WorkflowPage struct {
	Workflows  []flow.WorkflowSummary `json:"workflows"`
	Pagination flow.Pagination        `json:"pagination"`
}

// ListWorkflows returns a page of the actor's workflows, newest change first.
func (s *Service) ListWorkflows(ctx context.Context, in ListWorkflows) (WorkflowPage, error) {
	list, err := s.WorkflowsPage(ctx, in)
	return WorkflowPage{Workflows: list.Workflows, Pagination: list.Pagination}, err
}

// WorkflowsPage is ListWorkflows with what the page shows around the list.
func (s *Service) WorkflowsPage(ctx context.Context, in ListWorkflows) (flow.WorkflowList, error) {
	a, err := flow.Require(ctx, flow.ScopeGraphRead)
	if err != nil {
		return flow.WorkflowList{}, err
	}
	return s.store.Workflows(ctx, a.Owner(), in.query())
}

// WorkflowDraft is a new workflow as a client writes it.
type WorkflowDraft struct {
	Name        string          `json:"name" doc:"1 to 100 characters."`
	Description string          `json:"description,omitempty" doc:"At most 500 characters."`
	Tags        []string        `json:"tags,omitempty" nullable:"false"`
	Nodes       json.RawMessage `json:"nodes" doc:"Nodes as @xyflow/react writes them; kept exactly."`
	Edges       json.RawMessage `json:"edges" doc:"Edges as @xyflow/react writes them; kept exactly."`
}

// CreateWorkflow is the input of the use case of the same name.
type CreateWorkflow struct {
	Body WorkflowDraft
}

// WorkflowOut carries one workflow.
type WorkflowOut struct {
	Workflow flow.Workflow `json:"workflow"`
	// MissingSecrets is told of a new workflow only.
	MissingSecrets []string `json:"missingSecrets,omitempty" nullable:"false" doc:"Secrets the graph asks for that you do not keep. Add them under Settings."`
}

// CreateWorkflow saves a new workflow. Its graph may be broken: only running needs a sound one.
func (s *Service) CreateWorkflow(ctx context.Context, in CreateWorkflow) (WorkflowOut, error) {
	a, err := flow.Require(ctx, flow.ScopeGraphWrite)
	if err != nil {
		return WorkflowOut{}, err
	}
	b := in.Body
	w := flow.Workflow{
		ID: flow.NewID(flow.WorkflowPrefix), UserID: a.User.ID, Name: strings.TrimSpace(b.Name), Description: b.Description,
		Tags: flow.CleanTags(b.Tags), Nodes: arrayOrEmpty(b.Nodes), Edges: arrayOrEmpty(b.Edges), Version: 1,
	}
	if err := checkWorkflow(&w); err != nil {
		return WorkflowOut{}, err
	}
	if err := s.store.CreateWorkflow(ctx, a.Owner(), w, a.User.Email); err != nil {
		return WorkflowOut{}, err
	}
	out, err := s.workflow(ctx, a.Owner(), w.ID)
	if err != nil {
		return out, err
	}
	out.MissingSecrets, err = s.missingSecrets(ctx, a.Owner(), out.Workflow)
	return out, err
}

// checkWorkflow reports what is wrong with the fields and the shape of the graph together.
func checkWorkflow(w *flow.Workflow) error {
	_, graphErr := flow.ParseGraph(w.Nodes, w.Edges)
	return joinInvalid(w.Check(), graphErr)
}

func joinInvalid(errs ...error) error {
	var out *flow.Error
	for _, err := range errs {
		e, ok := asError(err)
		switch {
		case err == nil:
		case !ok || e.Kind != flow.Invalid:
			return err
		case out == nil:
			out = e
		default:
			out = out.With(e.Problems...)
		}
	}
	if out == nil {
		return nil
	}
	return out
}

func arrayOrEmpty(raw json.RawMessage) json.RawMessage {
	if t := bytes.TrimSpace(raw); len(t) == 0 || bytes.Equal(t, []byte("null")) {
		return json.RawMessage("[]")
	}
	return raw
}

// Workflow returns one workflow of the actor.
func (s *Service) Workflow(ctx context.Context, in ByID) (WorkflowOut, error) {
	a, err := flow.Require(ctx, flow.ScopeGraphRead)
	if err != nil {
		return WorkflowOut{}, err
	}
	return s.workflow(ctx, a.Owner(), in.ID)
}

func (s *Service) workflow(ctx context.Context, o flow.Owner, id flow.ID) (WorkflowOut, error) {
	w, err := s.store.Workflow(ctx, o, id)
	return WorkflowOut{Workflow: w}, err
}

// WorkflowPatch holds the fields to change; absent ones stay.
type WorkflowPatch struct {
	Name        *string         `json:"name,omitempty"`
	Description *string         `json:"description,omitempty"`
	Tags        *[]string       `json:"tags,omitempty"`
	Nodes       json.RawMessage `json:"nodes,omitempty"`
	Edges       json.RawMessage `json:"edges,omitempty"`
	Version     *int            `json:"version,omitempty" doc:"The version this change is based on; a stale one is refused with 409."`
	Note        string          `json:"note,omitempty" maxLength:"500" doc:"A remark kept with the version."`
}

// UpdateWorkflow is the input of the use case of the same name.
type UpdateWorkflow struct {
	ID      flow.ID `path:"id" maxLength:"64"`
	IfMatch string  `header:"If-Match" doc:"The version this change is based on, as in the ETag."`
	Body    WorkflowPatch
}

// UpdateWorkflow changes the given fields. With a base version (If-Match or
// version) a stale write is refused with [flow.Conflict] and the current version.
func (s *Service) UpdateWorkflow(ctx context.Context, in UpdateWorkflow) (WorkflowOut, error) {
	a, err := flow.Require(ctx, flow.ScopeGraphWrite)
	if err != nil {
		return WorkflowOut{}, err
	}
	base, err := baseVersion(in)
	if err != nil {
		return WorkflowOut{}, err
	}
	ch := store.WorkflowChange{
		Name: trimmed(in.Body.Name), Description: in.Body.Description, Nodes: in.Body.Nodes, Edges: in.Body.Edges,
		IfVersion: base, Author: a.User.Email, Note: in.Body.Note,
	}
	if in.Body.Tags != nil {
		ch.Tags = new(flow.CleanTags(*in.Body.Tags))
	}
	if err := checkChange(ch); err != nil {
		return WorkflowOut{}, err
	}
	w, err := s.store.UpdateWorkflow(ctx, a.Owner(), in.ID, ch)
	return WorkflowOut{Workflow: w}, err
}

func trimmed(s *string) *string {
	if s == nil {
		return nil
	}
	return new(strings.TrimSpace(*s))
}

func baseVersion(in UpdateWorkflow) (*int, error) {
	tag := strings.Trim(strings.TrimPrefix(strings.TrimSpace(in.IfMatch), "W/"), `"`)
	if tag == "" || tag == "*" {
		return in.Body.Version, nil
	}
	n, err := strconv.Atoi(tag)
	if err != nil {
		return nil, flow.Errorf(flow.Malformed, "If-Match must be a version number.").WithHint(`Send the ETag of the workflow, as in "3".`)
	}
	return &n, nil
}

// checkChange checks the changed fields by putting them into a sound workflow.
func checkChange(ch store.WorkflowChange) error {
	w := flow.Workflow{Name: "x", Nodes: arrayOrEmpty(ch.Nodes), Edges: arrayOrEmpty(ch.Edges)}
	if ch.Name != nil {
		w.Name = *ch.Name
	}
	if ch.Description != nil {
		w.Description = *ch.Description
	}
	if ch.Tags != nil {
		w.Tags = *ch.Tags
	}
	return checkWorkflow(&w)
}

// DeleteWorkflow removes a workflow; its runs stay. [Service.RestoreWorkflow] undoes it.
func (s *Service) DeleteWorkflow(ctx context.Context, in ByID) (Done, error) {
	a, err := flow.Require(ctx, flow.ScopeGraphWrite)
	if err != nil {
		return Done{}, err
	}
	if err := s.store.DeleteWorkflow(ctx, a.Owner(), in.ID); err != nil {
		return Done{}, err
	}
	s.record(ctx, flow.AuditWorkflowDeleted, in.ID.String())
	return Done{}, nil
}

// RestoreWorkflow brings a deleted workflow back, with its runs.
func (s *Service) RestoreWorkflow(ctx context.Context, in ByID) (WorkflowOut, error) {
	a, err := flow.Require(ctx, flow.ScopeGraphWrite)
	if err != nil {
		return WorkflowOut{}, err
	}
	w, err := s.store.RestoreWorkflow(ctx, a.Owner(), in.ID)
	if err != nil {
		return WorkflowOut{}, err
	}
	s.record(ctx, flow.AuditWorkflowRestored, in.ID.String())
	return WorkflowOut{Workflow: w}, nil
}

// ExportWorkflow returns a workflow as a document of its own. It carries the names of
// secrets, never a value.
func (s *Service) ExportWorkflow(ctx context.Context, in ByID) (flow.Document, error) {
	out, err := s.Workflow(ctx, in)
	if err != nil {
		return flow.Document{}, err
	}
	s.record(ctx, flow.AuditWorkflowExported, in.ID.String())
	w := out.Workflow
	return flow.Document{Name: w.Name, Description: w.Description, Tags: w.Tags, Nodes: w.Nodes, Edges: w.Edges}, nil
}

// missingSecrets returns the secrets a workflow asks for that the owner does not keep.
func (s *Service) missingSecrets(ctx context.Context, o flow.Owner, w flow.Workflow) ([]string, error) {
	g, err := flow.ParseGraph(w.Nodes, w.Edges)
	if err != nil {
		return nil, err
	}
	names := s.registry.SecretNames(g.Nodes)
	if len(names) == 0 {
		return nil, nil
	}
	list, err := s.store.Secrets(ctx, o)
	return slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(list, func(n flow.StoredSecret) bool { return n.Name == name })
	}), err
}

// DuplicateWorkflow saves a copy under a new name.
func (s *Service) DuplicateWorkflow(ctx context.Context, in ByID) (WorkflowOut, error) {
	from, err := s.Workflow(ctx, in)
	if err != nil {
		return WorkflowOut{}, err
	}
	w := from.Workflow
	return s.CreateWorkflow(ctx, CreateWorkflow{Body: WorkflowDraft{
		Name: copyName(w.Name), Description: w.Description, Tags: w.Tags, Nodes: w.Nodes, Edges: w.Edges,
	}})
}

func copyName(name string) string {
	const suffix = " (copy)"
	runes := []rune(name)
	if limit := flow.MaxName - len(suffix); len(runes) > limit {
		runes = runes[:limit]
	}
	return string(runes) + suffix
}
