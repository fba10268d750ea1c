package llm

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// reply is a refusal as it came over the wire.
type reply struct {
	Status int
	Header http.Header // may be nil
	Body   []byte
	Model  string // that was asked for
}

// refusal is what the body of a refusal says. All supported providers put it in
// a member "error"; Gemini wraps that in a list while streaming.
type refusal struct {
	Message string          `json:"message"`
	Type    string          `json:"type"`
	Status  string          `json:"status"`
	Code    json.RawMessage `json:"code"`
	Details []struct {
		Reason     string `json:"reason"`
		RetryDelay string `json:"retryDelay"`
	} `json:"details"`
}

func readRefusal(body []byte) refusal {
	body = bytes.TrimSpace(body)
	if list := []json.RawMessage(nil); json.Unmarshal(body, &list) == nil && len(list) > 0 {
		body = list[0]
	}
	var envelope struct {
		Error json.RawMessage `json:"error"`
	}
	var r refusal
	if json.Unmarshal(body, &envelope) != nil || json.Unmarshal(envelope.Error, &r) == nil {
		return r
	}
	_ = json.Unmarshal(envelope.Error, &r.Message) // Ollama: the error is a string
	return r
}

// words are the machine-readable parts of a refusal.
func (r refusal) words() string {
	w := []string{r.Type, r.Status, strings.Trim(string(r.Code), `"`)}
	for _, d := range r.Details {
		w = append(w, d.Reason)
	}
	return strings.ToLower(strings.Join(w, " "))
}

// failure classifies a refusal and says it in words for people.
func (e Endpoint) failure(r reply) *Error {
	said := readRefusal(r.Body)
	kind := kindOf(r.Status, said.words())
	err := e.fail(kind, e.sentence(kind, r, said), fmt.Errorf("status %d: %.2000s", r.Status, r.Body))
	err.Status = r.Status
	if err.Passing() {
		err.RetryAfter = cmp.Or(retryAfter(r.Header), said.retryDelay())
	}
	return err
}

// kindOf maps a status, corrected by the words where a provider uses one status
// for failures that need different remedies.
func kindOf(status int, words string) ErrorKind {
	has := func(any ...string) bool {
		for _, w := range any {
			if strings.Contains(words, w) {
				return true
			}
		}
		return false
	}
	switch {
	case status == 401, status == 403, has("api_key_invalid", "insufficient_quota"):
		return ErrAuth
	case status == 404, has("model_not_found"):
		return ErrModel
	case status == 429:
		return ErrRate
	case status == 408:
		return ErrTimeout
	case status >= 500:
		return ErrOverloaded
	case has("content_filter", "content_policy"):
		return ErrBlocked
	}
	return ErrRequest
}

func (e Endpoint) sentence(k ErrorKind, r reply, said refusal) string {
	switch k {
	case ErrAuth:
		if strings.Contains(said.words(), "insufficient_quota") {
			return "The quota of the API key is used up."
		}
		return "The provider refuses the API key: it is missing, wrong, or not allowed to do this."
	case ErrModel:
		return fmt.Sprintf("There is no model %q here, or the API key may not use it.", r.Model)
	case ErrRate:
		return "The provider's rate limit is reached."
	case ErrTimeout:
		return "The provider did not answer in time."
	case ErrOverloaded:
		return "The provider is overloaded or has a problem of its own."
	case ErrBlocked:
		return "The provider refused to answer because of the content."
	case ErrRequest, ErrConnection, ErrMalformed:
	}
	if detail := e.detail(said.Message); detail != "" {
		return "The provider refuses the request: " + detail
	}
	return "The provider refuses the request."
}

// retryAfter reads how long a provider asks to wait: seconds or a date.
func retryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 && ms < 1e9 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	v := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 && s < 1e6 {
		return time.Duration(s * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

func (r refusal) retryDelay() time.Duration {
	for _, d := range r.Details {
		if wait, err := time.ParseDuration(d.RetryDelay); err == nil && wait > 0 {
			return wait
		}
	}
	return 0
}

// address matches URLs and host:port pairs, which errors for people leave out.
var address = regexp.MustCompile(`(?i)\b(?:https?|wss?)://[^\s"'<>]+|\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b|\[[0-9a-f:]+\](?::\d+)?|\blocalhost(?::\d+)?\b`)

// detail is what a provider says, made fit to show: no key, no address, short.
func (e Endpoint) detail(s string) string {
	s = strings.Join(strings.Fields(e.redact(s)), " ")
	s = address.ReplaceAllString(s, "(address)")
	if runes := []rune(s); len(runes) > 300 {
		s = string(runes[:300]) + "…"
	}
	return s
}

// minSecret is the length from which a key is one: shorter ones, such as "ollama",
// are words that local servers want to see.
const minSecret = 8

func (e Endpoint) redact(s string) string {
	if len(e.APIKey) < minSecret {
		return s
	}
	return strings.ReplaceAll(s, e.APIKey, "***")
}
