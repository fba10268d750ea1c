package llm_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heddle/internal/llm"
)

// network answers requests without one.
type network func(*http.Request) (*http.Response, error)

func (n network) RoundTrip(r *http.Request) (*http.Response, error) { return n(r) }

// ask performs a bare request through an endpoint, as an SDK would.
func ask(ctx context.Context, e llm.Endpoint) (llm.Answer, error) {
	return llm.Collect(ctx, answering(e), llm.Request{Model: "m-1"}, nil)
}

func answering(e llm.Endpoint) llm.Model { return &bare{e.WithDefaults(llm.Endpoint{Name: "Bare"})} }

// bare is a provider whose answer is the body of a GET.
type bare struct{ e llm.Endpoint }

func (b *bare) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Part, error] {
	return b.e.Answer(ctx, r, func(c *llm.Call) error {
		req, err := http.NewRequestWithContext(c.Context(), http.MethodGet, "http://provider.test/", nil)
		if err != nil {
			return err
		}
		resp, err := b.e.Client().Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		buf := make([]byte, 4)
		for {
			n, err := resp.Body.Read(buf)
			if !c.Text(string(buf[:n])) {
				return nil
			}
			if errors.Is(err, io.EOF) {
				c.Finish = llm.FinishStop
				return nil
			}
		}
	})
}

func refusing(status int, header http.Header, body string) llm.Endpoint {
	return llm.Endpoint{APIKey: "sk-key-1", HTTP: &http.Client{Transport: network(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})}}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		kind   llm.ErrorKind
		text   string
	}{
		"gemini's bad key":    {400, `[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]`, llm.ErrAuth, "API key"},
		"openai's quota":      {429, `{"error":{"message":"You exceeded your quota","type":"insufficient_quota","code":"insufficient_quota"}}`, llm.ErrAuth, "quota"},
		"azure's filter":      {400, `{"error":{"message":"filtered","code":"content_filter"}}`, llm.ErrBlocked, "content"},
		"ollama's plain text": {404, `{"error":"model 'm-1' not found"}`, llm.ErrModel, `"m-1"`},
		"model by code":       {400, `{"error":{"message":"x","code":"model_not_found"}}`, llm.ErrModel, `"m-1"`},
		"odd detail":          {400, `{"error":{"message":"sk-key-1 sent to https://10.1.2.3:99/v1 and 10.1.2.3:99 and localhost:8"}}`, llm.ErrRequest, "*** sent to (address) and (address) and (address)"},
		"not JSON":            {502, `<html>Bad gateway</html>`, llm.ErrOverloaded, "overloaded"},
		"request timeout":     {408, ``, llm.ErrTimeout, "in time"},
		"payment":             {402, `{"error":{"message":"Your credit is too low"}}`, llm.ErrRequest, "Your credit is too low"},
	} {
		_, err := ask(t.Context(), refusing(c.status, nil, c.body))
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Kind != c.kind || e.Status != c.status || e.Provider != "Bare" || !strings.Contains(e.Message, c.text) {
			t.Errorf("%s: %+v, want %s %q", name, err, c.kind, c.text)
		}
	}
}

func TestRetryAfterForms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			header http.Header
			body   string
			want   time.Duration
		}{
			"seconds":      {http.Header{"Retry-After": {"12"}}, "", 12 * time.Second},
			"fraction":     {http.Header{"Retry-After": {"0.5"}}, "", 500 * time.Millisecond},
			"milliseconds": {http.Header{"Retry-After-Ms": {"250"}, "Retry-After": {"1"}}, "", 250 * time.Millisecond},
			"date":         {http.Header{"Retry-After": {time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)}}, "", 90 * time.Second},
			"past":         {http.Header{"Retry-After": {time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)}}, "", 0},
			"body":         {nil, `{"error":{"message":"slow","details":[{"@type":"x"},{"retryDelay":"31s"}]}}`, 31 * time.Second},
			"nonsense":     {http.Header{"Retry-After": {"soon"}}, "", 0},
			"negative":     {http.Header{"Retry-After": {"-5"}}, "", 0},
		} {
			_, err := ask(t.Context(), refusing(429, c.header, c.body))
			if e, ok := errors.AsType[*llm.Error](err); !ok || e.RetryAfter != c.want {
				t.Errorf("%s: %+v, want %s", name, err, c.want)
			}
		}
	})
}

// slow is a body that pauses before each piece.
type slow struct {
	ctx    context.Context
	pieces []string
	pause  time.Duration
}

func (s *slow) Read(p []byte) (int, error) {
	select {
	case <-time.After(s.pause):
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.pieces[0])
	s.pieces = s.pieces[1:]
	return n, nil
}

func (s *slow) Close() error { return nil }

func TestSilenceEndsAnAnswer(t *testing.T) {
	for pause, want := range map[time.Duration]llm.ErrorKind{59 * time.Second: "", 61 * time.Second: llm.ErrTimeout} {
		synctest.Test(t, func(t *testing.T) {
			e := llm.Endpoint{HTTP: &http.Client{Transport: network(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Body: &slow{r.Context(), []string{"a", "b", "c"}, pause}, Request: r}, nil
			})}}
			a, err := ask(t.Context(), e)
			if want == "" && (err != nil || a.Text != "abc") {
				t.Errorf("%q, %v: a slow answer must come through", a.Text, err)
			}
			if f, ok := errors.AsType[*llm.Error](err); want != "" && (!ok || f.Kind != want) {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}

// A consumer that takes its time is not a silent provider.
func TestSlowConsumerIsNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := llm.Endpoint{HTTP: &http.Client{Transport: network(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: &slow{r.Context(), []string{"a", "b"}, time.Second}, Request: r}, nil
		})}}
		a, err := llm.Collect(t.Context(), answering(e), llm.Request{}, func(string) { time.Sleep(5 * time.Minute) })
		if err != nil || a.Text != "ab" {
			t.Errorf("%q, %v", a.Text, err)
		}
	})
}

func TestNetworkErrors(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		kind llm.ErrorKind
	}{
		"refused": {errors.New("dial tcp 10.0.0.1:1: connection refused, key sk-key-1"), llm.ErrConnection},
		"timeout": {timeoutError{}, llm.ErrTimeout},
	} {
		e := llm.Endpoint{APIKey: "sk-key-1", HTTP: &http.Client{Transport: network(func(*http.Request) (*http.Response, error) { return nil, c.err })}}
		_, err := ask(t.Context(), e)
		f, ok := errors.AsType[*llm.Error](err)
		if !ok || f.Kind != c.kind || strings.Contains(f.Error(), "10.0.0.1") || strings.Contains(f.Err.Error(), "sk-key-1") {
			t.Errorf("%s: %+v (cause %v), want %s without address and key", name, err, f.Err, c.kind)
		}
	}
}

type timeoutError struct{}

func (timeoutError) Error() string   { return "timeout awaiting response headers" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }
