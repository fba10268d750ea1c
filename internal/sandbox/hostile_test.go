package sandbox_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
)

var errPatience = errors.New("the test's patience ended")

// patience is how long a program of these tests may run; the sandbox must obey it
// as it obeys its own limit.
const patience = 500 * time.Millisecond

// safe programs look for a way out and return what they found; each must find nothing.
func safe() map[string]string {
	return map[string]string{
		"modules of the C library":  `return [typeof std, typeof os, typeof bjson].every((t) => t === "undefined")`,
		"globals of node":           `return ["process", "require", "module", "exports", "Buffer", "global", "__dirname", "setTimeout", "setInterval", "setImmediate"].every((n) => !(n in globalThis))`,
		"globals of browsers":       `return ["fetch", "XMLHttpRequest", "WebSocket", "Worker", "importScripts", "localStorage", "crypto", "window", "document"].every((n) => !(n in globalThis))`,
		"globals of Deno and Bun":   `return !("Deno" in globalThis) && !("Bun" in globalThis)`,
		"WebAssembly":               `return !("WebAssembly" in globalThis)`,
		"words of the host":         `return !Object.getOwnPropertyNames(globalThis).some((n) => n.startsWith("__log") || n.startsWith("__done") || n.startsWith("__fail"))`,
		"import of a file":          `try { await import("/etc/passwd"); return false } catch { return true }`,
		"import of std":             `try { await import("std"); return false } catch { return true }`,
		"import of a data address":  `try { await import("data:text/javascript,export default 1"); return false } catch { return true }`,
		"import of nothing":         `try { await import(""); return false } catch { return true }`,
		"loadScript":                `try { loadScript("/etc/passwd"); return false } catch { return true }`,
		"the clock":                 `const a = Date.now(); for (let i = 0; i < 1e5; i++); return Date.now() === 0 && a === 0`,
		"the clock of performance":  `return typeof performance === "undefined" || performance.now() === 0`,
		"the time zone":             `return new Date(0).getTimezoneOffset() === 0`,
		"Atomics.wait":              `try { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1e9); return false } catch { return true }`,
		"constructors of functions": `return (() => {}).constructor("return typeof process + typeof require + typeof fetch")() === "undefinedundefinedundefined"`,
		"async constructors":        `return await (async () => {}).constructor("return typeof process")() === "undefined"`,
		"generator constructors":    `return (function* () {}).constructor("yield typeof process")().next().value === "undefined"`,
		"indirect eval":             `return (0, eval)("this === globalThis && typeof process === 'undefined'")`,
		"caller":                    `function f() { try { return f.caller === null || f.caller === undefined } catch { return true } } return f()`,
		"this":                      `return (function () { return this === globalThis || this === undefined })()`,
		"console's constructor":     `return console.log.constructor("return typeof process")() === "undefined"`,
		"the stack of an error":     `return !/home|root|tmp|\.go/.test(new Error("x").stack)`,
	}
}

