package nodes

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	words "golang.org/x/text/message"

	"heddle/internal/flow"
)

// maxSchema is the largest JSON Schema, in bytes.
const maxSchema = 64 << 10

// maxFaults is how many problems of a document are told.
const maxFaults = 5

// shape is the JSON Schema that an answer must follow.
type shape struct {
	raw      json.RawMessage // as it was written
	compiled *jsonschema.Schema
	work     *meter
}

// maxWork is how many schemas may be applied to parts of one document. Schemas that
// refer to each other can ask for more than any machine can do.
const maxWork = 200_000

// meter counts the schemas that are applied: the library calls it for each of them.
type meter struct{ left int }

// errWork ends a check that is too much work; it travels as a panic, since the library
// has no other way out.
var errWork = errors.New("the schema asks for too much work")

// Validate counts one schema.
func (m *meter) Validate(*jsonschema.ValidatorContext, any) {
	if m.left--; m.left < 0 {
		panic(errWork)
	}
}

// metered makes the compiler's schemas count.
func metered(c *jsonschema.Compiler) (*meter, error) {
	m := &meter{}
	rules, err := jsonschema.NewCompiler().Compile("https://json-schema.org/draft/2020-12/schema")
	if err != nil {
		return nil, err
	}
	c.RegisterVocabulary(&jsonschema.Vocabulary{
		URL: "step:///work", Schema: rules,
		Compile: func(*jsonschema.CompilerContext, map[string]any) (jsonschema.SchemaExt, error) { return m, nil },
	})
	c.AssertVocabs()
	return m, nil
}

// schema returns the JSON Schema in raw: an object, or a string that holds one;
// nil when there is none. Errors are for people.
func schema(raw json.RawMessage) (*shape, error) {
	text := strings.TrimSpace(flow.RawValue(raw).String())
	if text == "" || text == "null" || text == "{}" {
		return nil, nil //nolint:nilnil // none is a fine answer
	}
	if len(text) > maxSchema {
		return nil, flow.Errorf(flow.Invalid, "The JSON Schema is larger than 64 KiB.").WithHint("Ask for less in one step.")
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return nil, flow.Errorf(flow.Invalid, "The JSON Schema is not a JSON object.").
			WithHint(`Write one such as {"type": "object", "properties": {"title": {"type": "string"}}}.`).Because(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, badSchema(err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	work, err := metered(c)
	if err != nil {
		return nil, badSchema(err)
	}
	work.left = maxWork // the schema itself is checked against the rules of schemas
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, badSchema(err)
	}
	compiled, err := c.Compile(schemaURL)
	if err != nil {
		return nil, badSchema(err)
	}
	return &shape{json.RawMessage(text), compiled, work}, nil
}

// schemaURL names the schema of a step to the library; nothing is there.
const schemaURL = "step:///schema"

// nowhere refuses every reference to another document: a schema is data, and must
// not read files or addresses.
type nowhere struct{}

var errElsewhere = errors.New("references to other documents are not followed")

func (nowhere) Load(string) (any, error) { return nil, errElsewhere }

func badSchema(err error) error {
	if _, elsewhere := errors.AsType[*jsonschema.LoadURLError](err); elsewhere {
		return flow.Errorf(flow.Invalid, "The JSON Schema refers to another document.").WithHint("Put what it refers to under $defs, as in {\"$ref\": \"#/$defs/item\"}.").Because(err)
	}
	if bad, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if e, ok := errors.AsType[*jsonschema.ValidationError](bad.Err); ok {
			return flow.Errorf(flow.Invalid, "The JSON Schema is not right at %s", strings.Join(faults(e), "; ")).WithHint("See json-schema.org for what a schema may say.").Because(err)
		}
	}
	return flow.Errorf(flow.Invalid, "The JSON Schema cannot be used.").WithHint("See json-schema.org for what a schema may say.").Because(err)
}

// faults says what of a document does not follow the schema, at most maxFaults
// places; none when it does. A document that is no JSON is one fault.
func (s *shape) faults(document json.RawMessage) (list []string) {
	s.work.left = maxWork
	defer func() {
		if p := recover(); p == errWork { //nolint:errorlint // it is the very one
			list = []string{"the schema asks for too much work"}
		} else if p != nil {
			panic(p)
		}
	}()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(document)))
	if err != nil {
		return []string{"it is not valid JSON"}
	}
	err = s.compiled.Validate(v)
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []string{"it does not follow the schema"}
	}
	return faults(e)
}

// faults returns the innermost problems, each with its place as a JSON Pointer.
func faults(e *jsonschema.ValidationError) []string {
	var out []string
	english := words.NewPrinter(language.English)
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, c := range e.Causes {
			walk(c)
		}
		if len(e.Causes) > 0 {
			return
		}
		fault := pointer(e.InstanceLocation) + ": " + e.ErrorKind.LocalizedString(english)
		out = append(out, fault)
	}
	walk(e)
	slices.Sort(out) // the library goes through objects in no order
	out = slices.Compact(out)
	return out[:min(len(out), maxFaults)]
}

// pointer writes a place as RFC 6901 does; the whole document is "/".
func pointer(path []string) string {
	if len(path) == 0 {
		return "/"
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, p := range path {
		fmt.Fprintf(&b, "/%s", escape.Replace(p))
	}
	return b.String()
}
