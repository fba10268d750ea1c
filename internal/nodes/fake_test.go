package nodes_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"iter"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/node"
	"heddle/internal/nodes"
	"heddle/internal/sandbox"
	"heddle/static"
)

// registry holds all kinds over three providers: "script" answers as told,
// "offline" too but counts as no AI, "unset" is not configured.
func registry(t testing.TB, m llm.Model, web map[string]reply) *node.Registry {
	t.Helper()
	models := llm.NewModels(
		llm.Provider{ID: "script", Name: "Script", Setting: "SCRIPT_API_KEY", Configured: true, Model: m, Default: "scripted-1"},
		llm.Provider{ID: "unset", Name: "Unset", Setting: "UNSET_API_KEY", Default: "unset-1"},
		llm.Provider{ID: "offline", Name: "Offline", Configured: true, Model: m, Default: "extract", NoAI: true},
	)
	return node.NewRegistry(nodes.All(nodes.Deps{Models: models, HTTP: &http.Client{Transport: pages{t, web}}, Code: box()})...)
}

// box returns the one sandbox of the tests: to make its machine code takes a while.
// Without the bundle it is one that can run nothing.
var box = sync.OnceValue(func() *sandbox.Sandbox { return sandbox.New(must(static.Module())) })

// scripted answers every request with the same parts and remembers what it was asked.
type scripted struct {
	parts []scriptPart
	asked request
}

type scriptPart struct {
	Text   string            `json:"text"`
	Usage  *llm.Usage        `json:"usage"`
	Finish llm.Finish        `json:"finish"`
	Meta   map[string]string `json:"meta"`
	Error  *scriptError      `json:"error"`
}

type scriptError struct {
	Kind         llm.ErrorKind `json:"kind"`
	Message      string        `json:"message"`
	RetryAfterMS int           `json:"retryAfterMs"`
}

type request struct {
	Model       string   `json:"model"`
	System      string   `json:"system,omitzero"`
	Turns       []string `json:"turns,omitempty"`
	Prompt      string   `json:"prompt"`
	Stop        []string `json:"stop,omitempty"`
	Images      []string `json:"images,omitempty"`
	Temperature *float64 `json:"temperature,omitzero"`
	MaxTokens   int      `json:"maxTokens,omitzero"`
	Schema      any      `json:"schema,omitzero"`
}

func (m *scripted) Stream(_ context.Context, r llm.Request) iter.Seq2[llm.Part, error] {
	m.asked = request{Model: r.Model, System: r.System, Prompt: r.Prompt, Temperature: r.Temperature, MaxTokens: r.MaxTokens, Stop: r.Stop}
	for _, turn := range r.Turns {
		m.asked.Turns = append(m.asked.Turns, map[bool]string{true: "assistant: ", false: "user: "}[turn.Assistant]+turn.Text)
	}
	if r.Schema != nil {
		m.asked.Schema = r.Schema
	}
	for _, img := range r.Images {
		m.asked.Images = append(m.asked.Images, img.MediaType)
	}
	return func(yield func(llm.Part, error) bool) {
		for _, p := range m.parts {
			var err error
			if e := p.Error; e != nil {
				err = &llm.Error{Kind: e.Kind, Provider: "script", Message: e.Message, RetryAfter: time.Duration(e.RetryAfterMS) * time.Millisecond}
			}
			if !yield(llm.Part{Text: p.Text, Usage: p.Usage, Finish: p.Finish, Meta: p.Meta}, err) || err != nil {
				return
			}
		}
	}
}

// memory is a node.Files of one owner.
type memory map[flow.ID][]byte

func (m memory) Open(_ context.Context, ref flow.FileRef) ([]byte, error) {
	data, ok := m[ref.File]
	if !ok {
		return nil, flow.Errorf(flow.NotFound, "There is no such file.")
	}
	return data, nil
}

func (m memory) Save(_ context.Context, name string, data []byte) (flow.FileRef, error) {
	id := flow.ID(fmt.Sprintf("file_saved%d", len(m)+1))
	m[id] = data
	return flow.FileRef{File: id, Name: name, MediaType: "image/sniffed", Size: int64(len(data))}, nil
}

// reply is what an address answers; without an entry the connection is refused.
type reply struct {
	Status  int    `json:"status"`
	Picture string `json:"picture"`
}

type pages struct {
	t   testing.TB
	web map[string]reply
}

func (p pages) RoundTrip(r *http.Request) (*http.Response, error) {
	a, ok := p.web[r.URL.String()]
	if !ok {
		return nil, errors.New("dial tcp 10.0.0.1:443: refused by the guard")
	}
	return &http.Response{StatusCode: a.Status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(draw(p.t, a.Picture)))}, nil
}

// draw makes the bytes of "png 4x3", "jpeg 4x3", "gif 4x3", "webp" (1x1),
// "header 60000x60000" (a PNG header that claims that size), "zeros 100" (bytes)
// or anything else as text.
func draw(t testing.TB, spec string) []byte {
	t.Helper()
	format, dims, _ := strings.Cut(spec, " ")
	var w, h int
	_, _ = fmt.Sscanf(dims, "%dx%d", &w, &h)
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, h)))
	case "jpeg":
		err = jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, h)), nil)
	case "gif":
		err = gif.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, h)), nil)
	case "webp":
		b.Write(must(base64.StdEncoding.DecodeString("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")))
	case "header":
		pngHeader(&b, w, h)
	case "zeros":
		b.Write(make([]byte, w))
	default:
		b.WriteString(spec)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngHeader(b *bytes.Buffer, w, h int) {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(chunk, uint32(w))
	chunk = binary.BigEndian.AppendUint32(chunk, uint32(h))
	chunk = append(chunk, 8, 2, 0, 0, 0)
	b.WriteString("\x89PNG\r\n\x1a\n")
	b.Write(binary.BigEndian.AppendUint32(nil, 13))
	b.Write(chunk)
	b.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(chunk)))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// registryOf holds all kinds over one provider.
func registryOf(t *testing.T, p llm.Provider) *node.Registry {
	t.Helper()
	return node.NewRegistry(nodes.All(nodes.Deps{Models: llm.NewModels(p), HTTP: &http.Client{Transport: pages{t, nil}}})...)
}
