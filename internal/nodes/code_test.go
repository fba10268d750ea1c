package nodes_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/node"
	"heddle/internal/nodes"
	"heddle/static"
)

func TestCodeWithoutASandboxSaysSo(t *testing.T) {
	k, _ := registryOf(t, llm.Provider{ID: "x"}).Kind("code")
	_, err := k.Run(t.Context(), json.RawMessage(`{"code":"return 1"}`), node.Call{})
	if e, ok := errors.AsType[*flow.Error](err); !ok || e.Kind != flow.Unavailable || e.Hint == "" {
		t.Errorf("got %v", err)
	}
	if _, again := node.Passing(err); again {
		t.Error("another try cannot mend it")
	}
}

func TestCodeStopsWithItsCause(t *testing.T) {
	if must(static.Module()) == nil {
		t.Skip("NO SANDBOX: build the bundle with go run ./static/build to run code steps")
	}
	k, _ := registry(t, &scripted{}, nil).Kind("code")
	cause := errors.New("stop was pressed")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := k.Run(ctx, json.RawMessage(`{"code":"console.log(1); for (;;);"}`), node.Call{Log: func(flow.Level, string) { cancel(cause) }})
	if !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

var _ nodes.Secrets = vault{}
