package web_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"heddle/internal/flow"
)

// frame is what the tests read of a live frame.
type frame struct {
	Type   flow.EventType
	RunID  string `json:"runId"`
	Seq    int64
	Status string
	Run    struct{ Status string }
}

// viewer is one websocket of a test.
type viewer struct {
	t    *testing.T
	ws   *websocket.Conn
	rest []frame // of a batch already read
}

// dial opens a websocket; status is that of the handshake's answer.
func (s *site) dial(h http.Header) (ws *websocket.Conn, status int, err error) {
	s.t.Helper()
	//nolint:bodyclose // the library hands out a body that was read already
	ws, res, err := websocket.DefaultDialer.DialContext(s.t.Context(), "ws"+strings.TrimPrefix(s.url, "http")+"/ws", h)
	if res == nil {
		return nil, 0, err
	}
	return ws, res.StatusCode, err
}

// view opens a websocket of p as a browser on our own page does.
func (s *site) view(p person) *viewer {
	s.t.Helper()
	ws, status, err := s.dial(http.Header{"Cookie": {p.cookie}, "Origin": {s.url}})
	if err != nil {
		s.t.Fatalf("websocket: %v (%d)", err, status)
	}
	s.t.Cleanup(func() { _ = ws.Close() })
	return &viewer{t: s.t, ws: ws}
}

func (v *viewer) say(format string, args ...any) {
	v.t.Helper()
	must(v.t, v.ws.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, format, args...)))
}

// next returns the next frame, or the error that ends the socket.
func (v *viewer) next() (frame, error) {
	v.t.Helper()
	for len(v.rest) == 0 {
		if err := v.ws.SetReadDeadline(time.Now().Add(15 * time.Second)); err != nil {
			return frame{}, err
		}
		_, raw, err := v.ws.ReadMessage()
		if err != nil {
			return frame{}, err
		}
		if raw[0] != '[' {
			raw = append(append([]byte{'['}, raw...), ']')
		}
		must(v.t, json.Unmarshal(raw, &v.rest))
	}
	f := v.rest[0]
	v.rest = v.rest[1:]
	return f, nil
}

// until reads frames up to the first that satisfies want and returns them all.
func (v *viewer) until(what string, want func(frame) bool) []frame {
	v.t.Helper()
	var all []frame
	for {
		f, err := v.next()
		if err != nil {
			v.t.Fatalf("waiting for %s after %v: %v", what, all, err)
		}
		if all = append(all, f); want(f) {
			return all
		}
	}
}

func final(f frame) bool {
	return f.Type == flow.EventRunStatus && flow.RunStatus(f.Status).Final()
}

// ended is final, or a snapshot of a run that had ended before the view came.
func ended(f frame) bool {
	return final(f) || f.Type == "snapshot" && flow.RunStatus(f.Run.Status).Final()
}

// gapless fails unless the frames are the events after seq, each once, in order.
func gapless(t *testing.T, seq int64, frames []frame) {
	t.Helper()
	for _, f := range frames {
		if seq++; f.Seq != seq {
			t.Fatalf("event %d follows %d in %v", f.Seq, seq-1, frames)
		}
	}
}

func TestLiveViewHasNoGap(t *testing.T) {
	s := newSite(t)
	s.listen()
	id := s.run(s.ann, gated)
	first := s.view(s.ann)
	first.say(`{"type":"subscribe","runId":%q}`, id)
	seen := first.until("the gate's log", func(f frame) bool { return f.Type == flow.EventLog || f.Type == "snapshot" && f.Seq >= 5 })
	if seen[0].Type != "snapshot" {
		t.Fatalf("the first frame is %+v", seen[0])
	}
	gapless(t, seen[0].Seq, seen[1:])
	last := seen[len(seen)-1].Seq
	must(t, first.ws.Close())

	second := s.view(s.ann)
	second.say(`{"type":"subscribe","runId":%q,"after":%d}`, id, last)
	close(s.gate)
	rest := second.until("the end", final)
	gapless(t, last, rest)

	third := s.view(s.ann)
	third.say(`{"type":"subscribe","runId":%q,"after":1}`, id)
	gapless(t, 1, third.until("the end once more", final))
	third.say(`{"type":"subscribe","runId":%q}`, id)
	if f, err := third.next(); err != nil || f.Type != "snapshot" || f.Run.Status != "success" || f.Seq != rest[len(rest)-1].Seq {
		t.Errorf("a run that has ended shows as %+v, %v", f, err)
	}
}

