package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// KeySize is the length of a master key in bytes.
const KeySize = 32

// ErrKey says that a box was sealed under a master key that the vault does not have.
var ErrKey = errors.New("sealed under another master key")

// ErrBroken says that a box was changed, or belongs to something else.
var ErrBroken = errors.New("the sealed value is damaged or belongs elsewhere")

// Box is a sealed secret. Its parts say nothing without the master key.
type Box struct {
	KeyID   string // the master key's, see [Vault.Current]
	Wrapped []byte // the data key, sealed under the master key
	Sealed  []byte // the secret, sealed under the data key
}

// Vault seals and opens boxes. It is safe for concurrent use.
type Vault struct {
	current string
	keys    map[string]cipher.AEAD
}

// New returns a vault that seals under the first master key and opens boxes of all.
// Each key has [KeySize] bytes.
func New(keys ...[]byte) (*Vault, error) {
	if len(keys) == 0 {
		return nil, errors.New("a vault needs a master key")
	}
	v := &Vault{keys: map[string]cipher.AEAD{}}
	for i, k := range keys {
		if len(k) != KeySize {
			return nil, fmt.Errorf("a master key has %d bytes, not %d", KeySize, len(k))
		}
		seal, err := aead(k)
		if err != nil {
			return nil, err
		}
		id := keyID(k)
		v.keys[id] = seal
		if i == 0 {
			v.current = id
		}
	}
	return v, nil
}

// keyID names a key without telling anything of it: it also is the value by which a
// wrong key is known.
func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("heddle master key id\x00"), key...))
	return hex.EncodeToString(sum[:8])
}

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Current names the master key under which secrets are sealed.
func (v *Vault) Current() string { return v.current }

// Knows reports whether boxes of the named master key can be opened.
func (v *Vault) Knows(keyID string) bool { return v.keys[keyID] != nil }

// Seal seals a secret. owner says whose it is, and which: the box opens only with the
// same words, so that it cannot be moved to another row.
func (v *Vault) Seal(secret []byte, owner string) (Box, error) {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // it never fails
	data, err := aead(key)
	if err != nil {
		return Box{}, err
	}
	b := Box{KeyID: v.current, Sealed: data.Seal(nil, nil, secret, []byte(owner))} //nolint:gosec // nil: the cipher draws a random nonce for each
	b.Wrapped = v.keys[v.current].Seal(nil, nil, key, []byte(owner))               //nolint:gosec // as above
	return b, nil
}

// Open returns the secret in a box: [ErrKey] or [ErrBroken] when it cannot.
func (v *Vault) Open(b Box, owner string) ([]byte, error) {
	key, err := v.unwrap(b, owner)
	if err != nil {
		return nil, err
	}
	data, err := aead(key)
	if err != nil {
		return nil, ErrBroken
	}
	secret, err := data.Open(nil, nil, b.Sealed, []byte(owner))
	if err != nil {
		return nil, ErrBroken
	}
	return secret, nil
}

func (v *Vault) unwrap(b Box, owner string) ([]byte, error) {
	master := v.keys[b.KeyID]
	if master == nil {
		return nil, ErrKey
	}
	key, err := master.Open(nil, nil, b.Wrapped, []byte(owner))
	if err != nil || len(key) != KeySize {
		return nil, ErrBroken
	}
	return key, nil
}

// Rewrap seals a box's data key under the current master key. The secret itself is
// not opened.
func (v *Vault) Rewrap(b Box, owner string) (Box, error) {
	key, err := v.unwrap(b, owner)
	if err != nil {
		return b, err
	}
	b.KeyID = v.current
	b.Wrapped = v.keys[v.current].Seal(nil, nil, key, []byte(owner)) //nolint:gosec // as above
	return b, nil
}
