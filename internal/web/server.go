package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/internal/studio"
	"heddle/static"
	"heddle/views"
)

// Config is what a Server is made of.
type Config struct {
	Studio         *studio.Service
	Assets         *static.Assets
	Logger         *slog.Logger
	Version        string
	Env            string // development, staging or production
	BaseURL        string // the address people open; https makes cookies secure
	TrustedProxies []string
	RateAPI        int    // API requests a minute and user; 0: no limit
	RateRuns       int    // run starts a minute and user; 0: no limit
	RateHooks      int    // messages a minute and webhook; 0: no limit
	Shared         Shared // counts for all processes; nil: this one counts alone
	SignupOpen     bool
	SetupCode      bool // the first account needs a one-time code
}

// Server answers HTTP requests.
type Server struct {
	Config
	app     *fiber.App
	api     huma.API
	assets  views.Assets
	live    *liveHub
	rates   *rates
	proxies proxies
	routes  []declared
}

// bodyLimit is the most the server reads of any request: an upload with its
// form around it. JSON bodies have the smaller jsonLimit.
const (
	bodyLimit = flow.MaxUpload + 64<<10
	jsonLimit = 4 << 20
)

// New returns a Server with every route; it does not listen yet.
func New(c Config) *Server {
	s := &Server{Config: c, assets: views.Assets(c.Assets.Paths()), live: newLiveHub(c.Logger), rates: newRates(c), proxies: newProxies(c.TrustedProxies)}
	s.app = fiber.New(fiber.Config{
		AppName: "heddle", DisableStartupMessage: true, ErrorHandler: s.fail,
		Immutable: true, BodyLimit: bodyLimit, ReadBufferSize: 16 << 10,
		ReadTimeout: 15 * time.Second, IdleTimeout: 60 * time.Second,
	})
	s.app.Server().HeaderReceived = s.intake
	s.register()
	return s
}

// App returns the Fiber application, for tests.
func (s *Server) App() *fiber.App { return s.app }

// Serve answers requests on l until Shutdown; then it returns nil.
func (s *Server) Serve(l net.Listener) error { return s.app.Listener(l) }

// Shutdown takes no more requests, tells the viewers to come back, and waits for
// requests under way until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.live.close()
	err := s.app.ShutdownWithContext(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // what was still open is cut; nothing is lost by it
	}
	return err
}

// secure reports whether people come by https.
func (s *Server) secure() bool { return strings.HasPrefix(s.BaseURL, "https://") }
