package store

import (
	"context"

	"heddle/internal/flow"
)

// Versions returns a page of the saved versions of a workflow of the owner, the newest
// first, without their graphs.
func (s *Store) Versions(ctx context.Context, o flow.Owner, id flow.ID, page, limit int) (flow.VersionList, error) {
	w, err := s.Workflow(ctx, o, id)
	if err != nil {
		return flow.VersionList{}, err
	}
	out := flow.VersionList{Workflow: w, Versions: []flow.VersionBrief{}}
	var total int
	if err := s.read.NewRaw("SELECT count(*) FROM workflow_versions WHERE workflow_id = ?", id).Scan(ctx, &total); err != nil {
		return out, failed("count versions", err)
	}
	out.Pagination = flow.Paginate(page, limit, total)
	var rows []struct {
		Version   int
		Author    string
		Note      string
		CreatedAt int64
	}
	err = s.read.NewRaw("SELECT version, author, note, created_at FROM workflow_versions WHERE workflow_id = ? ORDER BY version DESC LIMIT ? OFFSET ?", id, limit, (page-1)*limit).Scan(ctx, &rows)
	for _, r := range rows {
		out.Versions = append(out.Versions, flow.VersionBrief{
			Version: r.Version, Author: r.Author, Note: r.Note, CreatedAt: fromMicros(r.CreatedAt), IsCurrent: r.Version == w.Version, IsPublished: r.Version == w.PublishedVersion,
		})
	}
	return out, failed("list versions", err)
}

// Version returns one saved version of a workflow of the owner with its graph.
func (s *Store) Version(ctx context.Context, o flow.Owner, id flow.ID, version int) (flow.WorkflowVersion, error) {
	if _, err := s.Workflow(ctx, o, id); err != nil {
		return flow.WorkflowVersion{}, err
	}
	var r struct {
		Nodes, Edges, Author, Note string
		CreatedAt                  int64
	}
	err := s.read.NewRaw("SELECT nodes, edges, author, note, created_at FROM workflow_versions WHERE workflow_id = ? AND version = ?", id, version).Scan(ctx, &r)
	if isNone(err) {
		return flow.WorkflowVersion{}, noVersion(version)
	}
	return flow.WorkflowVersion{
		WorkflowID: id, Version: version, Nodes: raw(r.Nodes), Edges: raw(r.Edges), Author: r.Author, Note: r.Note, CreatedAt: fromMicros(r.CreatedAt),
	}, failed("read version", err)
}

func noVersion(n int) error {
	return flow.Errorf(flow.NotFound, "The workflow has no version %d.", n)
}

// Publish says which version of a workflow of the owner others run: steps that call it
// and messages to its webhooks. 0: none, so they run what was saved last.
func (s *Store) Publish(ctx context.Context, o flow.Owner, id flow.ID, version int) (flow.Workflow, error) {
	if version != 0 {
		if _, err := s.Version(ctx, o, id, version); err != nil {
			return flow.Workflow{}, err
		}
	}
	_, err := s.write.NewRaw("UPDATE workflows SET published_version = ?, is_published = ? WHERE id = ? AND user_id = ? AND deleted_at IS NULL", version, version != 0, id, o).Exec(ctx)
	if err != nil {
		return flow.Workflow{}, failed("publish workflow", err)
	}
	return s.Workflow(ctx, o, id)
}
