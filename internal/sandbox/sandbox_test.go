package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/sandbox"
	"heddle/static"
)

// box returns a sandbox around the real module.
func box(t testing.TB) *sandbox.Sandbox {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		t.Skip("NO SANDBOX: build the bundle with go run ./static/build to test it")
	}
	return s
}

// shared is the one sandbox of the tests: to make its machine code takes a while.
var shared = sync.OnceValues(func() (*sandbox.Sandbox, error) {
	module, err := static.Module()
	if err != nil || module == nil {
		return nil, err
	}
	return sandbox.New(module), nil
})

// run runs source with input {"a": [1, 2, 3], "é": "ü"} and returns the result, or
// the error as text, and the log.
func run(ctx context.Context, s *sandbox.Sandbox, source string) (string, []string, error) {
	var logs []string
	out, err := s.Run(ctx, sandbox.Program{
		Source: source, Names: []string{"input"}, Args: []json.RawMessage{[]byte(`{"a":[1,2,3],"é":"ü"}`)},
		Log: func(line string) { logs = append(logs, line) },
	})
	if err != nil {
		return err.Error(), logs, err
	}
	return string(out), logs, nil
}

func TestProgramsGiveJSON(t *testing.T) {
	s := box(t)
	for source, want := range map[string]string{
		`return input.a.length`:           `3`,
		`return input`:                    `{"a":[1,2,3],"é":"ü"}`,
		`return`:                          `null`,
		``:                                `null`,
		`return null`:                     `null`,
		`return () => 1`:                  `null`,
		`return NaN`:                      `null`,
		`return "a\u0000b\ud800"`:         `"a\u0000b\ud800"`,
		`return await Promise.resolve(7)`: `7`,
		`const f = async () => { await null; return 8 }; return f()`:   `8`,
		`return {...input.a, d: new Date(86400000)}`:                   `{"0":1,"1":2,"2":3,"d":"1970-01-02T00:00:00.000Z"}`,
		`return input.a.map((x) => x ** 2).filter(Boolean) // the end`: `[1,4,9]`,
		`return "größe".normalize("NFD").length`:                       `6`,
		`return "a-b".replace(/(?<x>a)/u, "$<x>!")`:                    `"a!-b"`,
		`return input.nothing?.at ?? "default"`:                        `"default"`,
		`return 2n ** 64n + ""`:                                        `"18446744073709551616"`,
		`return JSON.stringify({toJSON() { return 5 }})`:               `"5"`,
		`throw new TypeError("no")`:                                    `TypeError: no (line 1)`,
		"let x = 1\n\nmissing()":                                       `ReferenceError: missing is not defined (line 3)`,
		`throw "just a text"`:                                          `just a text`,
		`throw {toString() { throw 1 }}`:                               `An error that cannot be shown`,
		`return {toJSON() { throw new Error("late") }}`:                `Error: late (line 1)`,
		`return 2n`: `TypeError: BigInt are forbidden in JSON.stringify`,
		`await Promise.reject(new Error("rejected"))`:                   `Error: rejected (line 1)`,
		`await new Promise(() => {})`:                                   sandbox.ErrWaits.Error(),
		`const a = []; for (;;) a.push(new ArrayBuffer(1 << 20))`:       sandbox.ErrMemory.Error(),
		`const f = () => f() + 1; return f()`:                           "RangeError: the program calls itself too deeply",
		`return "x".repeat(5 << 20)`:                                    sandbox.ErrResult.Error(),
		`let a = []; for (let i = 0; i < 10001; i++) a = [a]; return a`: "too deeply",
	} {
		if got, _, _ := run(t.Context(), s, source); got != want && (want != "too deeply" || !strings.Contains(got, want)) {
			t.Errorf("%s gives %.200s, want %s", source, got, want)
		}
	}
}

func TestSyntaxErrorsNameTheLine(t *testing.T) {
	s := box(t)
	_, _, err := run(t.Context(), s, "let ok = 1\nlet = = 2\nreturn 1")
	if f, ok := errors.AsType[*sandbox.Failure](err); !ok || !strings.HasPrefix(f.Message, "SyntaxError") || f.Line != 2 {
		t.Errorf("got %v", err)
	}
}

