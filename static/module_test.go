package static_test

import (
	"testing"
	"testing/fstest"

	"heddle/static"
)

func TestOnlyThePinnedModuleIsGiven(t *testing.T) {
	if data, err := static.ModuleFS(fstest.MapFS{}); data != nil || err != nil {
		t.Errorf("without a bundle: %d bytes, %v", len(data), err)
	}
	other := fstest.MapFS{"dist/" + static.ModuleName: {Data: []byte("\x00asm")}}
	if _, err := static.ModuleFS(other); err == nil {
		t.Error("another module was taken")
	}
	data, err := static.Module()
	if err != nil {
		t.Fatal(err)
	}
	if data == nil {
		t.Skip("no bundle: run go run ./static/build")
	}
	if err := static.CheckModule(data); err != nil {
		t.Error(err)
	}
}
