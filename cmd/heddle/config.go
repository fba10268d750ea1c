package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/dustin/go-humanize"
	"github.com/joho/godotenv"

	"heddle/internal/flow"
)

// Config is everything that can be set from outside. Keys, defaults and meaning
// are listed in .env.example; a test compares the two.
type Config struct {
	DatabaseURL string `env:"DATABASE_URL" envDefault:"file:heddle.db"`
	Addr        string `env:"HEDDLE_ADDR" envDefault:"127.0.0.1:8080"`
	BaseURL     string `env:"HEDDLE_BASE_URL"`
	Env         string `env:"HEDDLE_ENV" envDefault:"development"`

	AuthProvider        string      `env:"AUTH_PROVIDER"`
	ClerkPublishableKey string      `env:"CLERK_PUBLISHABLE_KEY"`
	ClerkSecretKey      flow.Secret `env:"CLERK_SECRET_KEY"`
	ClerkWebhookSecret  flow.Secret `env:"CLERK_WEBHOOK_SECRET"`
	ClerkAPIURL         string      `env:"CLERK_API_URL"`

	GeminiKey        flow.Secret `env:"GEMINI_API_KEY"`
	GeminiBaseURL    string      `env:"GEMINI_BASE_URL"`
	GroqKey          flow.Secret `env:"GROQ_API_KEY"`
	GroqBaseURL      string      `env:"GROQ_BASE_URL"`
	OpenAIKey        flow.Secret `env:"OPENAI_API_KEY"`
	OpenAIBaseURL    string      `env:"OPENAI_BASE_URL"`
	AnthropicKey     flow.Secret `env:"ANTHROPIC_API_KEY"`
	AnthropicBaseURL string      `env:"ANTHROPIC_BASE_URL"`
	OllamaURL        string      `env:"OLLAMA_URL"`

	MasterKey      flow.Secret   `env:"HEDDLE_MASTER_KEY"`
	MasterKeyOld   flow.Secret   `env:"HEDDLE_MASTER_KEY_OLD"`
	EgressAllow    []string      `env:"HEDDLE_EGRESS_ALLOW"`
	RedisURL       flow.Secret   `env:"REDIS_URL"`
	RunMaxDuration time.Duration `env:"HEDDLE_RUN_MAX_DURATION" envDefault:"600s"`
	RunMaxTokens   int           `env:"HEDDLE_RUN_MAX_TOKENS" envDefault:"200000"`
	KeepRunsDays   int           `env:"HEDDLE_KEEP_RUNS_DAYS" envDefault:"0"`
	KeepSize       string        `env:"HEDDLE_KEEP_SIZE" envDefault:"0"`
	RunMaxUSD      float64       `env:"HEDDLE_RUN_MAX_USD" envDefault:"5"`
	Workers        int           `env:"HEDDLE_WORKERS" envDefault:"32"`
	RunsPerUser    int           `env:"HEDDLE_RUNS_PER_USER" envDefault:"10"`
	RateAPI        int           `env:"HEDDLE_RATE_API" envDefault:"600"`
	RateRuns       int           `env:"HEDDLE_RATE_RUNS" envDefault:"120"`
	RateHooks      int           `env:"HEDDLE_RATE_HOOKS" envDefault:"300"`
	Signup         string        `env:"HEDDLE_SIGNUP" envDefault:"closed"`
	TrustedProxies []string      `env:"HEDDLE_TRUSTED_PROXIES"`

	LogLevel     string      `env:"LOG_LEVEL" envDefault:"info"`
	LogFormat    string      `env:"LOG_FORMAT"`
	SentryDSN    flow.Secret `env:"SENTRY_DSN"`
	OTLPEndpoint string      `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
}

// configError lists every problem of the configuration by key.
type configError struct{ problems []string }

// Error returns one line a problem.
func (e *configError) Error() string {
	return "The configuration has " + countOf(len(e.problems), "problem") + ":\n  " + strings.Join(e.problems, "\n  ")
}

func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// loadConfig reads the environment, and in development a .env file in the working
// folder (the environment wins). It returns a *configError with every problem.
func loadConfig() (Config, error) {
	if e := os.Getenv("HEDDLE_ENV"); e == "" || e == "development" {
		if err := godotenv.Load(); err != nil && !errors.Is(err, os.ErrNotExist) {
			return Config{}, &configError{[]string{".env: cannot be read: " + err.Error()}}
		}
	}
	return parseConfig(env.ToMap(os.Environ()))
}

// parseConfig reads a configuration from the given environment.
func parseConfig(vars map[string]string) (Config, error) {
	// A key that is set to nothing means its default, as a line "KEY=" of an .env file does.
	for k, v := range vars {
		if v == "" {
			delete(vars, k)
		}
	}
	var c Config
	err := env.ParseWithOptions(&c, env.Options{Environment: vars})
	problems := append(parseProblems(err), c.check()...)
	if len(problems) > 0 {
		return c, &configError{problems}
	}
	c.fill()
	return c, nil
}

// parseProblems words env's errors by key.
func parseProblems(err error) []string {
	if err == nil {
		return nil
	}
	agg, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return []string{err.Error()}
	}
	var out []string
	for _, e := range agg.Errors {
		p, ok := errors.AsType[env.ParseError](e)
		if !ok {
			out = append(out, e.Error())
			continue
		}
		out = append(out, fmt.Sprintf("%s: must be %s.", keyOf(p.Name), article(p.Type.String())))
	}
	return out
}

// keyOf returns the environment key of a field of Config.
func keyOf(field string) string {
	params, err := env.GetFieldParams(&Config{})
	if err != nil {
		return field
	}
	i := slices.Index(fieldNames(), field)
	if i < 0 || i >= len(params) {
		return field
	}
	return params[i].Key
}

func article(typ string) string {
	switch typ {
	case "time.Duration":
		return `a duration such as "600s" or "10m"`
	case "int":
		return "a whole number"
	}
	return "a " + typ
}

// fill sets what follows from the rest.
func (c *Config) fill() {
	if c.AuthProvider == "" {
		c.AuthProvider = "local"
		if c.ClerkSecretKey != "" {
			c.AuthProvider = "clerk"
		}
	}
	if c.LogFormat == "" {
		c.LogFormat = "json"
		if c.Env == "development" {
			c.LogFormat = "text"
		}
	}
	if c.BaseURL == "" {
		c.BaseURL = "http://" + strings.Replace(c.Addr, "127.0.0.1", "localhost", 1)
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
}

// check returns every broken rule, by key, with what to do.
func (c *Config) check() []string {
	var p []string
	bad := func(key, format string, args ...any) { p = append(p, key+": "+fmt.Sprintf(format, args...)) }
	oneOf := func(key, value string, allowed ...string) {
		if value != "" && !slices.Contains(allowed, value) {
			bad(key, "is %q; use one of %s.", value, strings.Join(allowed, ", "))
		}
	}
	oneOf("HEDDLE_ENV", c.Env, "development", "staging", "production")
	oneOf("AUTH_PROVIDER", c.AuthProvider, "local", "clerk")
	oneOf("HEDDLE_SIGNUP", c.Signup, "closed", "open")
	oneOf("LOG_LEVEL", c.LogLevel, "debug", "info", "warn", "error")
	oneOf("LOG_FORMAT", c.LogFormat, "text", "json")
	c.checkNumbers(bad)
	c.checkURLs(bad)
	c.checkClerk(bad)
	if c.Env == "production" {
		c.checkProduction(bad)
	}
	return p
}

type complain func(key, format string, args ...any)

func (c *Config) checkNumbers(bad complain) {
	if c.RunMaxDuration < time.Second || c.RunMaxDuration > 24*time.Hour {
		bad("HEDDLE_RUN_MAX_DURATION", "is %s; use 1s to 24h.", c.RunMaxDuration)
	}
	if c.RunMaxTokens < 0 {
		bad("HEDDLE_RUN_MAX_TOKENS", "is %d; use 0 for no limit, or a number of tokens.", c.RunMaxTokens)
	}
	if c.KeepRunsDays < 0 || c.KeepRunsDays > 36_500 {
		bad("HEDDLE_KEEP_RUNS_DAYS", "is %d; use 0 to keep runs for ever, or a number of days.", c.KeepRunsDays)
	}
	if n, err := humanize.ParseBytes(c.KeepSize); err != nil || n > 0 && n < leastKeep || n > math.MaxInt64 {
		bad("HEDDLE_KEEP_SIZE", "is %q; use 0 for no limit, or a size of at least 10MB, as in 20GB.", c.KeepSize)
	} else if n > 0 && !strings.HasPrefix(c.DatabaseURL, "file:") {
		bad("HEDDLE_KEEP_SIZE", "works on SQLite; with PostgreSQL use HEDDLE_KEEP_RUNS_DAYS.")
	}
	if c.RunMaxUSD < 0 {
		bad("HEDDLE_RUN_MAX_USD", "is %g; use 0 for no limit, or an amount in US dollars.", c.RunMaxUSD)
	}
	if c.Workers < 1 || c.Workers > 1000 {
		bad("HEDDLE_WORKERS", "is %d; use 1 to 1000 runs at once.", c.Workers)
	}
	if c.RunsPerUser < 1 || c.RunsPerUser > 100 {
		bad("HEDDLE_RUNS_PER_USER", "is %d; use 1 to 100 open runs of a user that go first.", c.RunsPerUser)
	}
	if c.RateAPI < 0 {
		bad("HEDDLE_RATE_API", "is %d; use requests a minute and user, 0 for no limit.", c.RateAPI)
	}
	if c.RateRuns < 0 {
		bad("HEDDLE_RATE_RUNS", "is %d; use runs a minute and user, 0 for no limit.", c.RateRuns)
	}
	if c.RateHooks < 0 {
		bad("HEDDLE_RATE_HOOKS", "is %d; use messages a minute and webhook, 0 for no limit.", c.RateHooks)
	}
	for key, v := range map[string]flow.Secret{"HEDDLE_MASTER_KEY": c.MasterKey, "HEDDLE_MASTER_KEY_OLD": c.MasterKeyOld} {
		if _, err := masterKey(v); v != "" && err != nil {
			bad(key, "must be 32 bytes in base64; make one with: openssl rand -base64 32")
		}
	}
	for _, hp := range c.EgressAllow {
		if _, port, err := net.SplitHostPort(strings.TrimSpace(hp)); err != nil || port == "" {
			bad("HEDDLE_EGRESS_ALLOW", "has %q; write host:port, with a comma between several.", hp)
		}
	}
	if c.MasterKeyOld != "" && c.MasterKey == "" {
		bad("HEDDLE_MASTER_KEY", "is missing: HEDDLE_MASTER_KEY_OLD is the key before it")
	}
}

// leastKeep is the smallest size that HEDDLE_KEEP_SIZE takes.
const leastKeep = 10_000_000

// keepBytes is HEDDLE_KEEP_SIZE in bytes; 0 for no limit.
func (c *Config) keepBytes() int64 {
	n, _ := humanize.ParseBytes(c.KeepSize) // check has read it
	return int64(n)                         //nolint:gosec // as above
}

func (c *Config) checkURLs(bad complain) {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		bad("HEDDLE_ADDR", "is %q; use host:port, as in 127.0.0.1:8080.", c.Addr)
	}
	if s := c.DatabaseURL; !strings.HasPrefix(s, "file:") && !strings.HasPrefix(s, "postgres://") && !strings.HasPrefix(s, "postgresql://") {
		bad("DATABASE_URL", "must begin with file: (SQLite) or postgres://.")
	}
	for key, v := range map[string]string{
		"HEDDLE_BASE_URL": c.BaseURL, "OPENAI_BASE_URL": c.OpenAIBaseURL, "GEMINI_BASE_URL": c.GeminiBaseURL, "GROQ_BASE_URL": c.GroqBaseURL,
		"ANTHROPIC_BASE_URL": c.AnthropicBaseURL, "OLLAMA_URL": c.OllamaURL, "CLERK_API_URL": c.ClerkAPIURL, "OTEL_EXPORTER_OTLP_ENDPOINT": c.OTLPEndpoint,
	} {
		u, err := url.Parse(v)
		if v != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			bad(key, "is %q; use a whole address, as in https://example.com.", v)
		}
	}
	if s := c.RedisURL.Reveal(); s != "" && !strings.HasPrefix(s, "redis://") && !strings.HasPrefix(s, "rediss://") {
		bad("REDIS_URL", "must begin with redis:// or rediss://.")
	}
	for _, s := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(s); err != nil {
			if _, err := netip.ParseAddr(s); err != nil {
				bad("HEDDLE_TRUSTED_PROXIES", "%q is neither an address nor a range, as in 10.0.0.0/8.", s)
			}
		}
	}
}

var publishable = regexp.MustCompile(`^pk_(test|live)_[A-Za-z0-9+/=_-]+$`)

// checkClerk refuses a Clerk that is half configured.
func (c *Config) checkClerk(bad complain) {
	if c.ClerkSecretKey == "" && c.ClerkPublishableKey == "" && c.AuthProvider != "clerk" {
		return
	}
	if c.AuthProvider == "local" {
		return
	}
	if c.ClerkSecretKey == "" {
		bad("CLERK_SECRET_KEY", "is missing; copy it from the Clerk dashboard, API keys.")
	}
	if c.ClerkPublishableKey == "" {
		bad("CLERK_PUBLISHABLE_KEY", "is missing; copy it from the Clerk dashboard, API keys.")
	} else if !publishable.MatchString(c.ClerkPublishableKey) {
		bad("CLERK_PUBLISHABLE_KEY", "must begin with pk_test_ or pk_live_.")
	}
	if c.ClerkWebhookSecret == "" {
		bad("CLERK_WEBHOOK_SECRET", "is missing; make a webhook in the Clerk dashboard that points to /api/webhooks/clerk, and copy its signing secret.")
	}
}

func (c *Config) checkProduction(bad complain) {
	if c.GeminiKey == "" && c.GroqKey == "" && c.OpenAIKey == "" && c.AnthropicKey == "" && c.OllamaURL == "" && c.OpenAIBaseURL == "" {
		bad("GEMINI_API_KEY", "production needs a model provider: set GEMINI_API_KEY, GROQ_API_KEY, OPENAI_API_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY or OLLAMA_URL.")
	}
	if c.MasterKey == "" {
		bad("HEDDLE_MASTER_KEY", "production needs one; make it with: openssl rand -base64 32")
	}
	if c.BaseURL == "" {
		bad("HEDDLE_BASE_URL", "production needs the address people open, as in https://heddle.example.com.")
	}
}

// public reports whether the server can be reached from other machines.
func (c *Config) public() bool {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return true
	}
	if host == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.IsLoopback()
}

// unused returns the keys that are set but have no effect in this version.
func (c *Config) unused() []string {
	var keys []string
	for key, set := range map[string]bool{"SENTRY_DSN": c.SentryDSN != "", "OTEL_EXPORTER_OTLP_ENDPOINT": c.OTLPEndpoint != ""} {
		if set {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// fieldNames returns the names of Config's fields, in order.
func fieldNames() []string {
	t := reflect.TypeFor[Config]()
	names := make([]string, 0, t.NumField())
	for f := range t.Fields() {
		names = append(names, f.Name)
	}
	return names
}

// budget is the most that a run may use.
func (c *Config) budget() flow.Budget {
	return flow.Budget{Tokens: c.RunMaxTokens, CostUSD: c.RunMaxUSD}
}
