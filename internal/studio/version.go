package studio

import (
	"context"
	"fmt"

	"heddle/internal/flow"
)

// ListVersions selects a page of a workflow's versions.
type ListVersions struct {
	ID    flow.ID `path:"id" maxLength:"64"`
	Page  int     `query:"page" minimum:"1" maximum:"1000000" default:"1" doc:"Page number, from 1."`
	Limit int     `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Entries a page."`
}

// VersionPage is one page of a workflow's versions.
type VersionPage struct {
	Versions   []flow.VersionBrief `json:"versions"`
	Pagination flow.Pagination     `json:"pagination"`
}

// Versions returns a page of a workflow's versions, the newest first.
func (s *Service) Versions(ctx context.Context, in ListVersions) (VersionPage, error) {
	list, err := s.VersionsPage(ctx, in)
	return VersionPage{Versions: list.Versions, Pagination: list.Pagination}, err
}

// VersionsPage is Versions with what its page shows around the list.
func (s *Service) VersionsPage(ctx context.Context, in ListVersions) (flow.VersionList, error) {
	a, err := flow.Require(ctx, flow.ScopeGraphRead)
	if err != nil {
		return flow.VersionList{}, err
	}
	return s.store.Versions(ctx, a.Owner(), in.ID, max(in.Page, 1), orDefault(in.Limit, 20))
}

// ByVersion names one version of a workflow.
type ByVersion struct {
	ID      flow.ID `path:"id" maxLength:"64"`
	Version int     `path:"version" minimum:"1"`
}

// VersionOut carries one version.
type VersionOut struct {
	Version flow.WorkflowVersion `json:"version"`
}

// Version returns one version with its graph.
func (s *Service) Version(ctx context.Context, in ByVersion) (VersionOut, error) {
	a, err := flow.Require(ctx, flow.ScopeGraphRead)
	if err != nil {
		return VersionOut{}, err
	}
	v, err := s.store.Version(ctx, a.Owner(), in.ID, in.Version)
	return VersionOut{Version: v}, err
}

// RestoreVersion saves the graph of an earlier version as the newest. Nothing is lost:
// what was saved last stays as the version before.
func (s *Service) RestoreVersion(ctx context.Context, in ByVersion) (WorkflowOut, error) {
	a, err := flow.Require(ctx, flow.ScopeGraphWrite)
	if err != nil {
		return WorkflowOut{}, err
	}
	v, err := s.store.Version(ctx, a.Owner(), in.ID, in.Version)
	if err != nil {
		return WorkflowOut{}, err
	}
	return s.UpdateWorkflow(ctx, UpdateWorkflow{ID: in.ID, Body: WorkflowPatch{Nodes: v.Nodes, Edges: v.Edges, Note: fmt.Sprintf("Version %d again", v.Version)}})
}

// Publish is the input of the use case of the same name.
type Publish struct {
	ID   flow.ID `path:"id" maxLength:"64"`
	Body *PublishBody
}

// PublishBody says which version; nil: the one saved last.
type PublishBody struct {
	Version int `json:"version,omitempty" minimum:"0" doc:"The version to publish; the one saved last when left out."`
}

// Publish says which version steps of other workflows and webhooks run. What is saved
// afterwards changes nothing for them until it is published too.
func (s *Service) Publish(ctx context.Context, in Publish) (WorkflowOut, error) {
	a, err := flow.Require(ctx, flow.ScopeGraphWrite)
	if err != nil {
		return WorkflowOut{}, err
	}
	version := 0
	if in.Body != nil {
		version = in.Body.Version
	}
	if version == 0 {
		w, err := s.store.Workflow(ctx, a.Owner(), in.ID)
		if err != nil {
			return WorkflowOut{}, err
		}
		version = w.Version
	}
	w, err := s.store.Publish(ctx, a.Owner(), in.ID, version)
	return WorkflowOut{Workflow: w}, err
}

// Unpublish lets others run what was saved last again.
func (s *Service) Unpublish(ctx context.Context, in ByID) (WorkflowOut, error) {
	a, err := flow.Require(ctx, flow.ScopeGraphWrite)
	if err != nil {
		return WorkflowOut{}, err
	}
	if _, err := s.store.Workflow(ctx, a.Owner(), in.ID); err != nil {
		return WorkflowOut{}, err
	}
	w, err := s.store.Publish(ctx, a.Owner(), in.ID, 0)
	return WorkflowOut{Workflow: w}, err
}
