package llmtest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"heddle/internal/llm"
)

// Wire is a provider's wire format, seen from the server.
type Wire interface {
	// Read says what a request asks for. path is the URL's.
	Read(path string, header http.Header, body []byte) (Seen, error)
	// Begin opens a stream.
	Begin(u llm.Usage) string
	// Text is an event with a piece of the answer.
	Text(s string) string
	// End closes a stream in order.
	End(f llm.Finish, u llm.Usage) string
	// Failure is an event inside the stream that says the provider is overloaded.
	Failure() string
	// Garbled is an event that cannot be read.
	Garbled() string
	// Refusal is the body of an answer with the given status.
	Refusal(status int, message string) string
}

// Seen is a request as the server understood it.
type Seen struct {
	Key         string
	Model       string
	System      string
	Turns       []llm.Turn
	Prompt      string
	Stop        []string
	Images      []llm.Image
	Schema      any
	Temperature *float64
	MaxTokens   int
	Stream      bool
}

// Server answers like a provider, by a script per test.
type Server struct {
	URL  string
	wire Wire

	mu   sync.Mutex
	seen []Seen
}

// Reply is one request under way; a script writes its answer.
type Reply struct {
	Seen
	w       http.ResponseWriter
	r       *http.Request
	wire    Wire
	started bool
}

// Serve starts a server that ends with the test. script answers each request.
func Serve(t *testing.T, w Wire, script func(*Reply)) *Server {
	t.Helper()
	s := &Server{wire: w}
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		seen, err := w.Read(r.URL.Path, r.Header, body)
		if err != nil {
			t.Errorf("the server cannot read the request: %v\n%s", err, body)
			return
		}
		s.mu.Lock()
		s.seen = append(s.seen, seen)
		s.mu.Unlock()
		script(&Reply{Seen: seen, w: rw, r: r, wire: w})
	}))
	t.Cleanup(web.Close)
	s.URL = web.URL
	return s
}

// Requests returns what was asked so far.
func (s *Server) Requests() []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Seen(nil), s.seen...)
}

func (s *Server) hostPort() string { return strings.TrimPrefix(s.URL, "http://") }

// Raw sends bytes as they are.
func (r *Reply) Raw(s string) {
	if !r.started {
		r.started = true
		r.w.Header().Set("Content-Type", "text/event-stream")
	}
	_, _ = io.WriteString(r.w, s)
	_ = http.NewResponseController(r.w).Flush()
}

// Text sends pieces of the answer, opening the stream first.
func (r *Reply) Text(pieces ...string) {
	if !r.started {
		r.Raw(r.wire.Begin(usage))
	}
	for _, p := range pieces {
		r.Raw(r.wire.Text(p))
	}
}

// End closes the stream in order.
func (r *Reply) End(f llm.Finish) {
	if !r.started {
		r.Raw(r.wire.Begin(usage))
	}
	r.Raw(r.wire.End(f, usage))
}

// Refuse answers with a status, and headers as pairs.
func (r *Reply) Refuse(status int, message string, header ...string) {
	for i := 0; i+1 < len(header); i += 2 {
		r.w.Header().Set(header[i], header[i+1])
	}
	r.w.Header().Set("Content-Type", "application/json")
	r.w.WriteHeader(status)
	_, _ = io.WriteString(r.w, r.wire.Refusal(status, message))
}

// Wait blocks until the client is gone.
func (r *Reply) Wait() { <-r.r.Context().Done() }

// Cut closes the connection.
func (r *Reply) Cut() {
	if conn, _, err := http.NewResponseController(r.w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// usage is what every scripted answer costs.
var usage = llm.Usage{In: 11, Out: 7}
