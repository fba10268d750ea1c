package web

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gorilla/websocket"
)

// upgrade hands a Fiber request to gorilla/websocket and calls serve with the
// connection, in a goroutine of its own, after the handlers have returned. serve
// must not use c. Only serve may read; the connection is closed when it returns.
//
// gorilla wants net/http's Hijacker; fasthttp gives the connection away only after
// the handler. So the upgrade runs against a connection that keeps the 101 answer
// until the real one is there. Every refusal is an ordinary Fiber error.
func upgrade(c *fiber.Ctx, u *websocket.Upgrader, serve func(*websocket.Conn), onPanic func(any)) error {
	r, err := netRequest(c)
	if err != nil {
		return fiber.NewError(fiber.StatusBadRequest, "bad address")
	}
	w := &lateWriter{header: http.Header{}, conn: &lateConn{}}
	ws, err := u.Upgrade(w, r, nil)
	if err != nil {
		return fiber.NewError(fiber.StatusBadRequest, err.Error())
	}
	fc := c.Context()
	fc.HijackSetNoResponse(true)
	fc.Hijack(func(raw net.Conn) {
		defer w.conn.over.Store(true) // after this fasthttp gives the connection to another: no read may follow
		defer ws.Close()
		defer func() { // fasthttp runs this in a bare goroutine: a panic would end the process
			if p := recover(); p != nil {
				onPanic(p)
			}
		}()
		if w.conn.attach(raw) == nil {
			serve(ws)
		}
	})
	return nil
}

// netRequest copies the request: nothing in it points into fasthttp's buffers.
func netRequest(c *fiber.Ctx) (*http.Request, error) {
	uri := string(c.Request().Header.RequestURI())
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		return nil, err
	}
	r := &http.Request{
		Method: string(c.Request().Header.Method()), URL: u, RequestURI: uri, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Host: string(c.Context().Host()), RemoteAddr: c.Context().RemoteAddr().String(), Header: http.Header{}, Body: http.NoBody,
	}
	for k, v := range c.Request().Header.All() {
		r.Header.Add(string(k), string(v))
	}
	return r, nil
}

// lateWriter is the ResponseWriter that gorilla hijacks.
type lateWriter struct {
	header http.Header
	conn   *lateConn
}

func (w *lateWriter) Header() http.Header         { return w.header }
func (w *lateWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *lateWriter) WriteHeader(int)             {}

func (w *lateWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	const little = 16 // gorilla only asks whether input is buffered
	return w.conn, bufio.NewReadWriter(bufio.NewReaderSize(w.conn, little), bufio.NewWriterSize(w.conn, little)), nil
}

// lateConn keeps what is written until attach gives it the real connection.
type lateConn struct {
	raw   net.Conn // TCP or TLS: writes, deadlines, close
	in    net.Conn // fasthttp's: its reads begin with what it had buffered
	early bytes.Buffer
	once  sync.Once
	over  atomic.Bool
}

// greeting is how long the 101 answer may take to send.
const greeting = 10 * time.Second

func (l *lateConn) attach(hijacked net.Conn) error {
	l.in, l.raw = hijacked, hijacked
	if u, ok := hijacked.(interface{ UnsafeConn() net.Conn }); ok {
		l.raw = u.UnsafeConn() // the hijacked one's Close does nothing
	}
	_ = l.raw.SetWriteDeadline(time.Now().Add(greeting))
	_, err := l.raw.Write(l.early.Bytes())
	l.early = bytes.Buffer{}
	_ = l.raw.SetWriteDeadline(time.Time{})
	return err
}

func (l *lateConn) Write(p []byte) (int, error) {
	if l.raw == nil {
		return l.early.Write(p)
	}
	return l.raw.Write(p)
}

func (l *lateConn) Read(p []byte) (int, error) {
	if l.in == nil || l.over.Load() {
		return 0, net.ErrClosed
	}
	return l.in.Read(p)
}

func (l *lateConn) Close() (err error) {
	if l.raw != nil {
		l.once.Do(func() { err = l.raw.Close() })
	}
	return err
}

func (l *lateConn) LocalAddr() net.Addr  { return l.address(net.Conn.LocalAddr) }
func (l *lateConn) RemoteAddr() net.Addr { return l.address(net.Conn.RemoteAddr) }

func (l *lateConn) address(of func(net.Conn) net.Addr) net.Addr {
	if l.raw == nil {
		return &net.TCPAddr{}
	}
	return of(l.raw)
}

func (l *lateConn) SetDeadline(t time.Time) error { return l.deadline(net.Conn.SetDeadline, t) }

func (l *lateConn) SetReadDeadline(t time.Time) error { return l.deadline(net.Conn.SetReadDeadline, t) }

func (l *lateConn) SetWriteDeadline(t time.Time) error {
	return l.deadline(net.Conn.SetWriteDeadline, t)
}

func (l *lateConn) deadline(set func(net.Conn, time.Time) error, t time.Time) error {
	if l.raw == nil {
		return nil
	}
	return set(l.raw, t)
}
