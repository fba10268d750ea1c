(function (global) {
  "use strict";
  // The host's words leave the global object before the program runs.
  const { __log, __done, __fail } = global;
  delete global.__log;
  delete global.__done;
  delete global.__fail;
  const { stringify, parse } = JSON;
  const text = String;
  const then = Promise.prototype.then;
  const apply = Reflect.apply;
  const line = (v) => {
    if (typeof v === "string") return v;
    try {
      const json = stringify(v);
      return json === undefined ? text(v) : json;
    } catch {
      return text(v);
    }
  };
  const write = (...values) => {
    let out = "";
    for (let i = 0; i < values.length; i++) out += (i ? " " : "") + line(values[i]);
    __log(out);
  };
  global.console = { log: write, info: write, warn: write, error: write, debug: write };
  const give = (v) => {
    const json = stringify(v);
    __done(json === undefined ? "null" : json);
  };
  const fail = (e) => {
    let message = "An error that cannot be shown";
    let stack = "";
    try {
      message = text(e);
      stack = text((e && e.stack) || "");
    } catch {
      // It has a message that throws.
    }
    __fail(message, stack);
  };
  return (program, input) => {
    const promise = apply(program, undefined, parse(input));
    apply(then, apply(then, promise, [give]), [undefined, fail]);
  };
})(globalThis);