// harmful programs try to break the sandbox or to outlive their limits. What they
// give does not matter; that they end, and harm nobody, does.
func harmful() map[string]string {
	return map[string]string{
		"a way out of the body":      "return true }); globalThis.leak = 1; (function () { return true",
		"a comment over the end":     "return true /*",
		"endless loop":               `for (;;);`,
		"loop that catches":          `for (;;) { try { for (;;); } catch {} }`,
		"loop of jobs":               `const f = () => Promise.resolve().then(f); await f()`,
		"loop of microtasks":         `const f = () => queueMicrotask(f); f(); await new Promise(() => {})`,
		"loop in a getter":           `return { get a() { for (;;); } }`,
		"loop in toJSON":             `return { toJSON() { for (;;); } }`,
		"loop in toString of throw":  `throw { toString() { for (;;); } }`,
		"loop in a sort":             `[3, 2, 1].sort(() => { for (;;); })`,
		"loop in a proxy":            `return new Proxy({}, { ownKeys() { for (;;); } })`,
		"endless generator":          `return [...(function* () { for (;;) yield 1 })()]`,
		"regexp backtracking":        `return /^(a+)+$/.test("a".repeat(50) + "b")`,
		"regexp nested alternatives": `return /(x+x+)+y/.test("x".repeat(60))`,
		"regexp deep groups":         `return new RegExp("(".repeat(1e5) + ")".repeat(1e5))`,
		"huge string":                `let s = "x"; for (;;) s += s`,
		"huge repeat":                `return "x".repeat(2 ** 30)`,
		"many strings":               `const a = []; for (;;) a.push("x".repeat(1e5) + a.length)`,
		"huge array":                 `return new Array(2 ** 32 - 1).fill(0)`,
		"huge typed array":           `return new Uint8Array(2 ** 31)`,
		"huge buffers":               `const a = []; for (;;) a.push(new ArrayBuffer(1 << 20))`,
		"growing map":                `const m = new Map(); for (let i = 0; ; i++) m.set(i, [i])`,
		"growing closures":           `let f = () => 0; for (;;) { const g = f; f = () => g() + 1 }`,
		"padding":                    `return "x".padEnd(2 ** 30 - 2, "yz").split("")`,
		"huge bigint":                `let n = 3n; for (;;) n = n * n`,
		"deep recursion":             `const f = () => f() + 1; return f()`,
		"recursion that catches":     `const f = () => { try { return f() } catch { return f() } }; return f()`,
		"deep JSON.parse":            `return JSON.parse("[".repeat(1e6) + "]".repeat(1e6))`,
		"deep JSON.stringify":        `let a = []; for (let i = 0; i < 1e6; i++) a = [a]; return a`,
		"deep source":                `return eval("(".repeat(1e6) + ")".repeat(1e6))`,
		"deep proxies":               `let p = {}; for (let i = 0; i < 1e6; i++) p = new Proxy(p, {}); return p.x`,
		"deep prototypes":            `let p = {}; for (let i = 0; i < 1e6; i++) p = Object.create(p); return p.x`,
		"circle":                     `const a = {}; a.a = a; return a`,
		"changed JSON":               `JSON.stringify = () => "broken{"; JSON.parse = null; return 1`,
		"changed promises":           `Promise.prototype.then = () => { throw 1 }; Object.defineProperty(Promise, Symbol.species, { value: null }); return 1`,
		"changed prototypes":         `Object.prototype.evil = 1; Array.prototype.evil = 2; Array.prototype.push = null; Object.prototype.toJSON = () => "evil"; return {}`,
		"changed Function":           `Function.prototype.call = Function.prototype.apply = null; Reflect.apply = null; return 1`,
		"setter on the prototype":    `Object.defineProperty(Object.prototype, "0", { set() { for (;;); }, configurable: true }); console.log(1, 2); return [1]`,
		"frozen world":               `Object.freeze(globalThis); Object.freeze(Object.prototype); return 1`,
		"flood of logs":              `for (;;) console.log("x".repeat(1e5))`,
		"log of a circle":            `const a = {}; a.a = a; console.log(a); return 1`,
		"log that throws":            `console.log({ toJSON() { throw 1 }, toString() { throw 2 } })`,
		"then of the result":         `return { then(f) { for (;;) f(1) } }`,
		"detached buffer":            `const b = new ArrayBuffer(8); const v = new DataView(b); b.transfer?.(); v.setInt8(0, 1)`,
		"array that shrinks":         `const a = [1, 2, 3]; a.sort(() => { a.length = 0; return 1 }); return a.concat(new Array(1e6)).length`,
		"species that lies":          `class A extends Array { static get [Symbol.species]() { return function () { return new Uint8Array(1) } } } return new A(100).fill(1).map((x) => x)`,
		"weak references":            `const r = []; for (let i = 0; i < 1e6; i++) r.push(new WeakRef({ i })); new FinalizationRegistry(() => { for (;;); }).register({}, 1); return 1`,
		"leak into the next run":     `globalThis.leak = 1; Array.prototype.leak = 1; return 1`,
	}
}

// TestX6_HostileProgramsFindNoWayOut is row X6 of trust.md, with the test below.
func TestX6_HostileProgramsFindNoWayOut(t *testing.T) {
	s := box(t)
	for name, source := range safe() {
		got, _, _ := run(t.Context(), s, source)
		if got != "true" {
			t.Errorf("%s: %.300s", name, got)
		}
	}
}

func TestX6_HostileProgramsEndAndHarmNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("-SHORT: this waits for dozens of programs to be stopped; run it without -short")
	}
	s := box(t)
	const probe = `return [1 + 1, typeof leak, [].leak ?? ({}).evil ?? "clean", JSON.stringify({a: [].concat(1)})]`
	clean, _, err := run(t.Context(), s, probe)
	if err != nil {
		t.Fatal(err)
	}
	before := heap()
	for name, source := range harmful() {
		ctx, cancel := context.WithTimeoutCause(t.Context(), patience, errPatience)
		began := time.Now()
		_, logs, err := run(ctx, s, source)
		took := time.Since(began)
		cancel()
		if took > patience+time.Second { // a tenth of the real limit
			t.Errorf("%s: ended after %v (%v)", name, took, err)
		}
		if len(logs) > 101 {
			t.Errorf("%s: %d lines in the log", name, len(logs))
		}
		if again, _, err := run(t.Context(), s, probe); again != clean {
			t.Errorf("after %s the next program gives %s (%v), want %s", name, again, err, clean)
		}
	}
	if grown := int64(heap()) - int64(before); grown > 32<<20 {
		t.Errorf("%d MiB stay behind", grown>>20)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