func TestLiveViewOfWorkflow(t *testing.T) {
	s := newSite(t)
	s.listen()
	wf := s.workflow(s.ann, "Digest")
	v := s.view(s.ann)
	v.say(`{"type":"subscribe","workflowId":%q}`, wf)
	time.Sleep(50 * time.Millisecond) // the run may start before or after the subscription: both must show it
	for range 2 {
		id := s.run(s.ann, `"workflowId":"`+wf+`"`)
		v.until("the end of "+id, func(f frame) bool {
			return f.RunID == id && ended(f)
		})
	}
}

func TestLiveViewShowsOnlyOnesOwn(t *testing.T) {
	s := newSite(t)
	s.listen()
	wf := s.workflow(s.bob, "Private")
	foreign, mine := s.run(s.bob, gated), s.run(s.ann, gated)
	v := s.view(s.ann)
	v.say(`{"type":"subscribe","runId":%q}`, foreign)
	v.say(`{"type":"subscribe","runId":"run_nothing"}`)
	v.say(`{"type":"subscribe","workflowId":%q}`, wf)
	v.say(`{"type":"subscribe","runId":%q}`, mine)
	close(s.gate)
	for _, f := range v.until("the end of one's own", ended) {
		if f.RunID != mine {
			t.Errorf("Ann sees %+v", f)
		}
	}
	s.ended(s.bob, foreign)
	v.say(`{"type":"subscribe","runId":%q}`, mine)
	if f, err := v.next(); err != nil || f.RunID != mine {
		t.Errorf("after Bob's run ended Ann sees %+v, %v", f, err)
	}
}

func TestLiveViewRefusals(t *testing.T) {
	s := newSite(t)
	s.listen()
	writer := s.token(s.ann.user, 0, flow.ScopeGraphRead)
	for name, c := range map[string]struct {
		header http.Header
		status int
	}{
		"nobody":                    {http.Header{"Origin": {s.url}}, 401},
		"a foreign origin":          {http.Header{"Cookie": {s.ann.cookie}, "Origin": {"https://evil.test"}}, 403},
		"origin null":               {http.Header{"Cookie": {s.ann.cookie}, "Origin": {"null"}}, 403},
		"a cookie without origin":   {http.Header{"Cookie": {s.ann.cookie}}, 403},
		"a token without the scope": {http.Header{"Authorization": {writer}}, 403},
		"a bad token":               {http.Header{"Authorization": {"Bearer hdl_nonsense"}}, 401},
	} {
		ws, status, err := s.dial(c.header)
		if err == nil {
			_ = ws.Close()
			t.Errorf("%s got in", name)
			continue
		}
		if status != c.status {
			t.Errorf("%s: %d, want %d", name, status, c.status)
		}
	}
	ws, _, err := s.dial(http.Header{"Authorization": {s.ann.token}})
	must(t, err)
	must(t, ws.Close())
}

func TestLiveViewLimits(t *testing.T) {
	s := newSite(t)
	s.listen()
	closedWith := func(v *viewer) int {
		for {
			if _, err := v.next(); err != nil {
				e, _ := errors.AsType[*websocket.CloseError](err)
				if e == nil {
					t.Fatalf("no close frame: %v", err)
				}
				return e.Code
			}
		}
	}
	chatty := s.view(s.ann)
	for range 40 {
		_ = chatty.ws.WriteMessage(websocket.TextMessage, []byte(`{"type":"noise"}`))
	}
	if code := closedWith(chatty); code != websocket.ClosePolicyViolation {
		t.Errorf("40 messages at once: closed with %d", code)
	}
	garbled := s.view(s.ann)
	garbled.say(`{"type":`)
	if code := closedWith(garbled); code != websocket.CloseInvalidFramePayloadData {
		t.Errorf("no JSON: closed with %d", code)
	}
	long := s.view(s.ann)
	_ = long.ws.WriteMessage(websocket.TextMessage, []byte(`{"type":"`+strings.Repeat("x", 70<<10)+`"}`))
	if code := closedWith(long); code != websocket.CloseMessageTooBig {
		t.Errorf("70 KiB in a message: closed with %d", code)
	}
}

