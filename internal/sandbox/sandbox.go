package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
)

const (
	memoryPages = 1024             // of 64 KiB each: 64 MiB
	heapLimit   = 60 << 20         // bytes; below the pages, so that a program gets a clean error
	timeLimit   = 10 * time.Second // of one program, its start included
	maxResult   = 5 << 20          // bytes of JSON
)

// What ends a program that did not fail by itself.
var (
	ErrTime   = errors.New("the program took longer than 10 seconds")
	ErrMemory = errors.New("the program needs more than 64 MiB of memory")
	ErrResult = errors.New("the result is larger than 5 MiB")
	ErrWaits  = errors.New("the program waits for something that never comes")
	ErrDeep   = errors.New("the result is nested too deeply")
	ErrAbsent = errors.New("there is no sandbox in this build")
)

// Failure is an error that the program threw, or that it cannot be read.
type Failure struct {
	Message string // as in "TypeError: x is not a function"
	Line    int    // of the program, from 1; 0: unknown
}

// Error returns the message and the line.
func (f *Failure) Error() string {
	if f.Line > 0 {
		return fmt.Sprintf("%s (line %d)", f.Message, f.Line)
	}
	return f.Message
}

// Program is one thing to run: the body of a function.
type Program struct {
	Source string            // its "return" gives the result; "await" may be used
	Names  []string          // the function's parameters
	Args   []json.RawMessage // their values
	Log    func(line string) // gets what console.log writes; nil drops it
}

// Sandbox runs programs, each in an instance of its own that nobody else ever
// gets. At most as many run at once as the machine has cores, so memory is bounded.
type Sandbox struct {
	module []byte
	seats  chan struct{}
	once   sync.Once
	wasm   wazero.Runtime
	code   wazero.CompiledModule
	err    error
}

// New returns a sandbox around the WebAssembly module of QuickJS. Nothing is
// compiled before the first program. Without a module, as in a nil Sandbox, every
// program fails with [ErrAbsent].
func New(module []byte) *Sandbox {
	return &Sandbox{module: module, seats: make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))}
}

// Run runs p and returns what it returned as JSON; null when it returned nothing.
// Errors are a [*Failure], one of the errors of this package, or the cause of ctx.
func (s *Sandbox) Run(ctx context.Context, p Program) (json.RawMessage, error) {
	if s == nil || len(s.module) == 0 {
		return nil, ErrAbsent
	}
	select {
	case s.seats <- struct{}{}:
		defer func() { <-s.seats }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if s.once.Do(s.compile); s.err != nil {
		return nil, s.err
	}
	limited, cancel := context.WithTimeoutCause(ctx, timeLimit, ErrTime)
	defer cancel()
	result, err := s.inside(limited, p)
	if limited.Err() != nil {
		return nil, context.Cause(limited) // whatever it looks like from inside
	}
	return result, err
}

// compile makes machine code of the module, once for the life of the sandbox.
func (s *Sandbox) compile() {
	ctx := context.Background()
	s.wasm = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages).WithCloseOnContextDone(true))
	if s.err = hostModules(ctx, s.wasm); s.err != nil {
		return
	}
	if s.code, s.err = s.wasm.CompileModule(ctx, s.module); s.err != nil {
		s.err = fmt.Errorf("compile the sandbox: %w", s.err)
	}
}
