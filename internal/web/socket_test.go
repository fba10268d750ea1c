package web_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"heddle/internal/flow"
)

// TestW2_OthersIDsShowNothing asks one socket for a thousand runs and workflows of
// somebody else while they change. Not one message comes.
func TestW2_OthersIDsShowNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("-SHORT: this opens sixty sockets; run it without -short")
	}
	s := newSite(t)
	s.listen()
	wf := s.workflow(s.bob, "Private")
	var foreign []string
	for range 20 {
		foreign = append(foreign, s.run(s.bob, gated))
	}
	const rounds, sockets, each = 3, 20, 17 // W4 allows 20 sockets with 20 messages a second
	asked, heard := 0, make(chan string, rounds*sockets)
	for range rounds {
		var views []*viewer
		for range sockets {
			v := s.viewWhenFree(s.ann)
			views = append(views, v)
			go func() {
				_, raw, err := v.ws.ReadMessage()
				if err != nil {
					raw = nil
				}
				heard <- string(raw)
			}()
			for range each {
				if asked++; asked%2 == 0 {
					v.say(`{"type":"subscribe","workflowId":%q,"runId":"run_%d"}`, wf, asked)
				} else {
					v.say(`{"type":"subscribe","runId":%q,"after":%d}`, foreign[asked%len(foreign)], asked%7)
				}
			}
		}
		for range 6 {
			s.gate <- struct{}{}
		}
		time.Sleep(200 * time.Millisecond)
		for _, v := range views {
			must(t, v.ws.Close())
		}
	}
	for range rounds * sockets {
		if got := <-heard; got != "" {
			t.Errorf("a message came: %s", got)
		}
	}
	if asked < 1000 {
		t.Errorf("only %d were asked for", asked)
	}
}

// viewWhenFree opens a socket, and waits while those just closed still count.
func (s *site) viewWhenFree(p person) *viewer {
	s.t.Helper()
	for range 100 {
		ws, status, err := s.dial(http.Header{"Cookie": {p.cookie}, "Origin": {s.url}})
		if err == nil {
			return &viewer{t: s.t, ws: ws}
		}
		if status != http.StatusTooManyRequests {
			s.t.Fatalf("websocket: %v (%d)", err, status)
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatal("no socket becomes free")
	return nil
}

// TestW3_WhoIsSignedOutSeesNoMore ends sessions and tokens in every way: the socket
// closes with 4401 within 5 seconds.
func TestW3_WhoIsSignedOutSeesNoMore(t *testing.T) {
	s := newSite(t)
	s.listen()
	tokenOf := func() (id, secret string) {
		a := s.do("POST", "/api/tokens", `{"name":"socket"}`, s.ann.byCookie())
		out := decode[struct {
			Token  struct{ ID string }
			Secret string
		}](t, a)
		return out.Token.ID, "Bearer " + out.Secret
	}
	id, secret := tokenOf()
	for name, c := range map[string]struct {
		header http.Header
		end    func()
	}{
		"sign-out":       {http.Header{"Cookie": {s.bob.cookie}, "Origin": {s.url}}, func() { s.do("POST", "/signout", "", s.bob.byCookie()) }},
		"revoked token":  {http.Header{"Authorization": {secret}}, func() { s.do("DELETE", "/api/tokens/"+id, "", s.ann.byCookie()) }},
		"account's end":  {http.Header{"Authorization": {s.person("cid@example.com", "http://x").token}}, func() { s.deleteUser("cid@example.com") }},
		"other sessions": {http.Header{"Cookie": {s.person("dan@example.com", "http://x").cookie}, "Origin": {s.url}}, func() { s.endSessions("dan@example.com") }},
	} {
		t.Run(name, func(t *testing.T) {
			ws, _, err := s.dial(c.header)
			must(t, err)
			defer ws.Close()
			c.end()
			must(t, ws.SetReadDeadline(time.Now().Add(5*time.Second)))
			_, _, err = ws.ReadMessage()
			if e, ok := errors.AsType[*websocket.CloseError](err); !ok || e.Code != 4401 {
				t.Errorf("after the %s: %v", name, err)
			}
		})
	}
}

func (s *site) deleteUser(email string) {
	u, _, err := s.store.UserByEmail(s.t.Context(), email)
	must(s.t, err)
	must(s.t, s.store.DeleteUser(s.t.Context(), flow.Owner(u.ID)))
}

func (s *site) endSessions(email string) {
	u, _, err := s.store.UserByEmail(s.t.Context(), email)
	must(s.t, err)
	must(s.t, s.store.DeleteSessionsOf(s.t.Context(), flow.Owner(u.ID), ""))
}

// TestW4_SocketsPerUser opens as many as one may, and one more.
func TestW4_SocketsPerUser(t *testing.T) {
	s := newSite(t)
	s.listen()
	for i := range 20 {
		ws, status, err := s.dial(http.Header{"Authorization": {s.ann.token}})
		if err != nil {
			t.Fatalf("socket %d: %d %v", i, status, err)
		}
		defer ws.Close()
	}
	if _, status, err := s.dial(http.Header{"Authorization": {s.ann.token}}); err == nil || status != http.StatusTooManyRequests {
		t.Errorf("socket 21: %d %v", status, err)
	}
	ws, _, err := s.dial(http.Header{"Authorization": {s.bob.token}})
	if err != nil {
		t.Errorf("another user pays for it: %v", err)
		return
	}
	_ = ws.Close()
}

// TestW6_RandomCuts cuts the connection again and again while a run goes on, at
// random moments, and comes back with the last number seen: no gap, nothing twice.
func TestW6_RandomCuts(t *testing.T) {
	cuts := 200
	switch {
	case os.Getenv("HEDDLE_PROVE") == "full":
		cuts = 1000
	case testing.Short():
		cuts = 40
	}
	s := newSite(t)
	s.listen()
	random := rand.New(rand.NewPCG(7, 23))
	done, runs := 0, 0
	for ; done < cuts; runs++ {
		id := s.run(s.ann, gated)
		last := int64(0)
		for ended := false; !ended; {
			v := s.view(s.ann)
			v.say(`{"type":"subscribe","runId":%q,"after":%d}`, id, last)
			cut := time.AfterFunc(time.Duration(random.IntN(12))*time.Millisecond, func() { _ = v.ws.NetConn().Close() })
			for f, err := v.next(); err == nil; f, err = v.next() {
				switch {
				case f.Type == "snapshot" && last == 0, f.Seq == last+1:
					last = f.Seq
				case f.Type != "snapshot" || f.Seq != last:
					t.Fatalf("run %s: event %d after %d: %+v", id, f.Seq, last, f)
				}
				if ended = final(f) || f.Type == "snapshot" && flow.RunStatus(f.Run.Status).Final(); ended {
					break
				}
			}
			cut.Stop()
			_ = v.ws.Close()
			if done++; done%4 == 3 {
				select {
				case s.gate <- struct{}{}:
				default: // it is open already, or not reached
				}
			}
			if done > cuts*10 {
				t.Fatalf("run %s does not end: at event %d", id, last)
			}
		}
	}
	t.Logf("PROOF W6: %d connections cut at random, %d runs seen to their end: no event missing, none twice", done, runs)
}
