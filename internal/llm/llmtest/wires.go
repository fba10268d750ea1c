package llmtest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"heddle/internal/llm"
)

// data is one server-sent event.
func data(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return "data: " + string(b) + "\n\n"
}

// object is a JSON object.
type object = map[string]any

// OpenAI is the chat completions format.
type OpenAI struct{}

// Read implements [Wire].
func (OpenAI) Read(path string, h http.Header, body []byte) (Seen, error) {
	var q struct {
		Model               string
		Stream              bool
		Temperature         *float64
		MaxTokens           int `json:"max_tokens"`
		MaxCompletionTokens int `json:"max_completion_tokens"`
		StreamOptions       struct {
			IncludeUsage bool `json:"include_usage"`
		} `json:"stream_options"`
		Stop     []string
		Messages []struct {
			Role    string
			Content json.RawMessage
		}
		ResponseFormat *struct {
			Type       string
			JSONSchema struct{ Schema any } `json:"json_schema"`
		} `json:"response_format"`
	}
	if err := json.Unmarshal(body, &q); err != nil {
		return Seen{}, err
	}
	if !strings.HasSuffix(path, "/chat/completions") || !q.StreamOptions.IncludeUsage {
		return Seen{}, fmt.Errorf("path %s, usage asked for: %v", path, q.StreamOptions.IncludeUsage)
	}
	s := Seen{
		Key: strings.TrimPrefix(h.Get("Authorization"), "Bearer "), Model: q.Model, Stream: q.Stream,
		Temperature: q.Temperature, MaxTokens: q.MaxTokens + q.MaxCompletionTokens, Stop: q.Stop,
	}
	if f := q.ResponseFormat; f != nil && f.Type == "json_schema" {
		s.Schema = f.JSONSchema.Schema
	}
	for i, m := range q.Messages {
		text, images, err := openAIContent(m.Content)
		switch {
		case err != nil:
			return s, err
		case m.Role == "system":
			s.System = text
		case i < len(q.Messages)-1:
			s.Turns = append(s.Turns, llm.Turn{Assistant: m.Role == "assistant", Text: text})
		default:
			s.Prompt, s.Images = text, images
		}
	}
	return s, nil
}

func openAIContent(raw json.RawMessage) (string, []llm.Image, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil, nil
	}
	var parts []struct {
		Type     string
		Text     string
		ImageURL struct{ URL string } `json:"image_url"`
	}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return "", nil, err
	}
	var images []llm.Image
	var textSb87 strings.Builder
	for _, p := range parts {
		if p.Type == "text" {
			textSb87.WriteString(p.Text)
			continue
		}
		media, b64, _ := strings.Cut(strings.TrimPrefix(p.ImageURL.URL, "data:"), ";base64,")
		b, err := base64.StdEncoding.DecodeString(b64)
		if err != nil {
			return "", nil, err
		}
		images = append(images, llm.Image{MediaType: media, Data: b})
	}
	text += textSb87.String()
	return text, images, nil
}

func (OpenAI) chunk(delta object, finish any) string {
	return data(object{
		"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m",
		"choices": []object{{"index": 0, "delta": delta, "finish_reason": finish}},
	})
}

// Begin implements [Wire].
func (o OpenAI) Begin(llm.Usage) string {
	return o.chunk(object{"role": "assistant", "content": ""}, nil)
}

// Text implements [Wire].
func (o OpenAI) Text(s string) string { return o.chunk(object{"content": s}, nil) }

// End implements [Wire].
func (o OpenAI) End(f llm.Finish, u llm.Usage) string {
	reason := map[llm.Finish]string{llm.FinishStop: "stop", llm.FinishLength: "length", llm.FinishBlocked: "content_filter"}[f]
	return o.chunk(object{}, reason) + data(object{
		"id": "c1", "choices": []object{},
		"usage": object{"prompt_tokens": u.In, "completion_tokens": u.Out, "total_tokens": u.In + u.Out},
	}) + "data: [DONE]\n\n"
}

