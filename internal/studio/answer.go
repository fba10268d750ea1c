package studio

import (
	"context"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// AnswerBody is what a person says to a step that waits for an approval.
type AnswerBody struct {
	Iteration string `json:"iteration,omitempty" maxLength:"100" doc:"Of a step that another one called: which call it is of, as the run's results name it."`
	Approved  bool   `json:"approved" doc:"true lets the value pass on the output approved, false on rejected."`
	Comment   string `json:"comment,omitempty" maxLength:"2000" doc:"Given on the output comment."`
}

// AnswerStep names the waiting step and says the answer.
type AnswerStep struct {
	ID     flow.ID `path:"id" maxLength:"64"`
	NodeID string  `path:"node" maxLength:"200" doc:"The step that waits."`
	Body   AnswerBody
}

// AnswerStep answers a step that waits; the run goes on, on whichever machine has
// room for it (rule E23). A step that does not wait, or was answered already, is a
// [flow.Conflict].
func (s *Service) AnswerStep(ctx context.Context, in AnswerStep) (RunOut, error) {
	a, err := flow.Require(ctx, flow.ScopeRunStart)
	if err != nil {
		return RunOut{}, err
	}
	if strings.ContainsFunc(in.NodeID+in.Body.Iteration, unicode.IsControl) {
		return RunOut{}, flow.Errorf(flow.Invalid, "There is no such step.")
	}
	answer := flow.Answer{NodeID: in.NodeID, Iteration: in.Body.Iteration, Approved: in.Body.Approved, Comment: in.Body.Comment, By: a.User.ID, At: time.Now().UTC()}
	enqueue := func(ctx context.Context, tx *store.Tx) (string, error) { return s.queue.Enqueue(ctx, tx, in.ID) }
	if err := s.store.Answer(ctx, a.Owner(), in.ID, answer, enqueue); err != nil {
		return RunOut{}, err
	}
	s.queue.Wake()
	s.log.InfoContext(ctx, "step answered", slog.String("run_id", in.ID.String()), slog.String("node_id", in.NodeID), slog.Bool("approved", answer.Approved))
	r, err := s.store.RunDetail(ctx, a.Owner(), in.ID, 20)
	return RunOut{Run: r}, err
}
