package flow

import (
	"crypto/rand"
	"encoding/binary"
	"strings"
	"time"
)

// ID is a prefixed identifier such as "run_01jd3k...". IDs of one type sort by
// the time they were made (millisecond resolution) and carry 80 random bits.
// An ID is never proof of access.
type ID string

// The prefixes of the entity types.
const (
	UserPrefix     = "usr"
	WorkflowPrefix = "wf"
	RunPrefix      = "run"
	FilePrefix     = "file"
	TokenPrefix    = "tok"
	SessionPrefix  = "ses"
)

// crockford is Crockford's base32 alphabet in lower case; it keeps byte order.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// idLen is the number of characters after the prefix: 48 bits of time and 80
// random bits in base32, as in ULID (github.com/ulid/spec).
const idLen = 26

// NewID returns a fresh ID with the given prefix.
func NewID(prefix string) ID { return newIDAt(prefix, time.Now()) }

func newIDAt(prefix string, at time.Time) ID {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(at.UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // never fails, see crypto/rand.Read
	var s [idLen]byte
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	for i := idLen - 1; i >= 0; i-- {
		s[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return ID(prefix + "_" + string(s[:]))
}

// Is reports whether id is well formed and has the given prefix.
func (id ID) Is(prefix string) bool {
	rest, ok := strings.CutPrefix(string(id), prefix+"_")
	if !ok || len(rest) != idLen {
		return false
	}
	for _, c := range []byte(rest) {
		if strings.IndexByte(crockford, c) < 0 {
			return false
		}
	}
	return true
}

// String returns the ID as written in URLs and JSON.
func (id ID) String() string { return string(id) }

// Short returns the last six characters, enough for people to tell neighbours apart.
func (id ID) Short() string {
	return string(id[max(0, len(id)-6):])
}
