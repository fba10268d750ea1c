package vault_test

import (
	"bytes"
	"errors"
	"testing"

	"heddle/internal/vault"
)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, vault.KeySize) }

func open(t *testing.T, keys ...[]byte) *vault.Vault {
	t.Helper()
	v, err := vault.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestS1_WhatIsSealedOpensOnlyForItsOwner(t *testing.T) {
	v := open(t, key(1))
	box, err := v.Seal([]byte("sk-live-0123456789"), "usr_a sec_1 1")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(box.Sealed, []byte("sk-live")) || bytes.Contains(box.Wrapped, []byte("sk-live")) {
		t.Error("the secret can be read in its box")
	}
	if got, err := v.Open(box, "usr_a sec_1 1"); err != nil || string(got) != "sk-live-0123456789" {
		t.Errorf("%q %v", got, err)
	}
	for _, other := range []string{"usr_b sec_1 1", "usr_a sec_2 1", "usr_a sec_1 2", ""} {
		if _, err := v.Open(box, other); !errors.Is(err, vault.ErrBroken) {
			t.Errorf("opened for %q: %v", other, err)
		}
	}
	again, err := v.Seal([]byte("sk-live-0123456789"), "usr_a sec_1 1")
	if err != nil || bytes.Equal(again.Sealed, box.Sealed) {
		t.Error("the same secret twice gives the same box")
	}
}

func TestS2_SwappedOrChangedPartsDoNotOpen(t *testing.T) {
	v := open(t, key(1))
	a, _ := v.Seal([]byte("first"), "usr_a sec_1 1")
	b, _ := v.Seal([]byte("second"), "usr_a sec_2 1")
	for name, box := range map[string]vault.Box{
		"another data key": {KeyID: a.KeyID, Wrapped: b.Wrapped, Sealed: a.Sealed},
		"another secret":   {KeyID: a.KeyID, Wrapped: a.Wrapped, Sealed: b.Sealed},
		"a bit":            {KeyID: a.KeyID, Wrapped: a.Wrapped, Sealed: append(a.Sealed[:len(a.Sealed)-1:len(a.Sealed)-1], a.Sealed[len(a.Sealed)-1]^1)},
		"nothing":          {KeyID: a.KeyID},
	} {
		if _, err := v.Open(box, "usr_a sec_1 1"); !errors.Is(err, vault.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := open(t, key(2)).Open(a, "usr_a sec_1 1"); !errors.Is(err, vault.ErrKey) {
		t.Errorf("another master key: %v", err)
	}
}

func TestS3_RewrappedBoxesOpenUnderTheNewKeyAlone(t *testing.T) {
	old := open(t, key(1))
	box, _ := old.Seal([]byte("kept"), "o")
	both := open(t, key(2), key(1))
	fresh, err := both.Rewrap(box, "o")
	if err != nil || fresh.KeyID != both.Current() || fresh.KeyID == box.KeyID {
		t.Fatal(fresh.KeyID, err)
	}
	if got, err := both.Open(box, "o"); err != nil || string(got) != "kept" {
		t.Errorf("before its turn: %q %v", got, err)
	}
	if got, err := open(t, key(2)).Open(fresh, "o"); err != nil || string(got) != "kept" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := old.Open(fresh, "o"); !errors.Is(err, vault.ErrKey) {
		t.Errorf("the old key alone: %v", err)
	}
}

func TestNew_RefusesKeysOfTheWrongSize(t *testing.T) {
	for _, k := range [][]byte{nil, []byte("short"), bytes.Repeat([]byte{1}, 33)} {
		if _, err := vault.New(k); err == nil {
			t.Errorf("a key of %d bytes", len(k))
		}
	}
	if _, err := vault.New(); err == nil {
		t.Error("no key at all")
	}
}
