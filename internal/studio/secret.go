package studio

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
	"heddle/internal/vault"
)

// Secrets gives steps the secrets of their run's owner. A nil vault keeps none.
type Secrets struct {
	Store *store.Store
	Vault *vault.Vault
	Log   *slog.Logger
}

// errNoVault is told where no master key is set.
func errNoVault() error {
	return flow.Errorf(flow.Unavailable, "This server keeps no secrets.").
		WithHint("Who runs it can set HEDDLE_MASTER_KEY: 32 bytes in base64, as openssl rand -base64 32 makes them.")
}

// Secret returns the secret of the run's owner, if it may be sent to host.
func (k Secrets) Secret(ctx context.Context, run flow.ID, name, host string) (flow.Secret, error) {
	n, value, err := k.open(ctx, run, name)
	switch {
	case flow.KindOf(err) == flow.NotFound:
		return "", flow.Errorf(flow.Invalid, "There is no secret called %s.", name).WithHint("Add it under Settings, Secrets, or choose another one in this step.")
	case err != nil:
		return "", err
	case !n.MayGo(host):
		return "", flow.Errorf(flow.Invalid, "The secret %s may not be sent to %s.", name, host).
			WithHint("It is for %s. Change its hosts under Settings, Secrets, if this is right.", strings.Join(n.Hosts, ", "))
	}
	return value, nil
}

// Key returns the run's owner's own key of a model provider; "" when they have none.
func (k Secrets) Key(ctx context.Context, run flow.ID, provider string) (flow.Secret, error) {
	if k.Vault == nil {
		return "", nil
	}
	_, value, err := k.open(ctx, run, flow.ProviderSecret(provider))
	if flow.KindOf(err) == flow.NotFound {
		return "", nil
	}
	return value, err
}

func (k Secrets) open(ctx context.Context, run flow.ID, name string) (flow.StoredSecret, flow.Secret, error) {
	if k.Vault == nil {
		return flow.StoredSecret{}, "", errNoVault()
	}
	o, err := k.Store.RunOwner(ctx, run)
	if err != nil {
		return flow.StoredSecret{}, "", err
	}
	n, box, err := k.Store.Secret(ctx, o, name)
	if err != nil {
		return n, "", err
	}
	raw, err := k.Vault.Open(box, n.Owner())
	if err != nil {
		return n, "", flow.Errorf(flow.Unavailable, "The secret %s cannot be opened.", name).WithHint("Save it again under Settings, Secrets.").Because(err)
	}
	if n.LastUsedAt == nil || time.Since(*n.LastUsedAt) > time.Minute {
		if err := k.Store.TouchSecret(ctx, o, n.ID, time.Now()); err != nil {
			k.Log.WarnContext(ctx, "secret not marked as used", slog.String("secret_id", n.ID.String()), slog.Any("error", err))
		}
	}
	return n, flow.Secret(raw), nil
}

// Check refuses to go on when secrets are sealed under a master key that is not there.
func (k Secrets) Check(ctx context.Context) error {
	keys, err := k.Store.SecretKeys(ctx)
	if err != nil {
		return err
	}
	for _, id := range keys {
		if k.Vault == nil || !k.Vault.Knows(id) {
			return fmt.Errorf("there are secrets sealed under the master key %s, which is not set: put it into HEDDLE_MASTER_KEY, or into HEDDLE_MASTER_KEY_OLD beside a new one", id)
		}
	}
	return nil
}

// Rotate seals everything under the current master key and returns how many secrets
// were under another. The server may go on meanwhile if it has both keys.
func (k Secrets) Rotate(ctx context.Context) (int, error) {
	if k.Vault == nil {
		return 0, errNoVault()
	}
	return k.Store.Rewrap(ctx, k.Vault.Current(), func(n flow.StoredSecret, b vault.Box) (vault.Box, error) { return k.Vault.Rewrap(b, n.Owner()) })
}

// SecretsOut carries the actor's secrets without their values.
type SecretsOut struct {
	Secrets []flow.StoredSecret `json:"secrets"`
}

// SecretOut carries what may be told of one secret.
type SecretOut struct {
	Secret flow.StoredSecret `json:"secret"`
}

// Secrets lists the actor's secrets. No route ever answers a value.
func (s *Service) Secrets(ctx context.Context, _ struct{}) (SecretsOut, error) {
	a, err := s.session(ctx)
	if err != nil {
		return SecretsOut{}, err
	}
	list, err := s.store.Secrets(ctx, a.Owner())
	return SecretsOut{Secrets: list}, err
}

// PutSecret is the input of the use case of the same name.
type PutSecret struct {
	Name string `path:"name" maxLength:"64"`
	Body SecretDraft
}

// SecretDraft is a secret to keep.
type SecretDraft struct {
	Value flow.Secret `json:"value" doc:"The secret itself, 1 byte to 8 KiB. It is never answered."`
	Hosts []string    `json:"hosts" nullable:"false" doc:"Where it may be sent: names such as api.example.com or *.example.com."`
}