// TestShutdownSaysGoodbye: browsers come back at once after code 1001.
func TestShutdownSaysGoodbye(t *testing.T) {
	s := newSite(t)
	stop := s.listen()
	id := s.run(s.ann, gated)
	v := s.view(s.ann)
	v.say(`{"type":"subscribe","runId":%q}`, id)
	v.until("a snapshot", func(f frame) bool { return f.Type == "snapshot" })
	go stop()
	for {
		if _, err := v.next(); err != nil {
			if !websocket.IsCloseError(err, websocket.CloseGoingAway) {
				t.Errorf("closed with %v", err)
			}
			break
		}
	}
	close(s.gate)
	s.ended(s.ann, id)
}

// stream is an answer whose body is still being written.
type stream struct {
	status int
	media  string
	body   io.Reader
}

// sse opens the event stream of a run.
func (s *site) sse(p person, id string, h header) stream {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/api/runs/"+id+"/events", nil)
	must(s.t, err)
	for k, v := range p.byToken("Accept", "text/event-stream") {
		req.Header.Set(k, v)
	}
	for k, v := range h {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	s.t.Cleanup(func() { _ = res.Body.Close() })
	return stream{res.StatusCode, res.Header.Get("Content-Type"), res.Body}
}

func TestEventStream(t *testing.T) {
	s := newSite(t)
	s.listen()
	id := s.run(s.ann, gated)
	res := s.sse(s.ann, id, nil)
	if res.status != 200 || !strings.HasPrefix(res.media, "text/event-stream") {
		t.Fatalf("%d %s", res.status, res.media)
	}
	lines, opened := bufio.NewScanner(res.body), false
	var seqs, ids []string
	for lines.Scan() {
		if after, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			ids = append(ids, after)
		}
		after, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var f frame
		must(t, json.Unmarshal([]byte(after), &f))
		seqs = append(seqs, strconv.FormatInt(f.Seq, 10))
		if f.Type == flow.EventLog && !opened {
			opened = true // the stream is live: the run waits at the gate
			close(s.gate)
		}
	}
	must(t, lines.Err())
	for i, seq := range seqs {
		if seq != strconv.Itoa(i+1) || i < len(ids) && ids[i] != seq {
			t.Fatalf("events %v with ids %v", seqs, ids)
		}
	}
	if !opened || len(seqs) < 8 || len(ids) != len(seqs) {
		t.Errorf("opened %v, events %v, ids %v", opened, seqs, ids)
	}
	resumed, err := io.ReadAll(s.sse(s.ann, id, header{"Last-Event-ID": ids[len(ids)-2]}).body)
	must(t, err)
	if got := strings.Count(string(resumed), "data: "); got != 1 {
		t.Errorf("after the last but one come %d events: %s", got, resumed)
	}
	if res := s.sse(s.bob, id, nil); res.status != 403 {
		t.Errorf("Bob gets %d", res.status)
	}
	if res := s.sse(s.ann, "run_nothing", nil); res.status != 404 {
		t.Errorf("no such run: %d", res.status)
	}
}

// TestSlowViewer: who does not read holds up neither the run nor another viewer.
func TestSlowViewer(t *testing.T) {
	s := newSite(t)
	s.listen()
	id := s.run(s.ann, gated)
	slow, quick := s.view(s.ann), s.view(s.ann)
	for _, v := range []*viewer{slow, quick} {
		v.say(`{"type":"subscribe","runId":%q,"after":1}`, id)
	}
	close(s.gate)
	gapless(t, 1, quick.until("the end", final))
	gapless(t, 1, slow.until("the end, late", final))
}
