package store

import "time"

// micros is how a time is stored: microseconds since 1970 in UTC.
func micros(t time.Time) int64 { return t.UnixMicro() }

func microsOf(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	return new(t.UnixMicro())
}

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }

func timeOf(n *int64) *time.Time {
	if n == nil {
		return nil
	}
	return new(fromMicros(*n))
}
