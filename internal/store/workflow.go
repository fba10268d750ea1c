package store

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"heddle/internal/flow"
)

type workflowRow struct {
	ID               flow.ID
	UserID           flow.ID
	Name             string
	Description      string
	Nodes            string
	Edges            string
	Steps            int
	Version          int
	IsPublished      bool
	PublishedVersion int
	CreatedAt        int64
	UpdatedAt        int64
	DeletedAt        *int64
}

func (r workflowRow) workflow(tags []string) flow.Workflow {
	return flow.Workflow{
		ID: r.ID, UserID: r.UserID, Name: r.Name, Description: r.Description, Nodes: json.RawMessage(r.Nodes), Edges: json.RawMessage(r.Edges),
		Version: r.Version, IsPublished: r.IsPublished, PublishedVersion: r.PublishedVersion, Tags: tags, CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt),
	}
}

// steps counts the nodes of a graph that may be broken.
func steps(nodes json.RawMessage) int {
	g, _ := flow.ParseGraph(nodes, nil) // the shape was checked before
	return len(g.Steps().Nodes)
}

// CreateWorkflow stores a workflow of the owner with its first version.
func (s *Store) CreateWorkflow(ctx context.Context, o flow.Owner, w flow.Workflow, author string) error {
	now := micros(time.Now())
	return failed("create workflow", s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.NewRaw(`INSERT INTO workflows (id, user_id, name, description, nodes, edges, steps, version, is_published, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)`,
			w.ID, o, w.Name, w.Description, string(w.Nodes), string(w.Edges), steps(w.Nodes), w.IsPublished, now, now).Exec(ctx)
		if err != nil {
			return err
		}
		if err := putTags(ctx, tx, w.ID, w.Tags); err != nil {
			return err
		}
		w.Version = 1
		return putVersion(ctx, tx, w, author, "")
	}))
}

