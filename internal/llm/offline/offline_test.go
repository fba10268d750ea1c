package offline_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"heddle/internal/llm"
	"heddle/internal/llm/offline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const article = `Summarise this report:

The harbour of Brunnen opened in 1871. Dr. A. Meier built the first crane of the harbour. It rained on Tuesday.
The harbour moved 4,200 tonnes of stone in its first year. Some people like cats. The crane of the harbour lifts stone
blocks of 9.5 tonnes. Lunch was late. The harbour crane was replaced in 1950.`

func ask(t *testing.T, r llm.Request) (llm.Answer, error) {
	t.Helper()
	return llm.Collect(t.Context(), offline.New(offline.Config{}), r, nil)
}

func TestSummaryIsMadeOfThePromptsSentences(t *testing.T) {
	a, err := ask(t, llm.Request{Prompt: article})
	if err != nil {
		t.Fatal(err)
	}
	flat := strings.Join(strings.Fields(article), " ")
	for s := range strings.SplitSeq(a.Text, ". ") {
		if !strings.Contains(flat, strings.TrimSuffix(s, ".")) {
			t.Errorf("%q is not in the prompt", s)
		}
	}
	if !strings.Contains(a.Text, "harbour") || strings.Contains(a.Text, "Summarise") || strings.Contains(a.Text, "Lunch") || len(a.Text) > len(flat)/2 {
		t.Errorf("not a summary: %q", a.Text)
	}
	again, _ := ask(t, llm.Request{Prompt: article})
	if d := cmp.Diff(a, again); d != "" {
		t.Errorf("not deterministic: %s", d)
	}
}

func TestEveryAnswerSaysThatNoAIWasUsed(t *testing.T) {
	for name, r := range map[string]llm.Request{
		"text": {Prompt: article}, "short": {Prompt: "Hi."}, "empty": {},
		"schema": {Prompt: article, Schema: []byte(`{"type":"object"}`)}, "image": {Images: []llm.Image{{Data: bluePNG(t)}}},
	} {
		a, err := ask(t, r)
		if err != nil || a.Meta["notice"] != "Offline provider: no AI model was used." || a.Finish != llm.FinishStop || a.Text == "" || a.Usage != nil {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}

func TestShortTextsComeBack(t *testing.T) {
	for in, want := range map[string]string{
		"Hello there.":                          "Hello there.",
		"Summarize: One fact only.":             "One fact only.",
		"Please explain this.\n\nWater is wet.": "Water is wet.",
		"Mr. Smith met J. Doe. They spoke.":     "Mr. Smith met J. Doe. They spoke.",
		"  spaces \n and lines  ":               "spaces and lines",
		"…":                                     "…",
		"日本語の文です。もう一つの文です。": "日本語の文です。 もう一つの文です。",
		"Write a poem":                           "Write a poem",
		"The pump costs 3.50 dollars. It is new": "The pump costs 3.50 dollars. It is new",
	} {
		if a, err := ask(t, llm.Request{Prompt: in}); err != nil || a.Text != want {
			t.Errorf("%q: %q, %v, want %q", in, a.Text, err, want)
		}
	}
}

func TestStreamsWordByWordAndStops(t *testing.T) {
	var pieces []string
	a, err := llm.Collect(t.Context(), offline.New(offline.Config{}), llm.Request{Prompt: "One two three."}, func(s string) { pieces = append(pieces, s) })
	if d := cmp.Diff([]string{"One ", "two ", "three."}, pieces); err != nil || d != "" || a.Text != "One two three." {
		t.Errorf("%v %s", err, d)
	}
	if a, _ := ask(t, llm.Request{Prompt: "One two three.", MaxTokens: 2}); a.Text != "One two " || a.Finish != llm.FinishLength {
		t.Errorf("cut at two words: %+v", a)
	}
	why := errors.New("stopped")
	ctx, stop := context.WithCancelCause(t.Context())
	n := 0
	_, err = llm.Collect(ctx, offline.New(offline.Config{}), llm.Request{Prompt: article}, func(string) { n++; stop(why) })
	if !errors.Is(err, why) || n != 1 {
		t.Errorf("error = %v after %d words, want the cause after 1", err, n)
	}
	n = 0
	for range offline.New(offline.Config{}).Stream(t.Context(), llm.Request{Prompt: article}) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d parts after a break", n)
	}
}

func TestSchemaIsFilledFromTheText(t *testing.T) {
	const mail = `Title: Broken pump
