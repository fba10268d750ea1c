package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"sync"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// vault keeps the large values of one run out of memory: it holds them only until
// they are durable (rule E19).
type vault struct {
	owner  flow.Owner
	stored Blobs
	mu     sync.Mutex
	held   map[string][]byte // made in this run, not durable yet
}

// stow returns what travels for v: v itself, or a reference when it is large. The
// second result is what must become durable with it.
func (s *vault) stow(v flow.Value) (flow.Value, *flow.BlobData) {
	raw := v.Raw()
	if len(raw) <= flow.InlineLimit {
		return v, nil
	}
	sum := sha256.Sum256(raw)
	b := flow.BlobData{Hash: hex.EncodeToString(sum[:]), Data: raw}
	ref := flow.Blob(flow.BlobRef{Hash: b.Hash, Size: int64(len(raw)), Type: v.Type(), Preview: v.Preview(flow.PreviewLimit)})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[string][]byte{}
	}
	s.held[b.Hash] = raw
	return ref, &b
}

// load returns v itself, or the value that a reference stands for.
func (s *vault) load(ctx context.Context, v flow.Value) (flow.Value, error) {
	if len(v.Raw()) == 0 || v.Raw()[0] != '{' {
		return v, nil
	}
	ref, ok := v.BlobRef()
	if !ok {
		return v, nil
	}
	s.mu.Lock()
	raw, held := s.held[ref.Hash]
	s.mu.Unlock()
	if held {
		return flow.RawValue(raw), nil
	}
	if s.stored == nil {
		return v, flow.Errorf(flow.Internal, "A large value could not be loaded.")
	}
	raw, err := s.stored.Blob(ctx, s.owner, ref.Hash)
	if err != nil {
		return v, flow.Errorf(flow.Internal, "A large value could not be loaded.").Because(err)
	}
	return flow.RawValue(raw), nil
}

// durable drops what the journal has now.
func (s *vault) durable(blobs []flow.BlobData) {
	if len(blobs) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range blobs {
		delete(s.held, b.Hash)
	}
}

// delivery is a value on its way along an edge.
type delivery struct {
	edge  *planEdge
	value flow.Value
}

// far reports whether the value must be loaded first.
func (d delivery) far() bool {
	_, ref := d.value.BlobRef()
	return ref
}

// intake gathers the inputs of one attempt: as the kind gets them and as they are
// recorded, which is with references in the place of large values.
type intake struct {
	*vault
	plan   *plan
	node   *planNode
	inputs flow.Values
	record flow.Values
	blobs  []flow.BlobData
	key    string           // of the result, see [cacheKey]
	hit    *flow.NodeResult // an earlier result with that key
}

// gather resolves the inputs. given values go first, so that edges win.
func (in *intake) gather(ctx context.Context, edges []delivery) error {
	if len(in.node.given) == 0 && len(edges) == 0 {
		return nil
	}
	size := len(in.node.given) + len(edges)
	in.inputs, in.record = make(flow.Values, size), make(flow.Values, size)
	for key, v := range in.node.given {
		if err := in.take(key, v); err != nil {
			return err
		}
	}
	many := map[int][]delivery(nil)
	for _, d := range edges {
		p := in.node.ports[d.edge.port]
		if p.Multiple {
			if many == nil {
				many = map[int][]delivery{}
			}
			many[d.edge.port] = append(many[d.edge.port], d)
			continue
		}
		whole, kept, err := in.convert(ctx, d, p)
		if err != nil {
			return err
		}
		in.inputs[p.Name], in.record[p.Name] = whole, kept
	}
	for port, list := range many {
		if err := in.list(ctx, in.node.ports[port], list); err != nil {
			return err
		}
	}
	return nil
}

// take accepts what the run's inputs set.
func (in *intake) take(key string, v flow.Value) error {
	if i := in.node.port(key); i >= 0 && string(v.Raw()) != "null" {
		p := in.node.ports[i]
		out, ok := v.As(p.Type)
		if p.Multiple {
			out, ok = v, true
		}
		if !ok {
			return flow.Errorf(flow.Invalid, "The run's input for %s is %s, but its input %q takes %s.", in.node.quoted(), v.Type(), name(p), p.Type)
		}
		v = out
	}
	in.inputs[key], in.record[key] = v, in.keep(v)
	return nil
}

// convert loads a delivered value and makes it what the port takes (rule E18).
func (in *intake) convert(ctx context.Context, d delivery, p node.Port) (whole, kept flow.Value, err error) {
	loaded, err := in.load(ctx, d.value)
	if err != nil {
		return loaded, loaded, err
	}
	whole, ok := loaded.As(p.Type)
	if !ok {
		src := &in.plan.nodes[d.edge.src]
		return whole, whole, flow.Errorf(flow.Invalid, "The output %q of %s gave %s, but the input %q of %s takes %s.",
			d.edge.srcPort, src.quoted(), loaded.Type(), name(p), in.node.quoted(), p.Type)
	}
	if sameBytes(whole.Raw(), loaded.Raw()) {
		return whole, d.value, nil
	}
	return whole, in.keep(whole), nil
}

func sameBytes(a, b json.RawMessage) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// list gathers what arrives at a port that takes many edges, in edge order.
func (in *intake) list(ctx context.Context, p node.Port, from []delivery) error {
	whole, kept := make([]flow.Value, len(from)), make([]flow.Value, len(from))
	for i, d := range from {
		var err error
		if whole[i], kept[i], err = in.convert(ctx, d, p); err != nil {
			return err
		}
	}
	in.inputs[p.Name], in.record[p.Name] = flow.List(whole...), in.keep(flow.List(kept...))
	return nil
}

// keep returns what is recorded for v.
func (in *intake) keep(v flow.Value) flow.Value {
	ref, blob := in.stow(v)
	if blob != nil {
		in.blobs = append(in.blobs, *blob)
	}
	return ref
}

// outputs checks and stows what a kind gave.
func (in *intake) outputs(given flow.Values) (flow.Values, error) {
	if len(given) == 0 {
		return nil, nil
	}
	out := make(flow.Values, len(given))
	for port, v := range given {
		if v.IsZero() {
			continue
		}
		if _, ok := in.node.gives(port); !ok || port == "" {
			return nil, flow.Errorf(flow.Internal, "The node gave a value on %s, which is not one of its outputs.", strconv.Quote(port))
		}
		if !json.Valid(v.Raw()) {
			return nil, flow.Errorf(flow.Internal, "The node gave a malformed value on its output %s.", strconv.Quote(port))
		}
		out[port] = in.keep(v)
	}
	return out, nil
}

// fallback spreads the fallback value over the outputs that can carry it. A kind
// that takes one of several ways gives it on one of them only.
func (n *planNode) fallbackOutputs() flow.Values {
	out := flow.Values{}
	for _, p := range n.outputs {
		if n.kind.Else != "" && p.Name != n.kind.Else {
			continue
		}
		if v, ok := n.fallback.As(p.Type); ok {
			out[p.Name] = v
		}
	}
	return out
}
