package llmtest

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"heddle/internal/llm"
)

// Anthropic is the Messages format.
type Anthropic struct{}

// Read implements [Wire].
func (Anthropic) Read(path string, h http.Header, body []byte) (Seen, error) {
	var q struct {
		Model       string
		Stream      bool
		Temperature *float64
		MaxTokens   int `json:"max_tokens"`
		System      []struct{ Text string }
		Stop        []string `json:"stop_sequences"`
		Messages    []struct {
			Role    string
			Content []struct {
				Type   string
				Text   string
				Source struct {
					MediaType string `json:"media_type"`
					Data      []byte
				}
			}
		}
		OutputConfig struct {
			Format struct {
				Type   string
				Schema any
			}
		} `json:"output_config"`
	}
	if err := json.Unmarshal(body, &q); err != nil {
		return Seen{}, err
	}
	if !strings.HasSuffix(path, "/v1/messages") || h.Get("Anthropic-Version") == "" {
		return Seen{}, errors.New("not a Messages request: " + path)
	}
	s := Seen{Key: h.Get("X-Api-Key"), Model: q.Model, Stream: q.Stream, Temperature: q.Temperature, MaxTokens: q.MaxTokens, Stop: q.Stop}
	if f := q.OutputConfig.Format; f.Type == "json_schema" {
		s.Schema = f.Schema
	}
	for _, p := range q.System {
		s.System += p.Text
	}
	for i, m := range q.Messages {
		if i < len(q.Messages)-1 {
			s.Turns = append(s.Turns, llm.Turn{Assistant: m.Role == "assistant", Text: m.Content[0].Text})
			continue
		}
		for _, b := range m.Content {
			if s.Prompt += b.Text; b.Type == "image" {
				s.Images = append(s.Images, llm.Image{MediaType: b.Source.MediaType, Data: b.Source.Data})
			}
		}
	}
	return s, nil
}

func (Anthropic) event(name string, v object) string {
	v["type"] = name
	return "event: " + name + "\n" + data(v)
}

// Begin implements [Wire].
func (a Anthropic) Begin(u llm.Usage) string {
	return a.event("message_start", object{"message": object{
		"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
		"content": []object{}, "usage": object{"input_tokens": u.In, "output_tokens": 1},
	}}) +
		a.event("content_block_start", object{"index": 0, "content_block": object{"type": "text", "text": ""}}) +
		a.event("ping", object{})
}

// Text implements [Wire].
func (a Anthropic) Text(s string) string {
	return a.event("content_block_delta", object{"index": 0, "delta": object{"type": "text_delta", "text": s}})
}

// End implements [Wire].
func (a Anthropic) End(f llm.Finish, u llm.Usage) string {
	reason := map[llm.Finish]string{llm.FinishStop: "end_turn", llm.FinishLength: "max_tokens", llm.FinishBlocked: "refusal"}[f]
	return a.event("content_block_stop", object{"index": 0}) +
		a.event("message_delta", object{"delta": object{"stop_reason": reason}, "usage": object{"output_tokens": u.Out}}) +
		a.event("message_stop", object{})
}

// Failure implements [Wire].
func (a Anthropic) Failure() string {
	return a.event("error", object{"error": object{"type": "overloaded_error", "message": "Overloaded"}})
}

// Garbled implements [Wire].
func (Anthropic) Garbled() string {
	return "event: content_block_delta\ndata: {\"type\": \"content_block_delta\", \"delta\": \n\n"
}

// Refusal implements [Wire].
func (Anthropic) Refusal(_ int, message string) string {
	b, _ := json.Marshal(object{"type": "error", "error": object{"type": "some_error", "message": message}})
	return string(b)
}