func putTags(ctx context.Context, tx *Tx, id flow.ID, tags []string) error {
	if _, err := tx.NewRaw("DELETE FROM workflow_tags WHERE workflow_id = ?", id).Exec(ctx); err != nil {
		return err
	}
	for i, t := range tags {
		if _, err := tx.NewRaw("INSERT INTO workflow_tags (workflow_id, position, tag) VALUES (?, ?, ?)", id, i, t).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func putVersion(ctx context.Context, tx *Tx, w flow.Workflow, author, note string) error {
	_, err := tx.NewRaw("INSERT INTO workflow_versions (workflow_id, version, nodes, edges, author, note, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		w.ID, w.Version, string(w.Nodes), string(w.Edges), author, note, micros(time.Now())).Exec(ctx)
	return err
}

// Workflow returns a workflow of the owner.
func (s *Store) Workflow(ctx context.Context, o flow.Owner, id flow.ID) (flow.Workflow, error) {
	r, err := s.workflowRow(ctx, &Tx{IDB: s.read}, o, id)
	if err != nil {
		return flow.Workflow{}, err
	}
	tags, err := s.tagsOf(ctx, []flow.ID{id})
	return r.workflow(orEmpty(tags[id])), err
}

func orEmpty(tags []string) []string {
	if tags == nil {
		return []string{}
	}
	return tags
}

// WorkflowVersion returns a workflow of the owner with the graph of that version;
// version 0 is the published one, or the newest where none is. A workflow that was
// deleted still has its versions, for runs that began before.
func (s *Store) WorkflowVersion(ctx context.Context, o flow.Owner, id flow.ID, version int) (flow.Workflow, error) {
	if version == 0 {
		w, err := s.Workflow(ctx, o, id)
		if err != nil || w.PublishedVersion == 0 || w.PublishedVersion == w.Version {
			return w, err
		}
		version = w.PublishedVersion
	}
	var r workflowRow
	err := s.read.NewRaw(`SELECT w.id, w.user_id, w.name, v.nodes, v.edges, v.version FROM workflows AS w
		JOIN workflow_versions AS v ON v.workflow_id = w.id WHERE w.id = ? AND v.version = ?`, id, version).Scan(ctx, &r)
	switch {
	case isNone(err):
		return flow.Workflow{}, missing(false, "version of the workflow", id)
	case err != nil:
		return flow.Workflow{}, failed("read version of workflow", err)
	case r.UserID != flow.ID(o):
		return flow.Workflow{}, missing(true, "workflow", id)
	}
	return r.workflow(nil), nil
}

func (s *Store) workflowRow(ctx context.Context, tx *Tx, o flow.Owner, id flow.ID) (workflowRow, error) {
	var r workflowRow
	err := tx.NewRaw("SELECT * FROM workflows WHERE id = ?", id).Scan(ctx, &r)
	switch {
	case isNone(err) || err == nil && r.DeletedAt != nil:
		return r, missing(false, "workflow", id)
	case err != nil:
		return r, failed("read workflow", err)
	case r.UserID != flow.ID(o):
		return r, missing(true, "workflow", id)
	}
	return r, nil
}

func (s *Store) tagsOf(ctx context.Context, ids []flow.ID) (map[flow.ID][]string, error) {
	out := map[flow.ID][]string{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []struct {
		WorkflowID flow.ID
		Tag        string
	}
	err := s.read.NewRaw("SELECT workflow_id, tag FROM workflow_tags WHERE workflow_id IN (?) ORDER BY workflow_id, position", list(ids)).Scan(ctx, &rows)
	for _, r := range rows {
		out[r.WorkflowID] = append(out[r.WorkflowID], r.Tag)
	}
	return out, failed("read tags", err)
}

// WorkflowChange holds what to change; nil fields stay.
type WorkflowChange struct {
	Name        *string
	Description *string
	Tags        *[]string
	Nodes       json.RawMessage
	Edges       json.RawMessage
	IfVersion   *int // refuse the change unless this is the current version
	Author      string
	Note        string
}

// UpdateWorkflow changes a workflow of the owner. A stale IfVersion is a
// [flow.Conflict] that carries the current version. The version grows only when
// nodes or edges change as JSON values.
func (s *Store) UpdateWorkflow(ctx context.Context, o flow.Owner, id flow.ID, ch WorkflowChange) (flow.Workflow, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		r, err := s.workflowRow(ctx, tx, o, id)
		if err != nil {
			return err
		}
		if ch.IfVersion != nil && *ch.IfVersion != r.Version {
			return stale(ctx, tx, r)
		}
		return ch.apply(ctx, tx, r)
	})
	if err != nil {
		return flow.Workflow{}, failed("update workflow", err)
	}
	return s.Workflow(ctx, o, id)
}

// stale says which version is saved, and by whom.
func stale(ctx context.Context, tx *Tx, r workflowRow) error {
	e := flow.Errorf(flow.Conflict, "The workflow was changed meanwhile: version %d is saved.", r.Version).
		WithHint("Load the saved version and make your change there, or save yours as a copy.")
	e.Version = r.Version
	var v struct {
		Author    string
		CreatedAt int64
	}
	err := tx.NewRaw("SELECT author, created_at FROM workflow_versions WHERE workflow_id = ? AND version = ?", r.ID, r.Version).Scan(ctx, &v)
	if err != nil && !isNone(err) {
		return err
	}
	if err == nil {
		e.SavedBy, e.SavedAt = v.Author, fromMicros(v.CreatedAt)
	}
	return e
}

func (ch WorkflowChange) apply(ctx context.Context, tx *Tx, r workflowRow) error {
	version := r.Version
	set := func(to *string, v *string) {
		if v != nil {
			*to = *v
		}
	}
	set(&r.Name, ch.Name)
	set(&r.Description, ch.Description)
	if ch.Nodes != nil && !sameJSON(ch.Nodes, r.Nodes) {
		r.Nodes, r.Steps, version = string(ch.Nodes), steps(ch.Nodes), r.Version+1
	}
	if ch.Edges != nil && !sameJSON(ch.Edges, r.Edges) {
		r.Edges, version = string(ch.Edges), r.Version+1
	}
	res, err := tx.NewRaw("UPDATE workflows SET name = ?, description = ?, nodes = ?, edges = ?, steps = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?",
		r.Name, r.Description, r.Nodes, r.Edges, r.Steps, version, micros(time.Now()), r.ID, r.Version).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 { // PostgreSQL: another write came between
		if err == nil {
			err = stale(ctx, tx, r)
		}
		return err
	}
	if ch.Tags != nil {
		if err := putTags(ctx, tx, r.ID, *ch.Tags); err != nil {
			return err
		}
	}
	if version == r.Version {
		return nil
	}
	r.Version = version
	return putVersion(ctx, tx, r.workflow(nil), ch.Author, ch.Note)
}

// sameJSON reports whether two documents are equal value for value.
func sameJSON(a json.RawMessage, b string) bool {
	if string(a) == b {
		return true
	}
	x, errX := decode(a)
	y, errY := decode([]byte(b))
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

func decode(raw []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// DeleteWorkflow hides a workflow of the owner; its runs stay and forget it until
// it is restored.
func (s *Store) DeleteWorkflow(ctx context.Context, o flow.Owner, id flow.ID) error {
	return failed("delete workflow", s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := s.workflowRow(ctx, tx, o, id); err != nil {
			return err
		}
		if _, err := tx.NewRaw("UPDATE workflows SET deleted_at = ? WHERE id = ? AND user_id = ?", micros(time.Now()), id, o).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewRaw("UPDATE runs SET former_workflow_id = workflow_id, workflow_id = NULL WHERE workflow_id = ?", id).Exec(ctx)
		return err
	}))
}

// RestoreWorkflow brings a deleted workflow of the owner back, with its runs.
func (s *Store) RestoreWorkflow(ctx context.Context, o flow.Owner, id flow.ID) (flow.Workflow, error) {
	err := s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		res, err := tx.NewRaw("UPDATE workflows SET deleted_at = NULL WHERE id = ? AND user_id = ? AND deleted_at IS NOT NULL", id, o).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err // there, or never was: Workflow below tells
		}
		_, err = tx.NewRaw("UPDATE runs SET workflow_id = former_workflow_id, former_workflow_id = NULL WHERE former_workflow_id = ?", id).Exec(ctx)
		return err
	})
	if err != nil {
		return flow.Workflow{}, failed("restore workflow", err)
	}
	return s.Workflow(ctx, o, id)
}

