package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gorilla/websocket"

	"heddle/internal/flow"
	"heddle/internal/studio"
)

// Limits of one websocket and its owner (trust.md W3 to W5).
const (
	readLimit      = 64 << 10
	messagesPerSec = 20
	socketsPerUser = 20
	subscriptions  = 200
	queueFrames    = 64
	pingEvery      = 30 * time.Second
	pongWithin     = 10 * time.Second
	writeWithin    = 10 * time.Second
	checkEvery     = 60 * time.Second
)

// The close codes that are ours.
const (
	closeSignedOut = 4401
	closeSlow      = websocket.CloseTryAgainLater // 1013
)

// liveHub knows the open websockets and streams, to end them on a stop.
type liveHub struct {
	log    *slog.Logger
	ctx    context.Context // ends with the server
	stop   context.CancelFunc
	wg     sync.WaitGroup
	mu     sync.Mutex
	byUser map[flow.ID]int
}

func newLiveHub(log *slog.Logger) *liveHub {
	ctx, stop := context.WithCancel(context.Background())
	return &liveHub{log: log, ctx: ctx, stop: stop, byUser: map[flow.ID]int{}}
}

// context returns a context with ctx's values that ends with the server or done.
// A Fiber context ends by itself never: a client that hangs up cancels nothing.
func (h *liveHub) context(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(h.ctx, cancel)
	return out, func() { unhook(); cancel() }
}

// close ends every websocket and stream and waits for the websockets.
func (h *liveHub) close() {
	h.stop()
	h.wg.Wait()
}

// enter counts a socket of a user; false when they have too many.
func (h *liveHub) enter(user flow.ID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byUser[user] >= socketsPerUser || h.ctx.Err() != nil {
		return false
	}
	h.byUser[user]++
	h.wg.Add(1)
	return true
}

func (h *liveHub) leave(user flow.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byUser[user]--; h.byUser[user] <= 0 {
		delete(h.byUser, user)
	}
	h.wg.Done()
}

// socket upgrades GET /ws for a signed-in actor. A browser must come from our own
// pages; without an Origin only an API token may.
func (s *Server) socket(c *fiber.Ctx) error {
	a, err := flow.Require(c.UserContext(), flow.ScopeRunRead)
	if err != nil {
		return err
	}
	if !s.knownOrigin(c, a) {
		return flow.Errorf(flow.Forbidden, "This websocket was opened by another site.")
	}
	if !websocket.IsWebSocketUpgrade(&http.Request{Header: http.Header{"Connection": {c.Get("Connection")}, "Upgrade": {c.Get("Upgrade")}}}) {
		return flow.Errorf(flow.Malformed, "This address is a websocket.").WithHint("Open it with a websocket client.")
	}
	if !s.live.enter(a.User.ID) {
		return &flow.Error{Kind: flow.TooMany, Message: "You have 20 live views open already.", Hint: "Close a tab and try again.", RetryAfter: 5 * time.Second}
	}
	ctx, done := s.live.context(c.UserContext())
	who, _ := s.credentials(c)
	v := &viewer{
		server: s, ctx: ctx, end: done, actor: a, out: make(chan studio.LiveFrame, queueFrames), subs: map[string]*subscription{},
		credentials: who,
	}
	err = upgrade(c, &upgrader, v.serve, func(p any) {
		s.Logger.Error("websocket panic", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	})
	if err != nil {
		done()
		s.live.leave(a.User.ID)
	}
	return err
}

var upgrader = websocket.Upgrader{
	HandshakeTimeout: 10 * time.Second, ReadBufferSize: 1024, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{},
	CheckOrigin: func(*http.Request) bool { return true }, // knownOrigin has looked already
}

func (s *Server) knownOrigin(c *fiber.Ctx, a flow.Actor) bool {
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		return a.Via == flow.ViaToken || a.Via == flow.ViaClerk
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Host == string(c.Context().Host()) || origin == s.BaseURL)
}

// viewer is one websocket.
type viewer struct {
	server      *Server
	ctx         context.Context
	end         context.CancelFunc
	actor       flow.Actor
	credentials studio.Credentials
	out         chan studio.LiveFrame
	watches     sync.WaitGroup

	mu   sync.Mutex
	subs map[string]*subscription
	why  []byte // the close message to send; nil: the server stops
}

// subscription is what a viewer follows.
type subscription struct {
	cancel context.CancelFunc
	again  *order // asked for once more while it was followed
}

// serve reads until the client goes, and writes from another goroutine.
func (v *viewer) serve(ws *websocket.Conn) {
	defer v.server.live.leave(v.actor.User.ID)
	var writing sync.WaitGroup
	writing.Go(func() { v.write(ws) })
	v.watches.Go(v.watchAccount)
	v.read(ws)
	v.end()
	v.watches.Wait()
	writing.Wait()
}

// order is a client's message.
type order struct {
	Type       string  `json:"type"`
	RunID      flow.ID `json:"runId"`
	WorkflowID flow.ID `json:"workflowId"`
	After      int64   `json:"after"`
}

