package gemini

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"net/http"
	"strings"
	"time"

	"google.golang.org/genai"

	"heddle/internal/egress"
	"heddle/internal/llm"
)

// Config is where and how to call. Name defaults to "Gemini", BaseURL to Google's.
type Config = llm.Endpoint

// New returns the models behind c. Without an APIKey every answer is an
// [llm.ErrAuth] error.
func New(c Config) llm.Model {
	c = c.WithDefaults(llm.Endpoint{Name: "Gemini", BaseURL: "https://generativelanguage.googleapis.com/"})
	if c.HTTP == nil {
		c.HTTP = egress.Client(egress.Config{HeaderTimeout: 5 * time.Minute})
	}
	if c.APIKey == "" {
		return &model{endpoint: c} // the SDK would look for a key in the environment
	}
	// Everything is given, so that no variable of the environment counts. The error
	// is not wrapped: it prints the whole configuration with the key.
	client, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey:      c.APIKey,
		Backend:     genai.BackendGeminiAPI,
		HTTPClient:  c.Client(),
		HTTPOptions: genai.HTTPOptions{BaseURL: c.BaseURL},
	})
	if err != nil {
		return &model{endpoint: c}
	}
	return &model{endpoint: c, client: client}
}

type model struct {
	endpoint llm.Endpoint
	client   *genai.Client // nil: not usable
}

// Stream asks for one answer.
func (m *model) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Part, error] {
	return m.endpoint.Answer(ctx, r, func(c *llm.Call) error { return m.ask(c, r) })
}

func (m *model) ask(c *llm.Call, r llm.Request) error {
	if m.client == nil {
		return c.Error(llm.ErrAuth, "The API key is missing.", nil)
	}
	if r.Schema != nil && !json.Valid(r.Schema) {
		return c.Error(llm.ErrRequest, "The schema is not valid JSON.", nil)
	}
	for resp, err := range m.client.Models.GenerateContentStream(c.Context(), r.Model, contents(r), config(r)) {
		if err != nil {
			return reported(c, err)
		}
		if !read(c, resp) {
			return nil
		}
	}
	return nil
}

func contents(r llm.Request) []*genai.Content {
	var all []*genai.Content
	for _, t := range r.Turns {
		role := genai.Role(genai.RoleUser)
		if t.Assistant {
			role = genai.RoleModel
		}
		all = append(all, genai.NewContentFromText(t.Text, role))
	}
	return append(all, &genai.Content{Role: genai.RoleUser, Parts: parts(r)})
}

func parts(r llm.Request) []*genai.Part {
	all := []*genai.Part{genai.NewPartFromText(r.Prompt)}
	for _, img := range r.Images {
		all = append(all, genai.NewPartFromBytes(img.Data, img.MediaType))
	}
	return all
}

func config(r llm.Request) *genai.GenerateContentConfig {
	conf := &genai.GenerateContentConfig{MaxOutputTokens: int32(min(r.MaxTokens, math.MaxInt32)), StopSequences: r.Stop} //nolint:gosec // bounded in the line
	if r.System != "" {
		conf.SystemInstruction = &genai.Content{Parts: []*genai.Part{genai.NewPartFromText(r.System)}}
	}
	if r.Temperature != nil {
		conf.Temperature = new(float32(*r.Temperature))
	}
	if r.Schema != nil {
		conf.ResponseMIMEType = "application/json"
		conf.ResponseJsonSchema = r.Schema
	}
	return conf
}

// read passes one piece of the stream on; false: nobody listens any more.
func read(c *llm.Call, resp *genai.GenerateContentResponse) bool {
	if u := resp.UsageMetadata; u != nil {
		c.Usage = &llm.Usage{
			In:  int(u.PromptTokenCount + u.ToolUsePromptTokenCount),
			Out: int(u.CandidatesTokenCount + u.ThoughtsTokenCount),
		}
	}
	if f := resp.PromptFeedback; f != nil && f.BlockReason != "" {
		c.Finish = llm.FinishBlocked
	}
	if len(resp.Candidates) == 0 {
		return true
	}
	candidate := resp.Candidates[0]
	if candidate.FinishReason != "" {
		c.Finish = finish(candidate.FinishReason)
	}
	if candidate.Content == nil {
		return true
	}
	for _, p := range candidate.Content.Parts {
		if !p.Thought && !c.Text(p.Text) {
			return false
		}
	}
	return true
}

func finish(r genai.FinishReason) llm.Finish {
	switch r {
	case genai.FinishReasonMaxTokens:
		return llm.FinishLength
	case genai.FinishReasonSafety, genai.FinishReasonRecitation, genai.FinishReasonLanguage,
		genai.FinishReasonBlocklist, genai.FinishReasonProhibitedContent, genai.FinishReasonSPII,
		genai.FinishReasonImageSafety, genai.FinishReasonImageProhibitedContent, genai.FinishReasonImageRecitation:
		return llm.FinishBlocked
	default:
		return llm.FinishStop
	}
}

// reported tells an error event inside the stream.
func reported(c *llm.Call, err error) error {
	e, ok := errors.AsType[genai.APIError](err)
	if !ok {
		return err
	}
	status := e.Code
	if status < 400 || status > 599 {
		status = http.StatusInternalServerError
	}
	body, _ := json.Marshal(map[string]any{"error": map[string]any{
		"message": e.Message, "status": strings.ToUpper(e.Status), "details": e.Details,
	}})
	return c.Reported(status, body)
}
