package studio

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"heddle/internal/flow"
	"heddle/internal/identity"
	"heddle/internal/vault"
)

// HooksOut carries the actor's webhooks, without secrets.
type HooksOut struct {
	Webhooks []flow.Hook `json:"webhooks"`
}

// HookOut carries one webhook.
type HookOut struct {
	Webhook flow.Hook `json:"webhook"`
}

// NewHookOut carries a new webhook with what is shown this once.
type NewHookOut struct {
	Webhook flow.Hook `json:"webhook"`
	Path    string    `json:"path" doc:"Where messages are sent to, below the server's address. An unsigned webhook's ends with its secret, and is shown this once."`
	Secret  string    `json:"secret,omitempty" doc:"The signing secret that was made, shown this once."`
}

// Hooks lists the actor's webhooks. No route ever answers a secret again.
func (s *Service) Hooks(ctx context.Context, _ struct{}) (HooksOut, error) {
	a, err := s.session(ctx)
	if err != nil {
		return HooksOut{}, err
	}
	list, err := s.store.Hooks(ctx, a.Owner())
	return HooksOut{Webhooks: list}, err
}

// HookDraft is a webhook to make.
type HookDraft struct {
	Name       string        `json:"name" minLength:"1" maxLength:"100"`
	WorkflowID flow.ID       `json:"workflowId" maxLength:"64" doc:"The workflow that each message runs: its published version, else what was saved last."`
	Kind       flow.HookKind `json:"kind,omitempty" enum:"standard,github,stripe,slack,unsigned" doc:"How messages are signed; standard when left out."`
	Secret     flow.Secret   `json:"secret,omitempty" doc:"The signing secret. Left out, one is made; that of Stripe and Slack comes from them and can be set later."`
}

// CreateHook is the input of the use case of the same name.
type CreateHook struct {
	Body HookDraft
}

// CreateHook makes an address at which messages start runs of a workflow. Only a
// person in a browser may: it lets others start runs in their name.
func (s *Service) CreateHook(ctx context.Context, in CreateHook) (NewHookOut, error) {
	a, err := s.session(ctx)
	if err != nil {
		return NewHookOut{}, err
	}
	if s.secrets.Vault == nil {
		return NewHookOut{}, errNoVault()
	}
	h, err := s.newHook(ctx, a, in.Body)
	if err != nil {
		return NewHookOut{}, err
	}
	secret, made, err := hookSecret(h.Kind, in.Body.Secret)
	if err != nil {
		return NewHookOut{}, err
	}
	n, box, err := s.sealHook(h, secret)
	if err != nil {
		return NewHookOut{}, err
	}
	if err := s.store.CreateHook(ctx, a.Owner(), h, n, box); err != nil {
		return NewHookOut{}, err
	}
	s.record(ctx, flow.AuditHookCreated, h.ID.String())
	out := NewHookOut{Path: h.Path()}
	switch {
	case h.Kind == flow.HookUnsigned:
		out.Path += "/" + secret.Reveal()
	case made:
		out.Secret = secret.Reveal()
	}
	out.Webhook, err = s.store.Hook(ctx, a.Owner(), h.ID)
	return out, err
}

func (s *Service) newHook(ctx context.Context, a flow.Actor, d HookDraft) (flow.Hook, error) {
	h := flow.Hook{
		ID: flow.NewID(flow.HookPrefix), UserID: a.User.ID, WorkflowID: d.WorkflowID, Kind: cmp.Or(d.Kind, flow.HookStandard), Enabled: true, CreatedAt: time.Now(),
	}
	var err error
	if h.Name, err = hookName(d.Name); err != nil {
		return h, err
	}
	if h.Kind.Word() == "" {
		return h, flow.Errorf(flow.Invalid, "There is no kind of webhook %q.", flow.Text(string(h.Kind)).Preview(40)).
			With(flow.Problem{Path: "kind", Message: "Choose standard, github, stripe, slack or unsigned."})
	}
	if h.WorkflowID == "" {
		return h, flow.Errorf(flow.Invalid, "A webhook needs a workflow.").With(flow.Problem{Path: "workflowId", Message: "Choose the workflow that messages run."})
	}
	if _, err := s.store.Workflow(ctx, a.Owner(), h.WorkflowID); err != nil {
		return h, err
	}
	list, err := s.store.Hooks(ctx, a.Owner())
	if err == nil && len(list) >= flow.MaxHooks {
		err = flow.Errorf(flow.Invalid, "You have %d webhooks, and no more are possible.", flow.MaxHooks).WithHint("Delete one that is not used any more.")
	}
	return h, err
}

