package nodes

import (
	"encoding/json"
	"slices"
	"strconv"

	"heddle/internal/flow"
	"heddle/internal/llm"
)

// Limits of a conversation that a step goes on with.
const (
	maxTurns        = 200
	maxConversation = 1 << 20 // bytes
)

// said is one turn of a conversation as it travels between steps.
type said struct {
	Role    string `json:"role"` // "user" or "assistant"
	Content string `json:"content"`
}

// conversation reads what was said before. Errors name the place.
func conversation(v flow.Value) ([]llm.Turn, error) {
	if v.IsZero() || string(v.Raw()) == "null" {
		return nil, nil
	}
	if len(v.Raw()) > maxConversation {
		return nil, flow.Errorf(flow.TooLarge, "The conversation is larger than 1 MiB.").WithHint("Leave out its beginning, for example with a Transform step.")
	}
	var list []json.RawMessage
	if err := json.Unmarshal(v.Raw(), &list); err != nil {
		return nil, flow.Errorf(flow.Invalid, "The conversation is no list of turns.").
			WithHint(`Connect the output Conversation of another step, or a list such as [{"role": "user", "content": "Hello"}].`).Because(err)
	}
	if len(list) > maxTurns {
		return nil, flow.Errorf(flow.Invalid, "The conversation has %d turns; 200 are the most.", len(list)).WithHint("Leave out its beginning, for example with a Transform step.")
	}
	turns := make([]llm.Turn, len(list))
	for i, raw := range list {
		var s said
		if err := json.Unmarshal(raw, &s); err != nil || s.Content == "" {
			return nil, flow.Errorf(flow.Invalid, "Turn %d of the conversation has no text as its content.", i+1).
				WithHint(`A turn is written as {"role": "user", "content": "Hello"}.`).Because(err)
		}
		switch s.Role {
		case "user", "assistant":
			turns[i] = llm.Turn{Assistant: s.Role == "assistant", Text: s.Content}
		default:
			return nil, flow.Errorf(flow.Invalid, "Turn %d of the conversation has the role %s.", i+1, strconv.Quote(s.Role)).
				WithHint("A role is user or assistant. Instructions have an input of their own.")
		}
	}
	return turns, nil
}

// goneOn returns the conversation with a question and its answer added.
func goneOn(before []llm.Turn, question, answer string) (flow.Value, error) {
	list := make([]said, 0, len(before)+2)
	for _, t := range append(slices.Clip(before), llm.Turn{Text: question}, llm.Turn{Assistant: true, Text: answer}) {
		role := "user"
		if t.Assistant {
			role = "assistant"
		}
		list = append(list, said{role, t.Text})
	}
	return flow.ValueOf(list)
}