// PutSecret keeps a secret, or replaces the value and hosts of the one with its name.
// Only a person in a browser may.
func (s *Service) PutSecret(ctx context.Context, in PutSecret) (SecretOut, error) {
	if _, err := s.session(ctx); err != nil {
		return SecretOut{}, err
	}
	if !flow.IsSecretName(in.Name) {
		return SecretOut{}, flow.Errorf(flow.Invalid, "A secret needs a name.").
			With(flow.Problem{Path: "name", Message: "Use letters, digits and _, a letter first, at most 64, as in SHOP_TOKEN."})
	}
	hosts, err := flow.CleanHosts(in.Body.Hosts)
	if err != nil {
		return SecretOut{}, err
	}
	return s.keep(ctx, flow.StoredSecret{Name: in.Name, Hosts: hosts}, in.Body.Value)
}

// PutProviderKey is the input of the use case of the same name.
type PutProviderKey struct {
	Provider string `path:"provider" maxLength:"64"`
	Body     struct {
		Value flow.Secret `json:"value" doc:"The key. It is never answered."`
	}
}

// PutProviderKey keeps the actor's own key of a model provider: their runs use it
// instead of the instance's.
func (s *Service) PutProviderKey(ctx context.Context, in PutProviderKey) (SecretOut, error) {
	if _, err := s.session(ctx); err != nil {
		return SecretOut{}, err
	}
	for _, p := range s.models.List() {
		if p.ID == in.Provider && p.Own != nil {
			return s.keep(ctx, flow.StoredSecret{Name: flow.ProviderSecret(p.ID), Provider: p.ID, Hosts: []string{}}, in.Body.Value)
		}
	}
	return SecretOut{}, flow.Errorf(flow.NotFound, "There is no provider that takes a key of yours under this name.")
}

// keep seals a value and stores it.
func (s *Service) keep(ctx context.Context, n flow.StoredSecret, value flow.Secret) (SecretOut, error) {
	a, err := s.session(ctx)
	if err != nil {
		return SecretOut{}, err
	}
	if s.secrets.Vault == nil {
		return SecretOut{}, errNoVault()
	}
	plain := strings.TrimSpace(value.Reveal())
	if plain == "" || len(plain) > flow.MaxSecretValue {
		return SecretOut{}, flow.Errorf(flow.Invalid, "A secret has 1 byte to 8 KiB.").With(flow.Problem{Path: "value", Message: "Paste the secret itself."})
	}
	n, err = s.place(ctx, a.Owner(), n)
	if err != nil {
		return SecretOut{}, err
	}
	box, err := s.secrets.Vault.Seal([]byte(plain), n.Owner())
	if err != nil {
		return SecretOut{}, fmt.Errorf("seal secret: %w", err)
	}
	if err := s.store.PutSecret(ctx, a.Owner(), n, box); err != nil {
		return SecretOut{}, err
	}
	action, target := flow.AuditSecretKept, n.Name
	if n.Provider != "" {
		action, target = flow.AuditProviderKeyKept, n.Provider
	}
	s.record(ctx, action, target)
	n, _, err = s.store.Secret(ctx, a.Owner(), n.Name)
	return SecretOut{Secret: n}, err
}

// place fills in the row a secret goes to: the one with its name, or a new one.
func (s *Service) place(ctx context.Context, o flow.Owner, n flow.StoredSecret) (flow.StoredSecret, error) {
	list, err := s.store.Secrets(ctx, o)
	if err != nil {
		return n, err
	}
	n.ID, n.UserID, n.Version = flow.NewID(flow.SecretPrefix), flow.ID(o), 1
	for _, old := range list {
		if old.Name == n.Name {
			n.ID, n.Version = old.ID, old.Version+1
			return n, nil
		}
	}
	if len(list) >= flow.MaxSecrets {
		return n, flow.Errorf(flow.Invalid, "You keep %d secrets, and no more are possible.", flow.MaxSecrets).WithHint("Delete one that is not used any more.")
	}
	return n, nil
}

// ByName names one secret by the name in the path.
type ByName struct {
	Name string `path:"name" maxLength:"64"`
}

// DeleteSecret forgets a secret at once.
func (s *Service) DeleteSecret(ctx context.Context, in ByName) (Done, error) {
	return s.forget(ctx, in.Name, flow.AuditSecretDeleted, in.Name)
}

// ByProvider names a model provider by the id in the path.
type ByProvider struct {
	Provider string `path:"provider" maxLength:"64"`
}

// DeleteProviderKey forgets the actor's own key of a model provider.
func (s *Service) DeleteProviderKey(ctx context.Context, in ByProvider) (Done, error) {
	return s.forget(ctx, flow.ProviderSecret(in.Provider), flow.AuditProviderKeyDeleted, in.Provider)
}

func (s *Service) forget(ctx context.Context, name string, action flow.AuditAction, target string) (Done, error) {
	a, err := s.session(ctx)
	if err != nil {
		return Done{}, err
	}
	if err := s.store.DeleteSecret(ctx, a.Owner(), name); err != nil {
		return Done{}, err
	}
	s.record(ctx, action, target)
	return Done{}, nil
}

// ownKeys returns the providers for which the actor keeps a key of their own.
func (s *Service) ownKeys(ctx context.Context) (map[string]bool, error) {
	a, err := flow.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.store.Secrets(ctx, a.Owner())
	own := map[string]bool{}
	for _, n := range list {
		if n.Provider != "" {
			own[n.Provider] = true
		}
	}
	return own, err
}