// PurgeDeleted removes the workflows that were deleted before a time, and returns how many.
func (s *Store) PurgeDeleted(ctx context.Context, before time.Time) (int, error) {
	res, err := s.write.NewRaw("DELETE FROM workflows WHERE deleted_at < ?", micros(before)).Exec(ctx)
	if err != nil {
		return 0, failed("purge workflows", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// Workflows returns a page of the owner's workflows, newest change first.
func (s *Store) Workflows(ctx context.Context, o flow.Owner, q flow.WorkflowQuery) (flow.WorkflowList, error) {
	out := flow.WorkflowList{Query: q, Workflows: []flow.WorkflowSummary{}}
	where, args := "user_id = ? AND deleted_at IS NULL", []any{o}
	if q.Query != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(q.Query)) + "%"
		where += ` AND (lower(name) LIKE ? ESCAPE '\' OR lower(description) LIKE ? ESCAPE '\')`
		args = append(args, like, like)
	}
	if q.Tag != "" {
		where += " AND EXISTS (SELECT 1 FROM workflow_tags t WHERE t.workflow_id = workflows.id AND t.tag = ?)"
		args = append(args, q.Tag)
	}
	var total int
	if err := s.read.NewRaw("SELECT count(*) FROM workflows WHERE "+where, args...).Scan(ctx, &total); err != nil {
		return out, failed("count workflows", err)
	}
	out.Pagination = flow.Paginate(q.Page, q.Limit, total)
	var rows []struct {
		workflowRow
		Runs int
	}
	err := s.read.NewRaw(`SELECT id, name, description, steps, version, is_published, created_at, updated_at,
		(SELECT count(*) FROM runs WHERE runs.workflow_id = workflows.id) AS runs
		FROM workflows WHERE `+where+` ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?`, append(args, q.Limit, (q.Page-1)*q.Limit)...).Scan(ctx, &rows)
	if err != nil {
		return out, failed("list workflows", err)
	}
	ids := make([]flow.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
		out.Workflows = append(out.Workflows, flow.WorkflowSummary{
			ID: r.ID, Name: r.Name, Description: r.Description, Version: r.Version, IsPublished: r.IsPublished,
			CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt), Count: flow.Count{Runs: r.Runs}, Steps: r.Steps,
		})
	}
	if err := s.decorate(ctx, out.Workflows, ids); err != nil {
		return out, err
	}
	out.Tags, err = s.allTags(ctx, o)
	return out, err
}

// decorate adds tags and the newest run.
func (s *Store) decorate(ctx context.Context, list []flow.WorkflowSummary, ids []flow.ID) error {
	tags, err := s.tagsOf(ctx, ids)
	if err != nil {
		return err
	}
	for i := range list {
		w := &list[i]
		w.Tags = orEmpty(tags[w.ID])
		if w.Count.Runs == 0 {
			continue
		}
		var r struct {
			ID        flow.ID
			Status    flow.RunStatus
			CreatedAt int64
		}
		err := s.read.NewRaw("SELECT id, status, created_at FROM runs WHERE workflow_id = ? ORDER BY created_at DESC LIMIT 1", w.ID).Scan(ctx, &r)
		if err != nil && !isNone(err) {
			return failed("read last run", err)
		}
		w.LastRun = &flow.RunBrief{ID: r.ID, Status: r.Status, CreatedAt: fromMicros(r.CreatedAt)}
	}
	return nil
}

func (s *Store) allTags(ctx context.Context, o flow.Owner) ([]string, error) {
	tags := []string{}
	err := s.read.NewRaw(`SELECT DISTINCT tag FROM workflow_tags JOIN workflows ON workflows.id = workflow_tags.workflow_id
		WHERE workflows.user_id = ? AND workflows.deleted_at IS NULL ORDER BY tag`, o).Scan(ctx, &tags)
	return tags, failed("list tags", err)
}
