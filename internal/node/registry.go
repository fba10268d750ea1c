package node

// Registry is the set of kinds this process knows, in palette order.
type Registry struct {
	kinds  []Kind
	byType map[string]int
}

// NewRegistry returns a Registry of the given kinds. It panics when two share a type.
func NewRegistry(kinds ...Kind) *Registry {
	r := &Registry{kinds: kinds, byType: make(map[string]int, len(kinds))}
	for i, k := range kinds {
		if _, twice := r.byType[k.Type]; twice {
			panic("node: kind " + k.Type + " is listed twice")
		}
		r.byType[k.Type] = i
	}
	return r
}

// Kind returns the kind of the given type.
func (r *Registry) Kind(typ string) (Kind, bool) {
	i, ok := r.byType[typ]
	if !ok {
		return Kind{}, false
	}
	return r.kinds[i], true
}

// Specs returns the specs of all kinds in palette order.
func (r *Registry) Specs() []Spec {
	out := make([]Spec, len(r.kinds))
	for i, k := range r.kinds {
		out[i] = k.Spec
	}
	return out
}
