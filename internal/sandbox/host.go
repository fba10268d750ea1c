package sandbox

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

const (
	wasiOK     = 0
	wasiBadF   = 8  // no such file
	wasiNoSys  = 52 // no such function
	maxLogs    = 100
	maxLogLine = 1000 // bytes
)

// hostModules gives the module the functions that it imports. They are all there
// is of the world in the sandbox: nothing but the four words of [instance.word].
func hostModules(ctx context.Context, r wazero.Runtime) error {
	zero := func(context.Context, api.Module, uint32, uint32) uint32 { return 0 }
	env := r.NewHostModuleBuilder("env")
	env.NewFunctionBuilder().WithFunc(func(context.Context, uint32, uint32) uint32 { return 0 }).Export("host_get_timezone_offset")
	env.NewFunctionBuilder().WithFunc(func(context.Context) uint32 { return 0 }).Export("host_interrupt")
	env.NewFunctionBuilder().WithFunc(func(context.Context, uint32, uint32, uint32) {}).Export("host_promise_rejection")
	env.NewFunctionBuilder().WithFunc(zero).Export("host_module_normalize") // no module is ever found
	env.NewFunctionBuilder().WithFunc(zero).Export("host_module_load")
	env.NewFunctionBuilder().WithFunc(hostCall).Export("host_call")
	if _, err := env.Instantiate(ctx); err != nil {
		return fmt.Errorf("functions for the sandbox: %w", err)
	}
	wasi := r.NewHostModuleBuilder("wasi_snapshot_preview1")
	wasi.NewFunctionBuilder().WithFunc(frozenClock).Export("clock_time_get")
	wasi.NewFunctionBuilder().WithFunc(noRandom).Export("random_get")
	wasi.NewFunctionBuilder().WithFunc(func(context.Context, uint32) uint32 { return wasiBadF }).Export("fd_close")
	wasi.NewFunctionBuilder().WithFunc(func(context.Context, uint32, uint32) uint32 { return wasiBadF }).Export("fd_fdstat_get")
	wasi.NewFunctionBuilder().WithFunc(func(context.Context, uint32, uint64, uint32, uint32) uint32 { return wasiBadF }).Export("fd_seek")
	wasi.NewFunctionBuilder().WithFunc(func(context.Context, uint32, uint32, uint32, uint32) uint32 { return wasiBadF }).Export("fd_write")
	if _, err := wasi.Instantiate(ctx); err != nil {
		return fmt.Errorf("functions for the sandbox: %w", err)
	}
	return nil
}

// frozenClock always says the same time, the beginning of 1970.
func frozenClock(_ context.Context, m api.Module, _ uint32, _ uint64, at uint32) uint32 {
	if !m.Memory().WriteUint64Le(at, 0) {
		return wasiNoSys
	}
	return wasiOK
}

// noRandom gives zeros.
func noRandom(_ context.Context, m api.Module, at, n uint32) uint32 {
	if n > heapLimit || !m.Memory().Write(at, make([]byte, n)) {
		return wasiNoSys
	}
	return wasiOK
}

// current is the key under which a context carries the instance that runs.
type current struct{}

func hostCall(ctx context.Context, m api.Module, name, size, _, argc, argv uint32) uint32 {
	in, ok := ctx.Value(current{}).(*instance)
	word, readable := m.Memory().Read(name, size)
	if !ok || !readable {
		return 0
	}
	return in.word(string(word), argc, argv)
}
