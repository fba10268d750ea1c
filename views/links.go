package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"heddle/internal/flow"
)

// WorkflowPath returns the path of a workflow's editor.
func WorkflowPath(id flow.ID) string { return "/workflows/" + url.PathEscape(string(id)) }

// thumbnailPath returns the path of a workflow's picture as it is in this version.
func thumbnailPath(w flow.WorkflowSummary) string {
	return WorkflowPath(w.ID) + "/thumbnail.svg?v=" + strconv.Itoa(w.Version)
}

// RunPath returns the path of a run's page.
func RunPath(id flow.ID) string { return "/runs/" + url.PathEscape(string(id)) }

// RunGraphPath returns the path of a run on the canvas.
func RunGraphPath(id flow.ID) string { return RunPath(id) + "/graph" }

// FilePath returns the path of an uploaded file.
func FilePath(id flow.ID) string { return "/api/files/" + url.PathEscape(string(id)) }

// ValuePath returns the path of a large value, whole.
func ValuePath(hash string) string { return "/api/values/" + url.PathEscape(hash) }

// RunRowID returns the element id of a run's row; page scripts use it too.
func RunRowID(id flow.ID) string { return "row-" + string(id) }

// String returns the path with its query.
func (l Listing) String() string {
	var b strings.Builder
	b.WriteString(l.Path)
	sep := byte('?')
	for _, kv := range l.Values {
		if kv[1] == "" {
			continue
		}
		b.WriteByte(sep)
		b.WriteString(url.QueryEscape(kv[0]) + "=" + url.QueryEscape(kv[1]))
		sep = '&'
	}
	return b.String()
}

// At returns the listing's path at the given page; the first has no number.
func (l Listing) At(page int) string {
	n := ""
	if page > 1 {
		n = strconv.Itoa(page)
	}
	values := append(slices.Clip(l.Values), [2]string{"page", n})
	return Listing{Path: l.Path, Values: values}.String()
}

func workflowListing(q flow.WorkflowQuery) Listing {
	return Listing{"/workflows", [][2]string{{"query", q.Query}, {"tag", q.Tag}}}
}

func runListing(q flow.RunQuery) Listing {
	return Listing{"/runs", [][2]string{
		{"workflowId", string(q.WorkflowID)},
		{"status", string(q.Status)},
		{"source", string(q.Source)},
		{"from", day(q.From)},
		{"to", lastDay(q.To)},
	}}
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func link(path string) templ.SafeURL { return templ.SafeURL(path) }

// lastDay writes the end of a half-open span of days as its last day, which is
// what people choose and read.
func lastDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return day(t.Add(-time.Nanosecond))
}
