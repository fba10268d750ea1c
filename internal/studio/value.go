package studio

import (
	"context"
	"encoding/json"

	"heddle/internal/flow"
)

// ByHash names a large value by its hash, as "$blob" in a result does.
type ByHash struct{ Hash string }

// StoredValue is a large value, whole.
type StoredValue struct{ Value flow.Value }

// StoredValue returns a large value of one of the actor's runs. Uploaded files are
// stored the same way, but they are no values.
func (s *Service) StoredValue(ctx context.Context, in ByHash) (StoredValue, error) {
	a, err := flow.Require(ctx, flow.ScopeRunRead)
	if err != nil {
		return StoredValue{}, err
	}
	raw, err := s.store.Blob(ctx, a.Owner(), in.Hash)
	if err != nil {
		return StoredValue{}, err
	}
	if !json.Valid(raw) {
		return StoredValue{}, flow.Errorf(flow.NotFound, "A stored value is gone.")
	}
	return StoredValue{Value: flow.RawValue(raw)}, nil
}