// Failure implements [Wire].
func (OpenAI) Failure() string {
	return data(object{"error": object{"message": "The server had an error", "type": "server_error", "code": nil, "param": nil}})
}

// Garbled implements [Wire].
func (OpenAI) Garbled() string { return "data: {\"choices\": [{\"delta\": \n\n" }

// Refusal implements [Wire].
func (OpenAI) Refusal(_ int, message string) string {
	b, _ := json.Marshal(object{"error": object{"message": message, "type": "some_error", "code": nil}})
	return string(b)
}

// Gemini is the format of streamGenerateContent.
type Gemini struct{}

// Read implements [Wire].
func (Gemini) Read(path string, h http.Header, body []byte) (Seen, error) {
	type content struct {
		Role  string
		Parts []struct {
			Text       string
			InlineData *struct {
				MimeType string
				Data     []byte
			}
		}
	}
	var q struct {
		Contents          []content
		SystemInstruction content
		GenerationConfig  struct {
			Temperature        *float64
			MaxOutputTokens    int
			StopSequences      []string
			ResponseMimeType   string
			ResponseJSONSchema any `json:"responseJsonSchema"`
		}
	}
	if err := json.Unmarshal(body, &q); err != nil {
		return Seen{}, err
	}
	_, name, _ := strings.Cut(path, "/models/")
	model, method, _ := strings.Cut(name, ":")
	g := q.GenerationConfig
	s := Seen{
		Key: h.Get("X-Goog-Api-Key"), Model: model, Stream: method == "streamGenerateContent",
		Temperature: g.Temperature, MaxTokens: g.MaxOutputTokens, Stop: g.StopSequences,
	}
	if g.ResponseMimeType == "application/json" {
		s.Schema = g.ResponseJSONSchema
	}
	for _, p := range q.SystemInstruction.Parts {
		s.System += p.Text
	}
	for i, c := range q.Contents {
		if i < len(q.Contents)-1 {
			s.Turns = append(s.Turns, llm.Turn{Assistant: c.Role == "model", Text: c.Parts[0].Text})
			continue
		}
		for _, p := range c.Parts {
			if s.Prompt += p.Text; p.InlineData != nil {
				s.Images = append(s.Images, llm.Image{MediaType: p.InlineData.MimeType, Data: p.InlineData.Data})
			}
		}
	}
	return s, nil
}

// Begin implements [Wire].
func (Gemini) Begin(u llm.Usage) string {
	return data(object{
		"candidates":    []object{{"content": object{"role": "model", "parts": []object{{"text": ""}}}, "index": 0}},
		"usageMetadata": object{"promptTokenCount": u.In},
	})
}

// Text implements [Wire].
func (Gemini) Text(s string) string {
	return data(object{"candidates": []object{{"content": object{"role": "model", "parts": []object{{"text": s}}}, "index": 0}}})
}

// End implements [Wire].
func (Gemini) End(f llm.Finish, u llm.Usage) string {
	reason := map[llm.Finish]string{llm.FinishStop: "STOP", llm.FinishLength: "MAX_TOKENS", llm.FinishBlocked: "SAFETY"}[f]
	return data(object{
		"candidates":    []object{{"finishReason": reason, "index": 0}},
		"usageMetadata": object{"promptTokenCount": u.In, "candidatesTokenCount": u.Out - 2, "thoughtsTokenCount": 2},
	})
}

// Failure implements [Wire].
func (Gemini) Failure() string {
	return data(object{"error": object{"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}})
}

// Garbled implements [Wire].
func (Gemini) Garbled() string { return "data: {\"candidates\": [{\n\n" }

// Refusal implements [Wire].
func (Gemini) Refusal(status int, message string) string {
	b, _ := json.Marshal([]object{{"error": object{"code": status, "message": message, "status": "SOME_STATUS"}}})
	return string(b)
}
