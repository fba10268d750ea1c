package anthropic

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"time"

	sdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"heddle/internal/egress"
	"heddle/internal/llm"
)

// defaultMaxTokens is sent when a request sets none: the API demands a number.
const defaultMaxTokens = 8192

// Config is where and how to call. Name defaults to "Anthropic", BaseURL to
// Anthropic's.
type Config = llm.Endpoint

// New returns the models behind c.
func New(c Config) llm.Model {
	c = c.WithDefaults(llm.Endpoint{Name: "Anthropic", BaseURL: "https://api.anthropic.com/"})
	if c.HTTP == nil {
		c.HTTP = egress.Client(egress.Config{HeaderTimeout: 5 * time.Minute})
	}
	return &model{endpoint: c, client: sdk.NewClient(
		option.WithoutEnvironmentDefaults(),
		option.WithoutOpenTelemetry(),
		option.WithBaseURL(c.BaseURL),
		option.WithAPIKey(c.APIKey),
		option.WithHTTPClient(c.Client()),
		option.WithMaxRetries(0),
	)}
}

type model struct {
	endpoint llm.Endpoint
	client   sdk.Client
}

// Stream asks for one message.
func (m *model) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Part, error] {
	return m.endpoint.Answer(ctx, r, func(c *llm.Call) error { return m.ask(c, r) })
}

func (m *model) ask(c *llm.Call, r llm.Request) error {
	q, err := request(r)
	if err != nil {
		return c.Error(llm.ErrRequest, "The schema is not a JSON object.", err)
	}
	stream := m.client.Messages.NewStreaming(c.Context(), q)
	defer stream.Close()
	complete := false
	for stream.Next() {
		event := stream.Current()
		complete = complete || event.Type == "message_stop"
		if !read(c, event) {
			return nil
		}
	}
	if err := stream.Err(); err != nil {
		return reported(c, err)
	}
	if !complete {
		c.Finish = ""
	}
	return nil
}

func request(r llm.Request) (sdk.MessageNewParams, error) {
	q := sdk.MessageNewParams{
		Model:     r.Model,
		MaxTokens: int64(cmp.Or(r.MaxTokens, defaultMaxTokens)),
		Messages:  messages(r),

		StopSequences: r.Stop,
	}
	if r.System != "" {
		q.System = []sdk.TextBlockParam{{Text: r.System}}
	}
	if r.Temperature != nil {
		q.Temperature = sdk.Float(*r.Temperature)
	}
	if r.Schema == nil {
		return q, nil
	}
	schema, err := closed(r.Schema)
	q.OutputConfig.Format = sdk.JSONOutputFormatParam{Schema: schema}
	return q, err
}

func messages(r llm.Request) []sdk.MessageParam {
	var all []sdk.MessageParam
	for _, t := range r.Turns {
		if t.Assistant {
			all = append(all, sdk.NewAssistantMessage(sdk.NewTextBlock(t.Text)))
		} else {
			all = append(all, sdk.NewUserMessage(sdk.NewTextBlock(t.Text)))
		}
	}
	return append(all, sdk.NewUserMessage(blocks(r)...))
}

// blocks puts the images before the question, as the provider recommends.
func blocks(r llm.Request) []sdk.ContentBlockParamUnion {
	var all []sdk.ContentBlockParamUnion
	for _, img := range r.Images {
		all = append(all, sdk.NewImageBlockBase64(img.MediaType, base64.StdEncoding.EncodeToString(img.Data)))
	}
	return append(all, sdk.NewTextBlock(r.Prompt))
}

// closed returns the schema with every object that says nothing about further
// properties closed: the API refuses open ones.
func closed(schema json.RawMessage) (map[string]any, error) {
	var root map[string]any
	if err := json.Unmarshal(schema, &root); err != nil {
		return nil, err
	}
	closeObjects(root)
	return root, nil
}

func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, said := v["additionalProperties"]; v["type"] == "object" && !said {
			v["additionalProperties"] = false
		}
		for _, child := range v {
			closeObjects(child)
		}
	case []any:
		for _, child := range v {
			closeObjects(child)
		}
	}
}

// read passes one event on; false: nobody listens any more.
func read(c *llm.Call, event sdk.MessageStreamEventUnion) bool {
	switch event.Type {
	case "message_start":
		u := event.Message.Usage
		c.Usage = &llm.Usage{
			In:  int(u.InputTokens + u.CacheCreationInputTokens + u.CacheReadInputTokens),
			Out: int(u.OutputTokens),
		}
	case "content_block_start":
		return event.ContentBlock.Type != "text" || c.Text(event.ContentBlock.Text)
	case "content_block_delta":
		return event.Delta.Type != "text_delta" || c.Text(event.Delta.Text)
	case "message_delta":
		if c.Usage == nil {
			c.Usage = &llm.Usage{In: int(event.Usage.InputTokens)}
		}
		c.Usage.Out = int(event.Usage.OutputTokens) // a running total
		c.Finish = finish(event.Delta.StopReason)
	}
	return true
}

func finish(r sdk.StopReason) llm.Finish {
	switch r {
	case "":
		return ""
	case sdk.StopReasonMaxTokens, sdk.StopReasonModelContextWindowExceeded:
		return llm.FinishLength
	case sdk.StopReasonRefusal:
		return llm.FinishBlocked
	case sdk.StopReasonEndTurn, sdk.StopReasonStopSequence, sdk.StopReasonToolUse, sdk.StopReasonPauseTurn:
	}
	return llm.FinishStop
}

// reported tells an error event inside the stream. It stands for the status the
// API would have answered with.
func reported(c *llm.Call, err error) error {
	e, ok := errors.AsType[*sdk.Error](err)
	if !ok {
		return err
	}
	status := http.StatusInternalServerError
	switch e.Type() {
	case "overloaded_error":
		status = 529
	case "rate_limit_error":
		status = http.StatusTooManyRequests
	case "authentication_error", "permission_error":
		status = http.StatusUnauthorized
	case "not_found_error":
		status = http.StatusNotFound
	case "invalid_request_error":
		status = http.StatusBadRequest
	default: // a failure on their side
	}
	return c.Reported(status, []byte(e.RawJSON()))
}
