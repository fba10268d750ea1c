package engine

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"heddle/internal/flow"
)

// nodeStatusJSON is json.Marshal of e. Every node of every run passes here, and by
// reflection it was the dearest part of a small node.
func nodeStatusJSON(e flow.NodeStatusEvent) json.RawMessage {
	b := make([]byte, 0, 256)
	b = appendText(append(b, `{"nodeId":`...), e.NodeID)
	if e.Iteration != "" {
		b = appendText(append(b, `,"iteration":`...), e.Iteration)
	}
	b = appendText(append(b, `,"status":`...), string(e.Status))
	if e.Cached {
		b = append(b, `,"cached":true`...)
	}
	if e.Attempt != 0 {
		b = strconv.AppendInt(append(b, `,"attempt":`...), int64(e.Attempt), 10)
	}
	if e.Error != "" {
		b = appendText(append(b, `,"error":`...), e.Error)
	}
	if e.Reason != "" {
		b = appendText(append(b, `,"reason":`...), e.Reason)
	}
	b = appendTexts(b, "output", e.Output)
	b = appendTexts(b, "meta", e.Meta)
	if e.Usage != nil {
		raw, err := json.Marshal(e.Usage)
		if err != nil {
			raw = []byte("null") // a cost that is no number
		}
		b = append(append(b, `,"usage":`...), raw...)
	}
	b = appendTime(b, "queuedAt", e.QueuedAt)
	b = appendTime(b, "startedAt", e.StartedAt)
	if e.Duration != nil {
		b = strconv.AppendInt(append(b, `,"duration":`...), *e.Duration, 10)
	}
	return append(b, '}')
}

func appendTime(b []byte, key string, t *time.Time) []byte {
	if t == nil {
		return b
	}
	b = append(append(append(b, `,"`...), key...), `":"`...)
	return append(t.AppendFormat(b, time.RFC3339Nano), '"')
}

func appendTexts(b []byte, key string, m map[string]string) []byte {
	if len(m) == 0 {
		return b
	}
	b = append(append(append(b, `,"`...), key...), `":`...)
	sep := byte('{')
	for _, k := range slices.Sorted(maps.Keys(m)) {
		b = appendText(append(b, sep), k)
		b = appendText(append(b, ':'), m[k])
		sep = ','
	}
	return append(b, '}')
}

// appendText appends s as a JSON string. Plain ASCII, which is nearly all, needs
// no encoder.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return append(b, flow.Text(s).Raw()...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
