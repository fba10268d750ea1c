package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"heddle/internal/store"
)

func doctorCommand() *cobra.Command {
	var deep, advisories bool
	c := &cobra.Command{
		Use: "doctor [--deep] [--advisories]", Short: "Look at configuration, database, queue, clock, disk and keys, and say what to do.", Args: cobra.NoArgs,
		Long: "Look at configuration, database, queue, clock, disk and keys. Each line says what is well, what to keep an eye on, or what is wrong and the next step. It changes no data and may run beside servers. It ends with 1 when something is wrong.",
		RunE: func(c *cobra.Command, _ []string) error {
			d := &doctor{out: c.OutOrStdout(), deep: deep, online: advisories}
			d.examine(c.Context())
			if d.failures > 0 {
				return &exitError{exitFailed, fmt.Errorf("%s wrong", countOf(d.failures, "thing"))}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&deep, "deep", false, "also read the whole SQLite file from end to end")
	c.Flags().BoolVar(&advisories, "advisories", false, "also ask Go's vulnerability database (vuln.go.dev, or HEDDLE_VULNDB) about what this program was built from")
	return c
}

// doctor prints its findings.
type doctor struct {
	out      io.Writer
	deep     bool
	online   bool // advisories are asked for
	failures int
}

func (d *doctor) say(mark, part, text, next string) {
	fmt.Fprintf(d.out, "%-5s %-14s %s\n", mark, part, text)
	if next != "" {
		fmt.Fprintf(d.out, "%-20s next: %s\n", "", next)
	}
}

func (d *doctor) ok(part, format string, args ...any) {
	d.say("ok", part, fmt.Sprintf(format, args...), "")
}
func (d *doctor) note(part, text, next string) { d.say("note", part, text, next) }
func (d *doctor) fail(part, text, next string) { d.failures++; d.say("FAIL", part, text, next) }

// examine looks at one thing after the other; without a database the rest cannot be
// looked at.
func (d *doctor) examine(ctx context.Context) {
	d.ok("version", "%s", versionText())
	if d.online {
		d.advisories(ctx)
	}
	conf, err := loadConfig()
	if err != nil {
		bad, ok := errors.AsType[*configError](err)
		if !ok {
			bad = &configError{[]string{err.Error()}}
		}
		for _, p := range bad.problems {
			d.fail("configuration", p, "correct it; .env.example says what each setting means")
		}
		return
	}
	d.configuration(conf)
	d.disk(conf)
	d.redis(ctx, conf)
	if path, ok := sqlitePath(conf.DatabaseURL); ok {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			d.note("database", path+" does not exist yet", "heddle serve makes it, heddle restore fills it from a backup")
			return
		}
	}
	st, err := store.Open(ctx, store.Config{URL: conf.DatabaseURL, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		d.fail("database", err.Error(), "check DATABASE_URL, and that the database runs and lets this user in")
		return
	}
	defer st.Close()
	if d.database(ctx, st) {
		d.keys(ctx, conf, st)
		d.audit(ctx, st)
	}
}

func (d *doctor) configuration(conf Config) {
	d.ok("configuration", "%s, accounts by %s, pages at %s", conf.Env, conf.AuthProvider, conf.BaseURL)
	if keys := conf.unused(); len(keys) > 0 {
		d.note("configuration", strings.Join(keys, ", ")+" have no effect in this version", "remove them")
	}
	if conf.public() && !strings.HasPrefix(conf.BaseURL, "https://") {
		d.note("configuration", "the server listens on a public address and its pages are not https", "put a proxy with TLS in front and set HEDDLE_BASE_URL to its https address")
	}
	var ready []string
	for name, set := range map[string]bool{"gemini": conf.GeminiKey != "", "groq": conf.GroqKey != "", "openai": conf.OpenAIKey != "" || conf.OpenAIBaseURL != "", "anthropic": conf.AnthropicKey != "", "ollama": conf.OllamaURL != ""} {
		if set {
			ready = append(ready, name)
		}
	}
	if len(ready) == 0 {
		d.note("models", "no model provider is configured: only the offline one answers", "set a key such as OPENAI_API_KEY, or OLLAMA_URL")
		return
	}
	d.ok("models", "%s configured", countOf(len(ready), "provider"))
}

// The least that a disk should have left.
const (
	lowDisk  = 5 << 30
	fullDisk = 500 << 20
)

func (d *doctor) disk(conf Config) {
	path, ok := sqlitePath(conf.DatabaseURL)
	if !ok {
		return
	}
	free, err := freeSpace(filepath.Dir(path))
	switch said := humanize.IBytes(free) + " free where the database lies"; {
	case errors.Is(err, errors.ErrUnsupported):
		d.note("disk", "free space is not known on this system", "")
	case err != nil:
		d.fail("disk", err.Error(), "make the folder of DATABASE_URL, and let this user write there")
	case free < fullDisk:
		d.fail("disk", said, "make room now: runs are refused when the disk is full")
	case free < lowDisk:
		d.note("disk", said, "make room, or set HEDDLE_KEEP_RUNS_DAYS or HEDDLE_KEEP_SIZE")
	default:
		d.ok("disk", "%s", said)
	}
}

func (d *doctor) redis(ctx context.Context, conf Config) {
	r, err := newRedisRates(conf.RedisURL.Reveal())
	if err == nil && r == nil {
		return
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		err = errors.Join(r.client.Ping(ctx).Err(), r.close())
	}
	if err != nil {
		if _, isNet := errors.AsType[*net.OpError](err); isNet {
			err = errors.New("Redis cannot be reached") //nolint:staticcheck // a name
		}
		d.fail("redis", err.Error(), "check REDIS_URL; until then each process limits requests alone")
		return
	}
	d.ok("redis", "answers")
}

// oldWait is how long a run may wait for a worker before it is worth a word.
const oldWait = time.Minute

// database reports whether its tables can be looked at.
func (d *doctor) database(ctx context.Context, st *store.Store) bool {
	v, err := st.Vitals(ctx)
	if err != nil {
		d.fail("database", err.Error(), "check that the database runs and that it is Heddle's")
		return false
	}
	size := humanize.IBytes(uint64(v.Bytes)) //nolint:gosec // not negative
	d.ok("database", "%s %s, %s", st.Dialect(), v.Version, size)
	if v.Free > v.Bytes/2 && v.Free > 64<<20 {
		d.note("database", humanize.IBytes(uint64(v.Free))+" of it are free", "they are given back within the hour while a server runs")
	}
	if v.Log > 256<<20 {
		d.note("database", "the write-ahead log has "+humanize.IBytes(uint64(v.Log)), "look for a program that keeps the file open for reading")
	}
	d.clock(v)
	if len(v.Missing) > 0 {
		d.note("tables", countOf(len(v.Missing), "migration")+" not applied yet", "heddle migrate up, or just start heddle serve")
		return false
	}
	d.ok("tables", "up to date")
	d.queue(v)
	if d.deep && st.FilePath() != "" {
		if _, err := store.Verify(ctx, st.FilePath()); err != nil {
			d.fail("database", err.Error(), "stop the servers, keep a copy of the file, and restore the newest backup: heddle restore")
		} else {
			d.ok("database", "read from end to end, nothing is damaged")
		}
	}
	return true
}

func (d *doctor) clock(v store.Vitals) {
	built := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	switch ahead := v.Ahead.Abs().Round(time.Millisecond); {
	case time.Now().Before(built):
		d.fail("clock", "this machine's clock says "+time.Now().UTC().Format(time.DateTime), "set it, and keep it right with NTP: sign-ins and sessions go by it")
	case ahead > 5*time.Second:
		d.fail("clock", "this machine and the database are "+ahead.String()+" apart", "keep both right with NTP: Clerk's tokens and times in the history go by it; leases do not")
	default:
		d.ok("clock", "%s", time.Now().UTC().Format(time.DateTime+" UTC"))
	}
}

func (d *doctor) queue(v store.Vitals) {
	switch {
	case v.Abandoned > 0:
		d.fail("queue", countOf(v.Abandoned, "run")+" whose worker has been silent for a minute", "start heddle serve or heddle worker: it takes them over at once")
	case v.Waiting > oldWait:
		d.note("queue", fmt.Sprintf("a run has waited for %s, %s not ended", v.Waiting.Round(time.Second), countOf(v.Open, "run")), "start a server or a worker, or give them more slots with HEDDLE_WORKERS")
	default:
		d.ok("queue", "%s not ended, none waits for long", countOf(v.Open, "run"))
	}
}

func (d *doctor) keys(ctx context.Context, conf Config, st *store.Store) {
	k, err := openSecrets(ctx, conf, st, slog.New(slog.DiscardHandler))
	switch {
	case err != nil:
		d.fail("master key", err.Error(), "set HEDDLE_MASTER_KEY to the key that the secrets were kept under")
	case k.Vault == nil:
		d.note("master key", "none is set: no secrets are kept", "set HEDDLE_MASTER_KEY; heddle key new makes one")
	default:
		d.ok("master key", "%s opens all secrets", k.Vault.Current())
	}
	if conf.MasterKeyOld != "" && err == nil {
		d.note("master key", "HEDDLE_MASTER_KEY_OLD is still set", "run heddle key rotate, then remove it")
	}
}

func (d *doctor) audit(ctx context.Context, st *store.Store) {
	n, err := st.CheckAudit(ctx, nil)
	if err != nil {
		d.fail("audit log", err.Error(), "somebody wrote to the database by hand: compare with the newest backup")
		return
	}
	d.ok("audit log", "%s, none changed, none missing", countOf(n, "line"))
}
