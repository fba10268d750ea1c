package flow

// RunMode says how far a partial run reaches from its nodes (rule E16).
type RunMode string

// The modes of a partial run.
const (
	ModeUpTo RunMode = "upTo" // the nodes and everything upstream of them
	ModeOnly RunMode = "only" // the nodes; what they need comes from earlier results
	ModeFrom RunMode = "from" // the nodes and everything downstream of them; what those need comes from earlier results
)