func (v *viewer) read(ws *websocket.Conn) {
	ws.SetReadLimit(readLimit)
	alive := func(string) error { return ws.SetReadDeadline(time.Now().Add(pingEvery + pongWithin)) }
	_ = alive("")
	ws.SetPongHandler(alive)
	window, n := time.Now(), 0
	for {
		var o order
		_, raw, err := ws.ReadMessage()
		if err != nil {
			return
		}
		if now := time.Now(); now.Sub(window) > time.Second {
			window, n = now, 0
		}
		if n++; n > messagesPerSec {
			v.stop(websocket.ClosePolicyViolation, "too many messages")
			return
		}
		if err := json.Unmarshal(raw, &o); err != nil {
			v.stop(websocket.CloseInvalidFramePayloadData, "messages must be JSON objects")
			return
		}
		v.obey(o)
	}
}

func (v *viewer) obey(o order) {
	key := string(o.RunID) + "|" + string(o.WorkflowID)
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case o.Type == "unsubscribe":
		if sub := v.subs[key]; sub != nil {
			sub.cancel()
			delete(v.subs, key)
		}
	case o.Type != "subscribe" || o.RunID == "" && o.WorkflowID == "":
	case v.subs[key] != nil:
		v.subs[key].again = &o // its run may have ended just now
	case len(v.subs) < subscriptions:
		ctx, cancel := context.WithCancel(v.ctx)
		sub := &subscription{cancel: cancel}
		v.subs[key] = sub
		v.watches.Go(func() {
			defer cancel()
			for next := &o; next != nil; next = v.ended(ctx, key, sub) {
				v.follow(ctx, studio.Watch{RunID: next.RunID, WorkflowID: next.WorkflowID, After: max(next.After, 0)})
			}
		})
	}
}

// ended forgets a subscription whose run has ended, unless it was asked for again
// meanwhile: then it returns that order.
func (v *viewer) ended(ctx context.Context, key string, sub *subscription) *order {
	v.mu.Lock()
	defer v.mu.Unlock()
	if ctx.Err() != nil {
		return nil // unsubscribed, or the end
	}
	again := sub.again
	if sub.again = nil; again == nil {
		delete(v.subs, key)
	}
	return again
}

// follow puts the frames of one subscription into the queue. What the user may not
// see is left out without a word: an id proves nothing.
func (v *viewer) follow(ctx context.Context, w studio.Watch) {
	defer func() {
		if p := recover(); p != nil {
			v.server.Logger.Error("websocket panic", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			v.stop(websocket.CloseInternalServerErr, "")
		}
	}()
	for f, err := range v.server.Studio.Watch(ctx, w) {
		if err != nil {
			if flow.KindOf(err) == flow.Internal {
				v.server.Logger.Error("live view failed", slog.Any("error", err))
				v.stop(websocket.CloseInternalServerErr, "try again")
			}
			return
		}
		if !v.queue(ctx, f) {
			return
		}
	}
}

// queue waits for room: the viewer reads from its own cursor, so waiting slows
// nobody else. Who takes nothing for a while is sent away to come back later.
func (v *viewer) queue(ctx context.Context, f studio.LiveFrame) bool {
	select {
	case v.out <- f:
		return true
	default:
	}
	slow := time.NewTimer(writeWithin * 2)
	defer slow.Stop()
	select {
	case v.out <- f:
		return true
	case <-ctx.Done():
		return false
	case <-slow.C:
		v.stop(closeSlow, "too slow")
		return false
	}
}

// stop ends the websocket with a reason.
func (v *viewer) stop(code int, why string) {
	v.mu.Lock()
	if v.why == nil {
		v.why = websocket.FormatCloseMessage(code, why)
	}
	v.mu.Unlock()
	v.end()
}

// write sends frames, pings, and at the end the reason. Closing the connection
// wakes the reader.
func (v *viewer) write(ws *websocket.Conn) {
	defer ws.Close()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-v.ctx.Done():
			v.bye(ws)
			return
		case f := <-v.out:
			err = v.send(ws, f)
		case <-ping.C:
			err = ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(pongWithin))
		}
		if err != nil {
			v.end()
			return
		}
	}
}

// send writes a frame together with what else is waiting, as one message.
func (v *viewer) send(ws *websocket.Conn, f studio.LiveFrame) error {
	batch := []studio.LiveFrame{f}
gather:
	for len(batch) < queueFrames {
		select {
		case f := <-v.out:
			batch = append(batch, f)
		default:
			break gather
		}
	}
	var raw []byte
	var err error
	if len(batch) == 1 {
		raw, err = json.Marshal(f)
	} else {
		raw, err = json.Marshal(batch)
	}
	if err != nil {
		return err
	}
	_ = ws.SetWriteDeadline(time.Now().Add(writeWithin))
	return ws.WriteMessage(websocket.TextMessage, raw)
}

func (v *viewer) bye(ws *websocket.Conn) {
	v.mu.Lock()
	why := v.why
	v.mu.Unlock()
	if why == nil {
		why = websocket.FormatCloseMessage(websocket.CloseGoingAway, "the server stops")
	}
	_ = ws.WriteControl(websocket.CloseMessage, why, time.Now().Add(time.Second))
}

// watchAccount ends the websocket when who looks is not signed in any more: at once
// when the session or token is ended, on any machine, and when its time is over.
func (v *viewer) watchAccount() {
	for range v.server.Studio.AccountChanges(v.ctx, v.actor, checkEvery) {
		if !v.stillSignedIn() {
			v.stop(closeSignedOut, "signed out")
			return
		}
	}
}

func (v *viewer) stillSignedIn() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := v.server.Studio.Authenticate(ctx, v.credentials)
	e, ok := errors.AsType[*flow.Error](err)
	return !ok || e.Kind != flow.Unauthenticated // a database that is away signs nobody out
}
