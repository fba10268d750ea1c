//go:build browser

package browser_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// slowModel is an OpenAI-compatible server that streams a word every pause until
// it is told to finish.
type slowModel struct {
	*httptest.Server
	pause  time.Duration
	finish chan struct{}
	gone   chan struct{} // a request was given up by the client
}

func newSlowModel(t *testing.T) *slowModel {
	t.Helper()
	m := &slowModel{pause: 60 * time.Millisecond, finish: make(chan struct{}), gone: make(chan struct{}, 100)}
	m.Server = httptest.NewServer(http.HandlerFunc(m.answer))
	t.Cleanup(m.Close)
	return m
}

func (m *slowModel) answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flusher, _ := w.(http.Flusher)
	tick := time.NewTicker(m.pause)
	defer tick.Stop()
	for i := 1; ; i++ {
		select {
		case <-r.Context().Done():
			m.gone <- struct{}{}
			return
		case <-m.finish:
			fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"the end\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
			return
		case <-tick.C:
			fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word%d \"}}]}\n\n", i)
			flusher.Flush()
		}
	}
}

const slowNodes = `[{"id":"ask","type":"llm","position":{"x":0,"y":0},"data":{"label":"Ask","provider":"openai","model":"slow","prompt":"go"}},
	{"id":"show","type":"debug","position":{"x":360,"y":0},"data":{"label":"Show"}}]`

const slowEdges = `[{"id":"e","source":"ask","target":"show","sourceHandle":"text"}]`

func newSlowSite(t *testing.T) (*slowModel, *page) {
	t.Helper()
	m := newSlowModel(t)
	s := newSite(t, "OPENAI_BASE_URL="+m.URL+"/v1", "OPENAI_API_KEY=test")
	s.account()
	p := s.browser("light")
	p.signIn()
	p.open("/workflows/" + s.create("Slow", slowNodes, slowEdges))
	p.wait("the cards are shown", node("Show"))
	return m, p
}

// TestStop sees text stream onto the card, stops the run, and sees it stopped; the
// model call is given up.
func TestStop(t *testing.T) {
	t.Parallel()
	t.Run("R1 R3 text streams onto the card, and Stop stops", streamsAndStops)
}

func streamsAndStops(t *testing.T) {
	m, p := newSlowSite(t)
	p.click("#btn-run")
	p.wait("the step runs", `(`+node("Ask")+`).dataset.status === "running"`)
	p.wait("text streams onto the card", `(`+node("Ask")+`).querySelector(".node__prev").textContent.includes("word3")`)
	p.shot("running")
	p.click("#btn-stop")
	p.wait("the run is canceled", `document.querySelector("#run-status").textContent.includes("Canceled")`)
	select {
	case <-m.gone:
	case <-time.After(5 * time.Second):
		t.Error("the model call was not given up within 5 s")
	}
	p.shot("stopped")
}

// record makes a page note the seq of each event that it shows.
const record = `(() => { window.__seqs = [];
	for (const type of ["run.status", "node.status", "node.delta", "log"])
		document.addEventListener("heddle:" + type, (e) => window.__seqs.push(e.detail.seq)) })()`

// TestTwoTabs follows one run in two tabs, cuts the connection of one in the
// middle, and finds the same events in both: no gap, no double.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	t.Run("R7 what was missed while the connection was cut comes after", followedThroughACut)
}

func followedThroughACut(t *testing.T) {
	m, first := newSlowSite(t)
	second := first.second()
	second.before(`{ const Real = WebSocket; window.__sockets = [];
		window.WebSocket = class extends Real { constructor(...a) { super(...a); window.__sockets.push(this) } } }`)
	second.open(eval[string](first, "location.pathname"))
	second.wait("the cards are shown", node("Show"))
	eval[any](first, record)
	eval[any](second, record)
	first.click("#btn-run")
	for _, p := range []*page{first, second} {
		p.wait("text streams", `(`+node("Ask")+`).querySelector(".node__prev").textContent.includes("word3")`)
	}
	cut := eval[int](second, `window.__seqs.length`)
	eval[any](second, `window.__sockets.forEach((s) => s.close())`)
	first.wait("more text streams", `window.__seqs.length > `+strconv.Itoa(cut+8))
	second.wait("the second tab is connected again", `window.__sockets.length > 1 && window.__sockets.at(-1).readyState === 1`)
	close(m.finish)
	for _, p := range []*page{first, second} {
		p.wait("the run ended well", `document.querySelector("#run-status").textContent.includes("Success")`)
	}
	a, b := seqs(first), seqs(second)
	// Who hears of the run a moment later gets what came before as a snapshot.
	for len(a) > 0 && len(b) > 0 && a[0] != b[0] && min(a[0], b[0]) < 5 {
		if a[0] < b[0] {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	if diff := cmp.Diff(a, b); diff != "" || len(a) < 10 {
		t.Errorf("first tab (-) and second tab (+) saw:\n%s", diff)
	}
	for i, n := range a {
		if i > 0 && n != a[i-1]+1 {
			t.Fatalf("after %d came %d", a[i-1], n)
		}
	}
}

func seqs(p *page) []int {
	var out []int
	if err := json.Unmarshal([]byte(eval[string](p, `JSON.stringify(window.__seqs)`)), &out); err != nil {
		p.t.Fatal(err)
	}
	return out
}
