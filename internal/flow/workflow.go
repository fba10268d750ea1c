package flow

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of a workflow, product.md sections 2 and 9.
const (
	MaxName        = 100
	MaxDescription = 500
	MaxTags        = 20
	MaxTag         = 40
	MaxNodes       = 10_000
	MaxEdges       = 20_000
	MaxDepth       = 64 // nesting of the JSON
)

// Workflow is a saved graph. Nodes and Edges hold the JSON arrays exactly as they
// came, so that unknown fields and unknown node types survive untouched.
type Workflow struct {
	ID          ID              `json:"id"`
	UserID      ID              `json:"userId"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Nodes       json.RawMessage `json:"nodes"`
	Edges       json.RawMessage `json:"edges"`
	Version     int             `json:"version"` // 1, +1 on each save that changes nodes or edges
	IsPublished bool            `json:"isPublished"`
	// PublishedVersion is what steps of other workflows and webhooks run; 0: what was
	// saved last.
	PublishedVersion int       `json:"publishedVersion,omitzero"`
	Tags             []string  `json:"tags"`
	CreatedAt        time.Time `json:"createdAt"`
	UpdatedAt        time.Time `json:"updatedAt"`
}

// WorkflowVersion is one saved state of a graph. Every one is kept.
type WorkflowVersion struct {
	WorkflowID ID              `json:"workflowId"`
	Version    int             `json:"version"`
	Nodes      json.RawMessage `json:"nodes"`
	Edges      json.RawMessage `json:"edges"`
	Author     string          `json:"author"` // email of who saved it
	Note       string          `json:"note"`
	CreatedAt  time.Time       `json:"createdAt"`
}

// VersionBrief is a version in a list: no graph.
type VersionBrief struct {
	Version     int       `json:"version"`
	Author      string    `json:"author"` // email of who saved it
	Note        string    `json:"note"`
	CreatedAt   time.Time `json:"createdAt"`
	IsCurrent   bool      `json:"isCurrent"`
	IsPublished bool      `json:"isPublished"`
}

// VersionList is one page of a workflow's versions, newest first.
type VersionList struct {
	Workflow   Workflow
	Versions   []VersionBrief
	Pagination Pagination
}

// Count is the "_count" member of a listed workflow.
type Count struct {
	Runs int `json:"runs"`
}

// WorkflowSummary is a workflow in a list: no graph.
type WorkflowSummary struct {
	ID          ID        `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Version     int       `json:"version"`
	IsPublished bool      `json:"isPublished"`
	Tags        []string  `json:"tags"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
	Count       Count     `json:"_count"`
	Steps       int       `json:"-"` // number of nodes, for the page
	LastRun     *RunBrief `json:"-"` // newest run, for the page
}

// WorkflowQuery selects a page of workflows, newest change first.
type WorkflowQuery struct {
	Query string // in name or description, case-insensitive; empty: all
	Tag   string // exactly this tag; empty: all
	Page  int    // 1..
	Limit int    // 1..100
}

// WorkflowList is one page of workflows, with what the filters offer.
type WorkflowList struct {
	Workflows  []WorkflowSummary
	Pagination Pagination
	Query      WorkflowQuery
	Tags       []string // every tag of the owner, sorted
}

// Pagination says which part of a list this is.
type Pagination struct {
	Page  int `json:"page"`
	Limit int `json:"limit"`
	Total int `json:"total"`
	Pages int `json:"pages"`
}

// Paginate returns the pagination of a list with total entries.
func Paginate(page, limit, total int) Pagination {
	return Pagination{Page: page, Limit: limit, Total: total, Pages: (total + limit - 1) / limit}
}

// Check returns an [Invalid] error that lists everything wrong with the
// workflow's own fields. It does not look into the graph: saving a broken graph
// is allowed (rule E4).
func (w *Workflow) Check() error {
	var p []Problem
	if n := utf8.RuneCountInString(strings.TrimSpace(w.Name)); n == 0 || n > MaxName {
		p = append(p, Problem{Path: "name", Message: "Give a name of 1 to 100 characters."})
	}
	if utf8.RuneCountInString(w.Description) > MaxDescription {
		p = append(p, Problem{Path: "description", Message: "Keep the description within 500 characters."})
	}
	if len(w.Tags) > MaxTags {
		p = append(p, Problem{Path: "tags", Message: "Use at most 20 tags."})
	}
	for _, t := range w.Tags {
		if t == "" || utf8.RuneCountInString(t) > MaxTag || strings.ContainsAny(t, ",\n") {
			p = append(p, Problem{Path: "tags", Message: "A tag has 1 to 40 characters and no comma."})
			break
		}
	}
	if len(p) > 0 {
		return Errorf(Invalid, "The workflow breaks %s.", plural(len(p), "rule")).With(p...)
	}
	return nil
}

// CleanTags returns the tags trimmed, without empties and repeats, in order.
func CleanTags(tags []string) []string {
	out := make([]string, 0, len(tags))
	for _, t := range tags {
		if t = strings.TrimSpace(t); t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