func hookName(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || utf8.RuneCountInString(s) > flow.MaxName {
		return "", flow.Errorf(flow.Invalid, "A webhook needs a name.").With(flow.Problem{Path: "name", Message: "Give it a name of 1 to 100 characters."})
	}
	return s, nil
}

// hookSecret returns the secret of a webhook, "" when the sender gives it later, and
// whether it was made here.
func hookSecret(k flow.HookKind, given flow.Secret) (flow.Secret, bool, error) {
	given = flow.Secret(strings.TrimSpace(given.Reveal()))
	switch {
	case k == flow.HookUnsigned && given != "":
		return "", false, flow.Errorf(flow.Invalid, "An unsigned webhook takes no signing secret.").
			With(flow.Problem{Path: "secret", Message: "Leave it empty: the address holds a secret that is made here."})
	case given != "":
		return given, false, identity.CheckHookSecret(k, given)
	case k.Gives():
		return "", false, nil
	}
	return identity.NewHookSecret(k), true, nil
}

// sealHook returns the row of a webhook's secret; nil when there is none yet.
func (s *Service) sealHook(h flow.Hook, secret flow.Secret) (*flow.StoredSecret, vault.Box, error) {
	if secret == "" {
		return nil, vault.Box{}, nil
	}
	n := &flow.StoredSecret{ID: flow.NewID(flow.SecretPrefix), UserID: h.UserID, Name: h.SecretName(), HookID: h.ID, Hosts: []string{}, Version: 1}
	box, err := s.secrets.Vault.Seal([]byte(secret.Reveal()), n.Owner())
	if err != nil {
		return nil, box, fmt.Errorf("seal secret: %w", err)
	}
	return n, box, nil
}

// UpdateHook is the input of the use case of the same name.
type UpdateHook struct {
	ID   flow.ID `path:"id" maxLength:"64"`
	Body HookChange
}

// HookChange is what to change of a webhook; what is left out stays.
type HookChange struct {
	Name    *string     `json:"name,omitempty" maxLength:"100"`
	Enabled *bool       `json:"enabled,omitempty" doc:"false refuses all messages."`
	Secret  flow.Secret `json:"secret,omitempty" doc:"A new signing secret. The old one counts no more."`
}

// UpdateHook changes a webhook of the actor.
func (s *Service) UpdateHook(ctx context.Context, in UpdateHook) (HookOut, error) {
	a, err := s.session(ctx)
	if err != nil {
		return HookOut{}, err
	}
	h, err := s.store.Hook(ctx, a.Owner(), in.ID)
	if err != nil {
		return HookOut{}, err
	}
	if in.Body.Name != nil {
		if h.Name, err = hookName(*in.Body.Name); err != nil {
			return HookOut{}, err
		}
	}
	if in.Body.Enabled != nil {
		h.Enabled = *in.Body.Enabled
	}
	if in.Body.Secret != "" {
		if err := s.keepHookSecret(ctx, a.Owner(), h, in.Body.Secret); err != nil {
			return HookOut{}, err
		}
	}
	if err := s.store.UpdateHook(ctx, a.Owner(), h); err != nil {
		return HookOut{}, err
	}
	s.record(ctx, flow.AuditHookChanged, h.ID.String())
	h, err = s.store.Hook(ctx, a.Owner(), h.ID)
	return HookOut{Webhook: h}, err
}

func (s *Service) keepHookSecret(ctx context.Context, o flow.Owner, h flow.Hook, given flow.Secret) error {
	if s.secrets.Vault == nil {
		return errNoVault()
	}
	secret, _, err := hookSecret(h.Kind, given)
	if err != nil {
		return err
	}
	n, box, err := s.sealHook(h, secret)
	if err != nil {
		return err
	}
	switch old, _, err := s.store.Secret(ctx, o, n.Name); {
	case err == nil: // sealed for the row it goes to
		n.ID, n.Version = old.ID, old.Version+1
		if box, err = s.secrets.Vault.Seal([]byte(secret.Reveal()), n.Owner()); err != nil {
			return fmt.Errorf("seal secret: %w", err)
		}
	case flow.KindOf(err) != flow.NotFound:
		return err
	}
	return s.store.PutSecret(ctx, o, *n, box)
}

// DeleteHook ends a webhook of the actor at once.
func (s *Service) DeleteHook(ctx context.Context, in ByID) (Done, error) {
	a, err := s.session(ctx)
	if err != nil {
		return Done{}, err
	}
	if _, err := s.store.Hook(ctx, a.Owner(), in.ID); err != nil {
		return Done{}, err
	}
	if err := s.store.DeleteHook(ctx, a.Owner(), in.ID); err != nil {
		return Done{}, err
	}
	s.record(ctx, flow.AuditHookDeleted, in.ID.String())
	return Done{}, nil
}
