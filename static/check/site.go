package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	email    = "ann@example.com"
	password = "correct horse battery"
)

// site is a running Heddle with one account that has three workflows and a run.
type site struct {
	url, dir, bin string
	cookie        string
	env           []string
	cmd           *exec.Cmd
	log           bytes.Buffer
}

func serve(ctx context.Context, bin string) (*site, error) {
	full, err := filepath.Abs(bin)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(full); err != nil {
		return nil, fmt.Errorf("build the program first (go tool task build): %w", err)
	}
	addr, err := free(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "heddle-check-")
	if err != nil {
		return nil, err
	}
	s := &site{url: "http://" + addr, dir: dir, bin: full}
	s.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "DATABASE_URL=file:" + filepath.Join(dir, "heddle.db"), "HEDDLE_ADDR=" + addr, "HEDDLE_BASE_URL=" + s.url}
	if err := s.begin(ctx); err != nil {
		s.close()
		return nil, fmt.Errorf("%w\n%s", err, s.log.String())
	}
	return s, nil
}

// free returns an address that nobody listens on.
func free(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (s *site) begin(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, s.bin, "serve")
	cmd.Env, cmd.Dir, cmd.Stderr = s.env, s.dir, &s.log
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd = cmd
	if err := s.ready(ctx); err != nil {
		return err
	}
	if _, err := s.cli(ctx, password+"\n", "user", "create", "--email", email, "--password-stdin"); err != nil {
		return err
	}
	if err := s.signIn(ctx); err != nil {
		return err
	}
	return s.execute(ctx)
}

func (s *site) close() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
	_ = os.RemoveAll(s.dir)
}

func (s *site) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if res, err := s.send(ctx, "GET", "/readyz", "", nil); err == nil && res.status == http.StatusOK {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("the program did not get ready")
		case <-tick.C:
		}
	}
}

func (s *site) cli(ctx context.Context, stdin string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, s.bin, args...)
	c.Env, c.Dir, c.Stdin = s.env, s.dir, strings.NewReader(stdin)
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("heddle %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// signIn keeps the cookie of a session.
func (s *site) signIn(ctx context.Context) error {
	form := url.Values{"email": {email}, "password": {password}}.Encode()
	res, err := s.send(ctx, "POST", "/signin", form, map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Origin": s.url})
	if err != nil {
		return err
	}
	if s.cookie = res.cookie; s.cookie == "" {
		return fmt.Errorf("signing in answered %d without a cookie", res.status)
	}
	return nil
}

// execute starts a run, so that the history has something to show.
func (s *site) execute(ctx context.Context) error {
	token, err := s.cli(ctx, "", "token", "create", "--email", email, "--name", "check")
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{
		"nodes": []any{map[string]any{"id": "a", "type": "text", "position": map[string]int{"x": 0, "y": 0}, "data": map[string]string{"text": "Hello"}}},
		"edges": []any{},
	})
	if err != nil {
		return err
	}
	res, err := s.send(ctx, "POST", "/api/execute", string(body), map[string]string{"Content-Type": "application/json", "Authorization": "Bearer " + token})
	if err != nil {
		return err
	}
	if res.status != http.StatusAccepted {
		return fmt.Errorf("starting a run answered %d", res.status)
	}
	return nil
}

// answer is what is read of a response.
type answer struct {
	status int
	cookie string // as a request sends it
}

// send does not follow redirects.
func (s *site) send(ctx context.Context, method, path, body string, header map[string]string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	var pairs []string
	for _, c := range res.Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return answer{status: res.StatusCode, cookie: strings.Join(pairs, "; ")}, res.Body.Close()
}