Priority: high
Cost: 1,250.50
Urgent: yes
Tags: water, cellar
Write to ann@example.com or see https://example.com/a?b=1. Visit on 2024-05-03.
- call the plumber
- close the valve`
	const schema = `{"type":"object","required":["title","priority","cost","urgent","nothing"],"additionalProperties":false,"properties":{
		"title":{"type":"string"},"priority":{"enum":["low","high"]},"cost":{"type":"number"},"urgent":{"type":"boolean"},
		"tags":{"type":"array","items":{"type":"string"}},"contact":{"type":"string","format":"email"},"visitDate":{"type":"string","format":"date"},
		"link":{"$ref":"#/$defs/url"},"tasks":{"type":"array","items":{"type":"string"}},"wordCount":{"type":"integer"},
		"nothing":{"type":["string","null"]},"unknown":{"type":"integer"}},
		"$defs":{"url":{"type":"string","format":"uri"}}}`
	a, err := ask(t, llm.Request{Prompt: mail, Schema: []byte(schema)})
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal([]byte(a.Text), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"title": "Broken pump", "priority": "high", "cost": 1250.5, "urgent": true, "tags": []any{"water", "cellar"},
		"contact": "ann@example.com", "visitDate": "2024-05-03", "link": "https://example.com/a?b=1",
		"tasks": []any{"call the plumber", "close the valve"}, "wordCount": 27.0, "nothing": nil,
	}
	if d := cmp.Diff(any(want), got); d != "" {
		t.Error(d)
	}
	if a.Meta["unfilled"] != "" {
		t.Errorf("unfilled = %q, want none: null says it", a.Meta["unfilled"])
	}
}

func TestWhatIsNotInTheTextIsNamed(t *testing.T) {
	const schema = `{"type":"object","required":["price","mood"],"properties":{"price":{"type":"number","minimum":5},"mood":{"enum":["good","neutral"]}}}`
	a, err := ask(t, llm.Request{Prompt: "Nothing here.", Schema: []byte(schema)})
	if err != nil || a.Text != `{"mood":"neutral","price":5}` || a.Meta["unfilled"] != "mood, price" {
		t.Errorf("%q %q %v", a.Text, a.Meta["unfilled"], err)
	}
}

func TestSchemasThatCannotBeFollowed(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type":`: "not valid JSON", `{"not":{}}`: `"not"`, `{"type":"strange"}`: "strange", `false`: "allows no value",
		`{"$ref":"#/nowhere"}`: "leads nowhere", `{"enum":[]}`: "allows no value",
		`{"type":"object","required":["due"],"properties":{"due":{"type":"string","format":"date"}}}`:                   "due is required",
		`{"type":"object","required":["id"],"properties":{"id":{"type":"string","pattern":"^x{9}$"}}}`:                  "id is required",
		`{"type":"integer","minimum":3,"maximum":2}`:                                                                    "no value",
		`{"$defs":{"n":{"type":"object","required":["n"],"properties":{"n":{"$ref":"#/$defs/n"}}}},"$ref":"#/$defs/n"}`: "required",
	} {
		_, err := ask(t, llm.Request{Prompt: "Nothing here.", Schema: []byte(schema)})
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Kind != llm.ErrRequest || !strings.Contains(e.Message, want) {
			t.Errorf("%s: %v, want a request error with %q", schema, err, want)
		}
	}
}