func TestTheLogIsBounded(t *testing.T) {
	s := box(t)
	_, logs, err := run(t.Context(), s, `console.log("a", 1, {b: [2]}, null, undefined); console.error(new Array(5000).join("é")); for (let i = 0; i < 1e4; i++) console.log(i)`)
	if err != nil || len(logs) != 101 || logs[0] != `a 1 {"b":[2]} null undefined` || len(logs[1]) > 1000 || !strings.HasPrefix(logs[100], "More lines") {
		t.Errorf("%d lines, %v: %.100q", len(logs), err, logs)
	}
}

// The same input gives the same output: nothing of the world comes in.
func TestProgramsAreDeterministic(t *testing.T) {
	s := box(t)
	const source = `return [Math.random(), Math.random(), Date.now(), new Date().toString(), performance.now(), Object.getOwnPropertyNames(globalThis).sort()]`
	first, _, err := run(t.Context(), s, source)
	if err != nil || !strings.Contains(first, ",0,\"Thu Jan 01 1970 00:00:00 GMT+0000") {
		t.Fatalf("%s %v", first, err)
	}
	if again, _, _ := run(t.Context(), s, source); again != first {
		t.Errorf("once %s\nthen %s", first, again)
	}
}

func TestWithoutAModule(t *testing.T) {
	for _, s := range []*sandbox.Sandbox{nil, sandbox.New(nil)} {
		if _, err := s.Run(t.Context(), sandbox.Program{Source: "return 1"}); !errors.Is(err, sandbox.ErrAbsent) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := sandbox.New([]byte("no module")).Run(t.Context(), sandbox.Program{}); err == nil || errors.Is(err, sandbox.ErrAbsent) {
		t.Errorf("a broken module: %v", err)
	}
}

func TestManyAtOnceDoNotMeet(t *testing.T) {
	s := box(t)
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			want := strings.Repeat("x", i)
			out, err := s.Run(t.Context(), sandbox.Program{
				Source: `if (globalThis.mine) throw "met"; globalThis.mine = input; let n = 0; for (let i = 0; i < 2e5; i++) n += i; return mine`,
				Names:  []string{"input"}, Args: []json.RawMessage{[]byte(`"` + want + `"`)},
			})
			if d := cmp.Diff(`"`+want+`"`, string(out)); err != nil || d != "" {
				t.Errorf("%v %s", err, d)
			}
		})
	}
	all.Wait()
}

// TestStopsAtTheLimit takes ten seconds: the limit is not ours to shorten.
func TestStopsAtTheLimit(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-SHORT: this waits for the limit of 10 s; run it without -short")
	}
	s := box(t)
	if _, _, err := run(t.Context(), s, "return 1"); err != nil { // compiled
		t.Fatal(err)
	}
	began := time.Now()
	_, _, err := run(t.Context(), s, `for (;;) { try { for (;;); } catch {} finally { continue } }`)
	if took := time.Since(began); !errors.Is(err, sandbox.ErrTime) || took < 10*time.Second || took > 11*time.Second {
		t.Errorf("%v after %v", err, took)
	}
}

func TestCancelStopsAtOnce(t *testing.T) {
	s := box(t)
	if _, _, err := run(t.Context(), s, "return 1"); err != nil {
		t.Fatal(err)
	}
	cause := errors.New("stop was pressed")
	ctx, cancel := context.WithCancelCause(t.Context())
	var at time.Time
	_, err := s.Run(ctx, sandbox.Program{Source: `console.log("here"); for (;;);`, Log: func(string) {
		at = time.Now()
		cancel(cause)
	}})
	if took := time.Since(at); !errors.Is(err, cause) || took > time.Second {
		t.Errorf("%v after %v", err, took)
	}
	if _, err := s.Run(ctx, sandbox.Program{Source: "return 1"}); !errors.Is(err, cause) {
		t.Errorf("started after the cancel: %v", err)
	}
}

func BenchmarkStart(b *testing.B) {
	s := box(b)
	if _, _, err := run(b.Context(), s, "return 1"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := run(b.Context(), s, "return input.a.length"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, _, err := run(b.Context(), box(b), "return 1"); err != nil {
			b.Fatal(err)
		}
	}
}
