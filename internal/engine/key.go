package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// Cache finds earlier results by what went into them (rule E15). The journal keeps
// each success that has a key; large outputs are references.
type Cache interface {
	// Cached returns the newest result with this key; its NodeID is empty when there is none.
	Cached(ctx context.Context, o flow.Owner, key string) (flow.NodeResult, error)
}

// cacheKey names what went into a result: the kind with its version, its settings,
// what the kind adds to them, and the hashes of its inputs as they are recorded.
// Results of two nodes with one key stand in for each other. A kind with effects
// has no key; a pure one has only its version, as it is cheap to compute again.
func cacheKey(k *node.Kind, params map[string]json.RawMessage, inputs flow.Values) string {
	switch k.Purity {
	case node.Pure:
		return versionPart(k)
	case node.Effect:
		return ""
	case node.Model:
	}
	h := sha256.New()
	frame(h, []byte(k.Type))
	for _, f := range k.Fields {
		if v, fed := inputs[f.Key]; fed && !v.IsZero() {
			continue
		}
		frame(h, []byte(f.Key))
		frame(h, settled(params[f.Key], f.Default))
	}
	frame(h, []byte(k.Surroundings(params)))
	for _, port := range slices.Sorted(maps.Keys(inputs)) {
		frame(h, []byte(port))
		frame(h, fingerprint(inputs[port]))
	}
	return versionPart(k) + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

func versionPart(k *node.Kind) string { return strconv.Itoa(k.Version) + "." }

// frame writes b with its length, so that no two lists of parts look the same.
func frame(h hash.Hash, b []byte) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(b)))
	h.Write(n[:])
	h.Write(b)
}

// settled returns a setting in one way of writing, or the default of its field.
func settled(raw json.RawMessage, def any) []byte {
	if unset(raw) {
		if def == nil {
			return nil
		}
		var err error
		if raw, err = json.Marshal(def); err != nil {
			return nil
		}
	}
	return canonical(raw)
}

// canonical writes JSON without white space and as the journal writes it.
func canonical(raw json.RawMessage) []byte {
	var b bytes.Buffer
	json.HTMLEscape(&b, compact(raw))
	return b.Bytes()
}

// fingerprint returns what tells a recorded value from others: the hash of a large
// one, any other whole.
func fingerprint(v flow.Value) []byte {
	if ref, ok := v.BlobRef(); ok {
		return []byte("blob " + ref.Hash)
	}
	return canonical(v.Raw())
}

// recall looks a result up that has the attempt's key.
func (a *attempt) recall(in *intake) {
	n, e := a.spec(), a.run.engine
	in.key = cacheKey(n.kind, n.params, in.record)
	if n.kind.Purity != node.Model || !a.run.claim.Run.Cache || e.Cache == nil {
		return
	}
	found, err := e.Cache.Cached(a.ctx, flow.Owner(a.run.claim.Run.UserID), in.key)
	if err != nil {
		a.run.log.Warn("earlier result not found", slog.String("node_id", n.ID), slog.Any("error", err))
		return
	}
	if found.NodeID != "" {
		in.hit = &found
	}
}

// outdated says why the result of a node that is the same now as it was then does
// not stand in for it all the same: its kind is another by now. It is empty for a
// result that does.
func outdated(k *node.Kind, data json.RawMessage, r flow.NodeResult) string {
	switch {
	case r.CacheKey == "" || k.Purity == node.Effect:
		return ""
	case !strings.HasPrefix(r.CacheKey, versionPart(k)):
		return "This kind of step was changed by an update."
	case k.Purity == node.Model && r.CacheKey != cacheKey(k, parseData(data), r.Inputs):
		return "Its default provider or model was changed."
	}
	return ""
}
