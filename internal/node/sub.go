package node

import "heddle/internal/flow"

// Sub is one call of another workflow by a kind that [Spec.Calls] one (rules E21
// and E22).
type Sub struct {
	Item   int         // place of the item it works on, from 1; a kind that calls once says 1
	Main   flow.Value  // goes to the workflow's first input; zero: nothing
	Inputs flow.Values // by the name, label or id of a step of the workflow
}

// Called is what a called workflow came to.
type Called struct {
	Status  flow.RunStatus // final
	Outputs flow.Values    // its named results; without any, what its last steps gave, by their labels
	Error   string         // for people: why it did not succeed; empty when it did
}

// Result returns the one output of the workflow, or an object of all when there are
// several; null when there is none.
func (c Called) Result() (flow.Value, error) {
	switch len(c.Outputs) {
	case 0:
		return flow.RawValue([]byte("null")), nil
	case 1:
		for _, v := range c.Outputs {
			return v, nil
		}
	}
	return flow.ValueOf(c.Outputs)
}
