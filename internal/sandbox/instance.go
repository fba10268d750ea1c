package sandbox

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// prelude runs before the program, in the same instance.
//
//go:embed prelude.js
var prelude string

// errModule is a module that does not behave as QuickJS does.
var errModule = errors.New("the sandbox module did not answer as expected")

// instance is one life of the module: one program, then it is thrown away.
type instance struct {
	ctx    context.Context //nolint:containedctx // the functions of the host are called back within it
	mod    api.Module
	log    func(string)
	logged int
	result json.RawMessage
	failed error
	done   bool
}

// inside runs p in a fresh instance.
func (s *Sandbox) inside(ctx context.Context, p Program) (json.RawMessage, error) {
	in := &instance{log: p.Log}
	in.ctx = context.WithValue(ctx, current{}, in)
	mod, err := s.wasm.InstantiateModule(in.ctx, s.code, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize"))
	if err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	in.mod = mod
	defer mod.Close(context.WithoutCancel(ctx))
	if err := in.run(p); err != nil {
		return nil, err
	}
	switch {
	case in.failed != nil:
		return nil, in.failed
	case !in.done:
		return nil, ErrWaits
	case len(in.result) > maxResult:
		return nil, ErrResult
	case !json.Valid(in.result):
		return nil, ErrDeep // nothing else is wrong with what JSON.stringify writes
	}
	return in.result, nil
}

// run brings the program in, calls it and works off what it left to be done.
func (in *instance) run(p Program) error {
	if err := in.begin(); err != nil {
		return err
	}
	start, err := in.eval(prelude, "prelude")
	if err != nil {
		return err
	}
	// The function begins on the program's first line, so that lines are counted right.
	program, err := in.eval("(async function ("+strings.Join(p.Names, ", ")+") {"+p.Source+"\n})", programName)
	if err != nil {
		return err
	}
	args, err := json.Marshal(append([]json.RawMessage{}, p.Args...)) // never null
	if err != nil {
		return err
	}
	input, err := in.newText(string(args))
	if err != nil {
		return err
	}
	if _, err := in.invoke(start, program, input); err != nil {
		return err
	}
	return in.finish()
}

// begin starts QuickJS with its limits and the words that the prelude takes.
func (in *instance) begin() error {
	if r, err := in.call("qjs_init"); err != nil || r != 0 {
		return errors.Join(errModule, err)
	}
	if _, err := in.call("qjs_set_memory_limit", heapLimit); err != nil {
		return err
	}
	global, err := in.call("qjs_get_global")
	if err != nil {
		return err
	}
	for _, word := range []string{wordLog, wordDone, wordFail} {
		at, n, err := in.write(word)
		if err != nil {
			return err
		}
		f, err := in.call("qjs_new_host_function", at, n, 0)
		if err != nil {
			return err
		}
		if _, err := in.call("qjs_set_prop_string", global, at, f); err != nil {
			return err
		}
	}
	return nil
}

// finish runs the jobs that promises left, until there is none.
func (in *instance) finish() error {
	for {
		r, err := in.call("qjs_execute_pending_job")
		switch {
		case err != nil:
			return err
		case int32(r) == 0: //nolint:gosec // a C int
			return nil
		case int32(r) < 0: //nolint:gosec // a C int
			return in.thrown()
		}
	}
}

// invoke calls a function of the program with the given values.
func (in *instance) invoke(f uint64, args ...uint64) (uint64, error) {
	list, err := in.call("wasm_malloc", uint64(4*len(args)))
	if err != nil || list == 0 {
		return 0, errors.Join(ErrMemory, err)
	}
	for i, a := range args {
		if !in.mod.Memory().WriteUint32Le(uint32(list)+uint32(4*i), uint32(a)) { //nolint:gosec // addresses have 32 bits
			return 0, errModule
		}
	}
	undefined, err := in.call("qjs_get_undefined")
	if err != nil {
		return 0, err
	}
	return in.checked(in.call("qjs_call", f, undefined, uint64(len(args)), list))
}

// eval runs a script and returns its last value.
func (in *instance) eval(source, name string) (uint64, error) {
	at, n, err := in.write(source)
	if err != nil {
		return 0, err
	}
	file, _, err := in.write(name)
	if err != nil {
		return 0, err
	}
	return in.checked(in.call("qjs_eval", at, n, file, 0))
}

// checked turns a value that stands for an exception into an error.
func (in *instance) checked(value uint64, err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	if bad, err := in.call("qjs_is_exception", value); err != nil || bad != 0 || value == 0 {
		return 0, errors.Join(err, in.thrown())
	}
	return value, nil
}

// thrown returns the exception that is pending.
func (in *instance) thrown() error {
	e, err := in.call("qjs_get_exception")
	if err != nil {
		return err
	}
	message, err := in.text(e)
	if err != nil {
		return err
	}
	stack := ""
	if at, _, err := in.write("stack"); err == nil {
		if s, err := in.call("qjs_get_prop_string", e, at); err == nil {
			stack, _ = in.text(s)
		}
	}
	return failure(message, stack)
}

func (in *instance) newText(s string) (uint64, error) {
	at, n, err := in.write(s)
	if err != nil {
		return 0, err
	}
	return in.checked(in.call("qjs_new_string", at, n))
}

// write puts s into the module's memory, with a NUL behind it.
func (in *instance) write(s string) (at, n uint64, err error) {
	at, err = in.call("wasm_malloc", uint64(len(s)+1))
	if err != nil || at == 0 {
		return 0, 0, errors.Join(ErrMemory, err)
	}
	m := in.mod.Memory()
	if !m.WriteString(uint32(at), s) || !m.WriteByte(uint32(at)+uint32(len(s)), 0) { //nolint:gosec // addresses have 32 bits
		return 0, 0, ErrMemory
	}
	return at, uint64(len(s)), nil
}

// text reads a value as JavaScript's String would give it.
func (in *instance) text(value uint64) (string, error) {
	at, err := in.call("qjs_get_string", value)
	if err != nil || at == 0 {
		return "", errors.Join(errModule, err)
	}
	m := in.mod.Memory()
	rest, ok := m.Read(uint32(at), m.Size()-uint32(at)) //nolint:gosec // addresses have 32 bits
	end := bytes.IndexByte(rest, 0)
	if !ok || end < 0 {
		return "", errModule
	}
	s := string(rest[:end])
	_, err = in.call("qjs_free_cstring", at)
	return s, err
}

// call calls a function of the module. Its results have 32 bits.
func (in *instance) call(name string, args ...uint64) (uint64, error) {
	f := in.mod.ExportedFunction(name)
	if f == nil {
		return 0, errors.Join(errModule, errors.New(name))
	}
	out, err := f.Call(in.ctx, args...)
	if err != nil {
		return 0, trapped(err)
	}
	if len(out) == 0 {
		return 0, nil
	}
	return out[0], nil
}
