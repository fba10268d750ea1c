package web

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/internal/studio"
	"heddle/views"
)

func (s *Server) runsPage(c *fiber.Ctx) error {
	in := studio.ListRuns{
		Page: pageNumber(c), Limit: 25, WorkflowID: flow.ID(c.Query("workflowId")),
		Status: oneOf(flow.RunStatuses(), c.Query("status")), Source: oneOf(flow.Sources(), c.Query("source")),
		From: dayOf(c.Query("from")),
	}
	if to := dayOf(c.Query("to")); !to.IsZero() {
		in.To = to.AddDate(0, 0, 1) // the last day belongs to it
	}
	list, err := s.Studio.RunsPage(c.UserContext(), in)
	if err != nil {
		return err
	}
	p, content := views.Runs(list)
	return s.render(c, p, content)
}

// oneOf returns s when it is in the list, else nothing: a filter nobody knows filters nothing.
func oneOf[T ~string](known []T, s string) T {
	if slices.Contains(known, T(s)) {
		return T(s)
	}
	return ""
}

func dayOf(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func (s *Server) cancelRun(c *fiber.Ctx) error {
	id := flow.ID(c.Params("id"))
	_, err := s.Studio.CancelRun(c.UserContext(), studio.ByID{ID: id})
	if err != nil && flow.KindOf(err) != flow.Conflict {
		return hidden(err)
	}
	return s.see(c, views.RunPath(id), nil)
}

// replayRun starts what the run ran once more, and shows the new run.
func (s *Server) replayRun(c *fiber.Ctx) error {
	id := flow.ID(c.Params("id"))
	out, err := s.Studio.Replay(c.UserContext(), studio.Replay{ID: id, Body: &studio.ReplayBody{FromNodeID: clip(c.FormValue("from"), 200)}})
	if err != nil {
		if e := known(err); e.Kind == flow.Invalid {
			return s.see(c, views.RunPath(id), &views.Flash{Text: strings.TrimSpace("Not started. " + e.Message + " " + e.Hint), Fail: true})
		}
		return hidden(err)
	}
	return s.see(c, views.RunPath(out.RunID), &views.Flash{Text: "This is a new run. The earlier one stays as it was."})
}

// answerStep takes the form by which a person answers a waiting step.
func (s *Server) answerStep(c *fiber.Ctx) error {
	id := flow.ID(c.Params("id"))
	in := studio.AnswerStep{ID: id, NodeID: c.FormValue("node"), Body: studio.AnswerBody{Iteration: clip(c.FormValue("iteration"), 100), Approved: c.FormValue("approved") == "yes", Comment: c.FormValue("comment")}}
	flash := &views.Flash{Text: "Rejected."}
	if in.Body.Approved {
		flash.Text = "Approved."
	}
	if _, err := s.Studio.AnswerStep(c.UserContext(), in); flow.KindOf(err) == flow.Conflict {
		flash = &views.Flash{Text: "The step does not wait for an answer any more.", Fail: true}
	} else if err != nil {
		return hidden(err)
	}
	return s.see(c, views.RunPath(id), flash)
}

// eventStream answers a run's events as server-sent events when the client asks
// for them, and follows the run; other clients get JSON from the next route.
func (s *Server) eventStream(c *fiber.Ctx) error {
	if !strings.Contains(c.Get(fiber.HeaderAccept), "text/event-stream") {
		return c.Next()
	}
	id, after := flow.ID(c.Params("id")), int64(0)
	for _, v := range []string{c.Query("after"), c.Get("Last-Event-ID")} {
		if v == "" {
			continue
		}
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 {
			return flow.Errorf(flow.Malformed, "after must be a number from 0.")
		}
		after = n
	}
	if _, err := s.Studio.RunEvents(c.UserContext(), studio.After{ID: id, Limit: 1}); err != nil {
		return err // before the stream begins, so that it has a status
	}
	ctx, done := s.live.context(c.UserContext())
	c.Set(fiber.HeaderContentType, "text/event-stream")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer done()
		for f, err := range s.Studio.Watch(ctx, studio.Watch{RunID: id, After: after, Replay: true}) {
			if err != nil || writeEvent(w, f) != nil {
				return
			}
		}
	})
	return nil
}

// writeEvent writes one event and sends it.
func writeEvent(w *bufio.Writer, f studio.LiveFrame) error {
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", f.Event.Seq, f.Event.Type, raw); err != nil {
		return err
	}
	return w.Flush()
}
