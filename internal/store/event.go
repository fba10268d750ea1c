package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/klauspost/compress/zstd"

	"heddle/internal/flow"
)

// Events of one step of the journal share a row, which has the number of the last, so
// that what comes after a number is found by the key. One event is in the columns; more
// are all in one of them as JSON, each [type, microseconds, payload], packed with zstd
// when that saves something.

// packFrom is the size from which events are packed: smaller ones hardly shrink.
const packFrom = 256

// packer and unpacker are safe for concurrent use, and need little memory: what they
// see is small.
var (
	packer = sync.OnceValue(func() *zstd.Encoder {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(64<<10), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true))
		if err != nil {
			panic(err) // of the options, which never change
		}
		return w
	})
	unpacker = sync.OnceValue(func() *zstd.Decoder {
		r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(1<<30))
		if err != nil {
			panic(err) // as above
		}
		return r
	})
)

// insertEvents stores the events of a step. Their numbers must be without a gap.
func insertEvents(ctx context.Context, tx *Tx, st flow.Step) error {
	for i := range st.Events {
		if want := st.Events[0].Seq + int64(i); st.Events[i].Seq != want {
			return fmt.Errorf("event %d of %s must be number %d", st.Events[i].Seq, st.RunID, want)
		}
	}
	return chunks(st.Events, func(part []flow.Event) error {
		last := part[len(part)-1]
		payload, packed := string(last.Payload), []byte(nil)
		if len(part) > 1 {
			payload, packed = "", pack(part)
		}
		_, err := tx.exec(ctx, "INSERT INTO run_events (run_id, seq, type, at, payload, packed) VALUES (?, ?, ?, ?, ?, ?)",
			st.RunID, last.Seq, last.Type, micros(last.At), payload, packed)
		if err != nil {
			return fmt.Errorf("insert events: %w", err)
		}
		return nil
	})
}

// pack writes events as JSON, packed if they are many.
func pack(list []flow.Event) []byte {
	size := 2
	for _, e := range list {
		size += len(e.Type) + len(e.Payload) + 24
	}
	b := append(make([]byte, 0, size), '[')
	for i, e := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendQuote(append(b, '['), string(e.Type))
		b = strconv.AppendInt(append(b, ','), micros(e.At), 10)
		b = append(append(append(b, ','), e.Payload...), ']')
	}
	if b = append(b, ']'); len(b) < packFrom {
		return b
	}
	return packer().EncodeAll(b, make([]byte, 0, len(b)/2))
}

type eventRow struct {
	Seq     int64
	Type    flow.EventType
	At      int64
	Payload string
	Packed  []byte
}

// events returns the events of the row, in order.
func (r eventRow) events(run flow.ID) ([]flow.Event, error) {
	if len(r.Packed) == 0 {
		return []flow.Event{{RunID: run, Seq: r.Seq, Type: r.Type, At: fromMicros(r.At), Payload: json.RawMessage(r.Payload)}}, nil
	}
	raw := r.Packed
	if raw[0] != '[' {
		var err error
		if raw, err = unpacker().DecodeAll(raw, nil); err != nil {
			return nil, fmt.Errorf("unpack events up to %d of %s: %w", r.Seq, run, err)
		}
	}
	var list [][3]json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("read events up to %d of %s: %w", r.Seq, run, err)
	}
	out := make([]flow.Event, len(list))
	for i, e := range list {
		var kind flow.EventType
		var at int64
		if err := errors.Join(json.Unmarshal(e[0], &kind), json.Unmarshal(e[1], &at)); err != nil {
			return nil, fmt.Errorf("read event of %s: %w", run, err)
		}
		out[i] = flow.Event{RunID: run, Seq: r.Seq - int64(len(list)-1-i), Type: kind, At: fromMicros(at), Payload: e[2]}
	}
	return out, nil
}

// Events returns the events of a run of the owner after a number, in order, at most
// limit of them.
func (s *Store) Events(ctx context.Context, o flow.Owner, id flow.ID, after int64, limit int) ([]flow.Event, error) {
	if err := s.owns(ctx, o, id); err != nil {
		return nil, err
	}
	var rows []eventRow
	err := s.many(ctx, &rows, "SELECT seq, type, at, payload, packed FROM run_events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?", id, after, limit)
	if err != nil {
		return nil, failed("read events", err)
	}
	out := make([]flow.Event, 0, len(rows))
	for _, r := range rows {
		list, err := r.events(id)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			if e.Seq > after && len(out) < limit {
				out = append(out, e)
			}
		}
	}
	return out, nil
}
