package flow

import (
	"encoding/json"
	"strconv"
	"time"
)

// EventType names what happened in a run.
type EventType string

// The events of a run, product.md section 5.
const (
	EventRunStatus  EventType = "run.status"  // payload RunStatusEvent
	EventNodeStatus EventType = "node.status" // payload NodeStatusEvent
	EventNodeDelta  EventType = "node.delta"  // payload NodeDeltaEvent
	EventLog        EventType = "log"         // payload LogEvent
)

// Event is one numbered entry of a run's journal: seq is 1..n without a gap, in
// commit order (rule E14).
type Event struct {
	RunID   ID
	Seq     int64
	Type    EventType
	At      time.Time
	Payload json.RawMessage // a JSON object
}

// RunStatusEvent says that a run changed state.
type RunStatusEvent struct {
	Status RunStatus `json:"status"`
	Error  string    `json:"error,omitzero"`
	Counts
	Usage
	StartedAt   *time.Time `json:"startedAt,omitzero"`
	CompletedAt *time.Time `json:"completedAt,omitzero"`
	Duration    *int64     `json:"duration,omitzero"` // milliseconds
}

// NodeStatusEvent says that a node changed state.
type NodeStatusEvent struct {
	NodeID    string            `json:"nodeId"`
	Iteration string            `json:"iteration,omitzero"` // of a node that another one called, see [NodeResult]
	Status    NodeStatus        `json:"status"`
	Cached    bool              `json:"cached,omitzero"`
	Attempt   int               `json:"attempt,omitzero"`
	Error     string            `json:"error,omitzero"`
	Reason    string            `json:"reason,omitzero"`
	Output    map[string]string `json:"output,omitempty"` // port -> preview, at most PreviewLimit bytes each; a file's JSON reference whole
	Meta      Meta              `json:"meta,omitempty"`
	Usage     *Usage            `json:"usage,omitzero"`
	QueuedAt  *time.Time        `json:"queuedAt,omitzero"`
	StartedAt *time.Time        `json:"startedAt,omitzero"`
	Duration  *int64            `json:"duration,omitzero"` // milliseconds
}

// PreviewLimit is the size in bytes of an output preview in an event.
const PreviewLimit = 600

// NodeDeltaEvent carries streamed text: at most one event per 50 ms and node.
type NodeDeltaEvent struct {
	NodeID    string `json:"nodeId"`
	Iteration string `json:"iteration,omitzero"`
	Attempt   int    `json:"attempt,omitzero"`
	Text      string `json:"text"`
}

// LogEvent carries one log line.
type LogEvent struct {
	NodeID    *string `json:"nodeId"`
	Iteration string  `json:"iteration,omitzero"`
	Level     Level   `json:"level"`
	Message   string  `json:"message"`
}

// MarshalJSON writes the payload's members beside type, runId, seq and at.
func (e Event) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 128+len(e.Payload))
	b = append(b, `{"type":"`...)
	b = append(b, e.Type...)
	b = append(b, `","runId":"`...)
	b = append(b, e.RunID...)
	b = append(b, `","seq":`...)
	b = strconv.AppendInt(b, e.Seq, 10)
	b = append(b, `,"at":"`...)
	b = e.At.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	b = append(b, '"')
	if len(e.Payload) > 2 {
		b = append(b, ',')
		return append(b, e.Payload[1:]...), nil
	}
	return append(b, '}'), nil
}

// RunTopic is the hub topic that is touched when a run's journal grew.
func RunTopic(id ID) string { return "run:" + string(id) }

// RunsTopic is the hub topic that is touched when any run of the owner changed state.
func RunsTopic(o Owner) string { return "runs:" + string(o) }

// ProcessesTopic is the hub topic that is touched when a process begins to work on
// the database.
const ProcessesTopic = "processes"

// AccountTopic is touched when a session or token of a user, or the account, has ended.
func AccountTopic(o Owner) string { return "account:" + string(o) }

// CancelTopic is the hub topic that is touched when a run was asked to stop, or got
// an answer.
func CancelTopic(id ID) string { return "cancel:" + string(id) }
