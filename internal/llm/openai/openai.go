package openai

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"math"
	"net/http"
	"time"

	sdk "github.com/sashabaranov/go-openai"

	"heddle/internal/egress"
	"heddle/internal/llm"
)

// Config is where and how to call. Name defaults to "OpenAI", BaseURL to
// OpenAI's; a base URL ends with the version, as in "http://127.0.0.1:11434/v1".
// An empty APIKey is not sent, which suits local servers.
type Config = llm.Endpoint

// New returns the models behind c.
func New(c Config) llm.Model {
	c = c.WithDefaults(llm.Endpoint{Name: "OpenAI", BaseURL: "https://api.openai.com/v1"})
	if c.HTTP == nil {
		c.HTTP = egress.Client(egress.Config{HeaderTimeout: 5 * time.Minute})
	}
	conf := sdk.DefaultConfig(c.APIKey)
	conf.BaseURL, conf.HTTPClient = c.BaseURL, c.Client()
	return &model{endpoint: c, client: sdk.NewClientWithConfig(conf)}
}

type model struct {
	endpoint llm.Endpoint
	client   *sdk.Client
}

// Stream asks for one chat completion.
func (m *model) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Part, error] {
	return m.endpoint.Answer(ctx, r, func(c *llm.Call) error { return m.ask(c, r) })
}

func (m *model) ask(c *llm.Call, r llm.Request) error {
	stream, err := m.client.CreateChatCompletionStream(c.Context(), request(r))
	if err != nil {
		return invalid(c, err)
	}
	defer stream.Close()
	refused := false
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return reported(c, err)
		}
		if u := chunk.Usage; u != nil {
			c.Usage = &llm.Usage{In: u.PromptTokens, Out: u.CompletionTokens}
		}
		for _, choice := range chunk.Choices {
			refused = refused || choice.Delta.Refusal != ""
			c.Finish = finish(c.Finish, choice.FinishReason)
			if !c.Text(choice.Delta.Content) {
				return nil
			}
		}
	}
	if refused && c.Finish != "" {
		c.Finish = llm.FinishBlocked
	}
	return nil
}

func finish(before llm.Finish, r sdk.FinishReason) llm.Finish {
	switch r {
	case "", sdk.FinishReasonNull:
		return before
	case sdk.FinishReasonLength:
		return llm.FinishLength
	case sdk.FinishReasonContentFilter:
		return llm.FinishBlocked
	case sdk.FinishReasonStop, sdk.FinishReasonFunctionCall, sdk.FinishReasonToolCalls:
	}
	return llm.FinishStop
}

func request(r llm.Request) sdk.ChatCompletionRequest {
	q := sdk.ChatCompletionRequest{
		Model:         r.Model,
		Messages:      messages(r),
		MaxTokens:     r.MaxTokens, //nolint:staticcheck // the only name that compatible servers know; see below
		Stop:          r.Stop,
		StreamOptions: &sdk.StreamOptions{IncludeUsage: true},
	}
	if r.Temperature != nil {
		// The SDK leaves a zero out, which would mean the provider's default.
		q.Temperature = max(float32(*r.Temperature), math.SmallestNonzeroFloat32)
	}
	if r.Schema != nil {
		q.ResponseFormat = &sdk.ChatCompletionResponseFormat{
			Type: sdk.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &sdk.ChatCompletionResponseFormatJSONSchema{
				Name: "answer", Schema: r.Schema, Strict: strict(r.Schema),
			},
		}
	}
	// Reasoning models know the limit by another name; other servers only the old one.
	if errors.Is(sdk.NewReasoningValidator().Validate(q), sdk.ErrReasoningModelMaxTokensDeprecated) {
		q.MaxTokens, q.MaxCompletionTokens = 0, r.MaxTokens //nolint:staticcheck // the old name is taken back
	}
	return q
}

func messages(r llm.Request) []sdk.ChatCompletionMessage {
	var all []sdk.ChatCompletionMessage
	if r.System != "" {
		all = append(all, sdk.ChatCompletionMessage{Role: sdk.ChatMessageRoleSystem, Content: r.System})
	}
	for _, t := range r.Turns {
		role := sdk.ChatMessageRoleUser
		if t.Assistant {
			role = sdk.ChatMessageRoleAssistant
		}
		all = append(all, sdk.ChatCompletionMessage{Role: role, Content: t.Text})
	}
	user := sdk.ChatCompletionMessage{Role: sdk.ChatMessageRoleUser, Content: r.Prompt}
	if len(r.Images) > 0 {
		user.Content = ""
		user.MultiContent = []sdk.ChatMessagePart{{Type: sdk.ChatMessagePartTypeText, Text: r.Prompt}}
	}
	for _, img := range r.Images {
		data := "data:" + img.MediaType + ";base64," + base64.StdEncoding.EncodeToString(img.Data)
		user.MultiContent = append(user.MultiContent, sdk.ChatMessagePart{
			Type: sdk.ChatMessagePartTypeImageURL, ImageURL: &sdk.ChatMessageImageURL{URL: data},
		})
	}
	return append(all, user)
}

// invalid tells what the SDK refuses before it sends anything.
func invalid(c *llm.Call, err error) error {
	switch {
	case errors.Is(err, sdk.ErrReasoningModelLimitationsOther), errors.Is(err, sdk.ErrReasoningSamplingUnsupported):
		return c.Error(llm.ErrRequest, "This model takes no temperature: leave it empty.", err)
	case errors.Is(err, sdk.ErrChatCompletionInvalidModel):
		return c.Error(llm.ErrModel, "This model cannot chat.", err)
	}
	if _, ok := errors.AsType[*json.MarshalerError](err); ok {
		return c.Error(llm.ErrRequest, "The schema is not valid JSON.", err)
	}
	return err
}

// reported tells an error event inside the stream.
func reported(c *llm.Call, err error) error {
	e, ok := errors.AsType[*sdk.APIError](err)
	if !ok {
		return err
	}
	status := http.StatusInternalServerError
	if code, ok := e.Code.(int); ok && code >= 400 {
		status = code
	} else if e.Type == "invalid_request_error" {
		status = http.StatusBadRequest
	} else if e.Code == "rate_limit_exceeded" || e.Type == "rate_limit_error" {
		status = http.StatusTooManyRequests
	}
	body, _ := json.Marshal(map[string]any{"error": map[string]any{"message": e.Message, "type": e.Type, "code": e.Code}})
	return c.Reported(status, body)
}
