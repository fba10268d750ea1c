package nodes

import (
	"context"
	"strings"
	"time"

	"heddle/internal/flow"
	"heddle/internal/node"
)

type approvalParams struct {
	Question string   `json:"question"`
	Expires  *float64 `json:"expires"`
	Silence  string   `json:"silence"`
}

// What happens when nobody answers in time.
const (
	silenceReject  = "reject"
	silenceApprove = "approve"
	silenceFail    = "fail"
)

func approvalKind() node.Kind {
	return node.Define(node.Spec{
		Type:    "approval",
		Version: 1,
		Title:   "Approval",
		Summary: "Asks a person before the run goes on.",
		Docs: "Shows the question and what arrived, and waits until someone approves or rejects it: on the step, on the page of the run, or through the API. " +
			"The value then leaves through the output of that decision; the other side does not run. A waiting run needs no worker and survives restarts.",
		Category: "Logic",
		Icon:     "approval",
		Color:    string(flow.TypeAny),
		Purity:   node.Effect,
		Waits:    true,
		Inputs:   []node.Port{{Name: "in", Label: "Value", Type: flow.TypeAny, Help: "What is to be approved; it is passed on unchanged."}},
		Outputs: []node.Port{
			{Name: "approved", Label: "Approved", Type: flow.TypeAny, Help: "The value, when it was approved."},
			{Name: "rejected", Label: "Rejected", Type: flow.TypeAny, Help: "The value, when it was rejected."},
			{Name: "comment", Label: "Comment", Type: flow.TypeText, Help: "What the person wrote with the decision."},
		},
		Fields: []node.Field{
			{
				Key: "question", Label: "Question", Widget: node.WidgetTextarea, Template: true,
				Help: "What the person is asked. Write {{name}} to make an input of that name.", Placeholder: "May this be published?",
			},
			{Key: "expires", Label: "Answer within, in seconds", Widget: node.WidgetNumber, Min: new(1.0), Max: new(maxWait.Seconds()), Help: "Empty: it waits for ever. 86400 is a day.", Placeholder: "For ever"},
			{
				Key: "silence", Label: "When nobody answers", Widget: node.WidgetSelect, Default: silenceReject,
				Options: []node.Option{{Value: silenceReject, Label: "Reject"}, {Value: silenceApprove, Label: "Approve"}, {Value: silenceFail, Label: "Fail"}},
				Help:    "What counts when the time is over.",
			},
		},
		Input: "question",
	}, runApproval)
}

func runApproval(_ context.Context, p approvalParams, c node.Call) (node.Result, error) {
	if c.Resume == nil {
		return node.Result{}, p.ask(time.Now())
	}
	a, err := p.decision(c.Resume)
	if err != nil {
		return node.Result{}, err
	}
	side, word := "rejected", "Rejected"
	if a.Approved {
		side, word = "approved", "Approved"
	}
	v := c.Inputs["in"]
	if v.IsZero() {
		v = flow.Text(word)
	}
	out := flow.Values{side: v}
	if a.Comment != "" {
		out["comment"] = flow.Text(a.Comment)
	}
	return node.Result{Outputs: out, Meta: flow.Meta{"decision": side}}, nil
}

// ask is the wait for a person.
func (p approvalParams) ask(now time.Time) error {
	w := &node.Wait{Question: strings.TrimSpace(p.Question), Reason: "waits for an approval"}
	if w.Question == "" {
		w.Question = "May this go on?"
	}
	if p.Expires != nil {
		if *p.Expires < 1 || *p.Expires > maxWait.Seconds() {
			return tooLong()
		}
		w.Until = now.Add(time.Duration(*p.Expires * float64(time.Second)))
	}
	return w
}

// decision is what the person said, or what counts without an answer.
func (p approvalParams) decision(r *node.Resume) (flow.Answer, error) {
	if r.Answer != nil {
		return *r.Answer, nil
	}
	switch p.Silence {
	case silenceApprove:
		return flow.Answer{Approved: true, Comment: "Nobody answered in time."}, nil
	case silenceFail:
		return flow.Answer{}, flow.Errorf(flow.Conflict, "Nobody answered in time.").WithHint("Run the workflow again, or give more time.")
	}
	return flow.Answer{Comment: "Nobody answered in time."}, nil
}
