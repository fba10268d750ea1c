package sandbox

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero/sys"

	"heddle/internal/flow"
)

// The words of the host that the prelude knows.
const (
	wordLog  = "__log"
	wordDone = "__done"
	wordFail = "__fail"
)

const programName = "program.js"

// word is called by the prelude. It returns the value that the module gets: undefined.
func (in *instance) word(word string, argc, argv uint32) uint32 {
	args := in.args(argc, argv)
	switch {
	case word == wordLog && len(args) == 1:
		in.writeLog(args[0])
	case word == wordDone && len(args) == 1 && !in.done:
		in.done, in.result = true, json.RawMessage(args[0])
	case word == wordFail && len(args) == 2 && in.failed == nil:
		in.failed = failure(args[0], args[1])
	}
	undefined, err := in.call("qjs_get_undefined")
	if err != nil {
		return 0
	}
	return uint32(undefined) //nolint:gosec // addresses have 32 bits
}

// args reads the texts that a word was called with.
func (in *instance) args(argc, argv uint32) []string {
	var out []string
	for i := range min(argc, 2) {
		at, ok := in.mod.Memory().ReadUint32Le(argv + 4*i)
		if !ok {
			return nil
		}
		s, err := in.text(uint64(at))
		if err != nil {
			return nil
		}
		out = append(out, s)
	}
	return out
}

func (in *instance) writeLog(line string) {
	in.logged++
	switch {
	case in.log == nil || in.logged > maxLogs+1:
	case in.logged > maxLogs:
		in.log("More lines were written; only the first " + strconv.Itoa(maxLogs) + " are kept.")
	default:
		in.log(strings.ToValidUTF8(flow.Text(line).Preview(maxLogLine), "\uFFFD"))
	}
}

// place finds the line of the program in a stack.
var place = regexp.MustCompile(regexp.QuoteMeta(programName) + `:(\d+)`)

// failure turns what was thrown into an error.
func failure(message, stack string) error {
	if strings.Contains(message, "out of memory") && strings.HasPrefix(message, "InternalError") {
		return ErrMemory
	}
	f := &Failure{Message: flow.Text(strings.ToValidUTF8(message, "\uFFFD")).Preview(maxLogLine)}
	if m := place.FindStringSubmatch(stack); m != nil {
		f.Line, _ = strconv.Atoi(m[1])
	}
	return f
}

// trapped turns a stop of the module itself into an error. The module's stack lies
// at the very beginning of its memory, so calls that go too deep end out of bounds.
func trapped(err error) error {
	if e, ok := errors.AsType[*sys.ExitError](err); ok {
		return errors.Join(ErrTime, e)
	}
	switch text := err.Error(); {
	case strings.Contains(text, "stack overflow"), strings.Contains(text, "out of bounds memory access"):
		return &Failure{Message: "RangeError: the program calls itself too deeply"}
	case strings.Contains(text, "unreachable"):
		return ErrMemory
	}
	return errors.Join(errModule, err)
}
