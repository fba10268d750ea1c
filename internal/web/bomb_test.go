package web_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"heddle/internal/flow"
	"heddle/internal/web"
)

// peak returns the most memory the process has had in use since the last mark, in
// bytes, as Linux counts it.
func peak(t *testing.T) int64 {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("NO /proc: the memory of a process is not known here")
	}
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	must(t, err)
	return n << 10
}

// mark forgets the former peak.
func mark(t *testing.T) {
	t.Helper()
	debug.FreeOSMemory()
	if os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) != nil {
		t.Skip("NO /proc/self/clear_refs: the peak of memory cannot be measured here")
	}
}

// pngBomb is a picture of 33 bytes and a little that claims to be large.
func pngBomb(w, h uint32) string {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(data)))
		part := append([]byte(kind), data...)
		b.Write(part)
		_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(part))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	chunk("IHDR", append(head, 8, 6, 0, 0, 0))
	var z bytes.Buffer
	c := zlib.NewWriter(&z)
	_, _ = c.Write(make([]byte, 1<<20))
	_ = c.Close()
	chunk("IDAT", z.Bytes())
	chunk("IEND", nil)
	return b.String()
}

func packed(n int) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for range n {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	return b.String()
}

// TestX7_Bombs sends what is small and becomes large. Each is refused, or done within
// bounds: memory grows by less than 64 MiB beyond what the body itself takes.
func TestX7_Bombs(t *testing.T) {
	if testing.Short() {
		t.Skip("-SHORT: the race detector's own memory would be measured")
	}
	s := newSite(t, func(c *web.Config) { c.RateAPI, c.RateRuns = 0, 0 })
	s.listen()
	gz := packed(1024) // 1 GiB
	keys := func(n int, pair, sep string) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteString(sep)
			}
			fmt.Fprintf(&b, pair, i)
		}
		return b.String()
	}
	deep := strings.Repeat("[", 2_000_000)
	form100k, kind := strings.Builder{}, "multipart/form-data; boundary=b"
	for i := range 100_000 {
		fmt.Fprintf(&form100k, "--b\r\nContent-Disposition: form-data; name=\"f%d\"\r\n\r\nx\r\n", i)
	}
	form100k.WriteString("--b--\r\n")
	upload := func(name, content string) func() answer {
		return func() answer {
			body, kind := form(t, name, content)
			a := s.do("POST", "/api/files", body, s.ann.byToken("Content-Type", kind))
			if a.status != 201 {
				return a
			}
			file := decode[struct{ File struct{ ID string } }](t, a).File.ID
			id := s.run(s.ann, fmt.Sprintf(`"nodes":[{"id":"i","type":"image","data":{"file":{"$file":%q}}},{"id":"e","type":"image-edit","data":{"width":100}}],"edges":[{"id":"e","source":"i","target":"e"}]`, file))
			if status := s.ended(s.ann, id); status == flow.RunSuccess {
				t.Errorf("%s was made smaller without a word", name)
			}
			return answer{status: 422}
		}
	}
	json := func(path, body string, more ...string) func() answer {
		return func() answer { return s.do("POST", path, body, s.ann.byToken(more...)) }
	}
	for name, send := range map[string]func() answer{
		"gzip, 1 GiB of zeros": json("/api/workflows", gz, "Content-Encoding", "gzip", "Content-Type", "application/json"),
		"gzip to run":          json("/api/execute", gz, "Content-Encoding", "GZIP", "Content-Type", "application/json"),
		"gzip of a stranger": func() answer {
			return s.do("POST", "/signin", packed(60), header{"Content-Encoding": "gzip", "Content-Type": "application/json"})
		},
		"deflate, br and twice": json("/api/execute", gz, "Content-Encoding", "br, deflate, gzip", "Content-Type", "application/json"),
		"gzip to the inspector": func() answer {
			return s.do("POST", "/workflows/none/inspector", gz, s.ann.byCookie("Content-Encoding", "gzip", "Content-Type", "application/json"))
		},
		"2,000,000 brackets":     json("/api/workflows", `{"name":"x","nodes":`+deep, "Content-Type", "application/json"),
		"2,000,000 in a node":    json("/api/workflows", `{"name":"x","edges":[],"nodes":[{"id":"a","type":"text","data":`+deep[:1_900_000]+strings.Repeat("]", 1_900_000)+`}]}`),
		"300,000 keys":           json("/api/workflows", `{`+keys(300_000, `"k%d":1`, ",")+`}`),
		"300,000 keys in a node": json("/api/execute", `{"nodes":[{"id":"a","type":"text","data":{`+keys(300_000, `"k%d":1`, ",")+`}}],"edges":[]}`),
		"a name of 4 MiB":        json("/api/workflows", `{"name":"`+strings.Repeat("x", 4<<20-100)+`","nodes":[],"edges":[]}`),
		"a number of 1,000,000":  json("/api/workflows", `{"name":1`+strings.Repeat("0", 1_000_000)+`,"nodes":[],"edges":[]}`),
		"100,000 form parts": func() answer { // over the network: the server ends such a connection itself
			got, _ := s.raw(fmt.Sprintf("POST /api/files HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", s.ann.token, kind, form100k.Len(), form100k.String()), 0)
			status, err := strconv.Atoi(strings.Fields(got + "HTTP/1.1 413 cut")[1])
			must(t, err)
			return answer{status: status, body: got}
		},
		"1,000,000 form fields": func() answer {
			body := keys(1_000_000, "f%d=x", "&")
			got, _ := s.raw(fmt.Sprintf("POST /settings/profile HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", s.ann.cookie, len(body), body), 0)
			status, err := strconv.Atoi(strings.Fields(got + "HTTP/1.1 413 cut")[1])
			must(t, err)
			return answer{status: status, body: got}
		},
		"PNG of 60,000 x 60,000":    upload("a.png", pngBomb(60_000, 60_000)),
		"PNG of 4,000,000,000 wide": upload("a.png", pngBomb(4_000_000_000, 1)),
	} {
		t.Run(name, func(t *testing.T) {
			mark(t)
			before := peak(t)
			a := send()
			grown := peak(t) - before
			if a.status < 400 || a.status >= 500 {
				t.Errorf("it was answered with %d %.200s", a.status, a.body)
			}
			if bound := int64(64<<20 + 4*5<<20); grown > bound { // the body is in memory more than once: the test's own copies
				t.Errorf("memory grew by %d MiB", grown>>20)
			}
			t.Logf("%d, memory +%d MiB", a.status, grown>>20)
		})
	}
}
