package worker

import (
	"context"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// wakeDriver is River's SQLite driver with a wake-up inside the process, besides
// its 50 ms poll of the notification table: a run starts at once.
type wakeDriver struct {
	*riversqlite.Driver
	wakes chan *riverdriver.Notification
}

func newWakeDriver(d *riversqlite.Driver) *wakeDriver {
	return &wakeDriver{Driver: d, wakes: make(chan *riverdriver.Notification, 4)}
}

// GetListener returns the driver's listener, joined with the wake-ups.
func (d *wakeDriver) GetListener(p *riverdriver.GetListenenerParams) riverdriver.Listener {
	return &wakeListener{Listener: d.Driver.GetListener(p), wakes: d.wakes}
}

// wake tells the listener that a job of the queue was committed. It never blocks.
func (d *wakeDriver) wake(queue string) {
	select {
	case d.wakes <- &riverdriver.Notification{Topic: "river_insert", Payload: `{"queue":"` + queue + `"}`}:
	default: // one is waiting already
	}
}

type wakeListener struct {
	riverdriver.Listener
	wakes chan *riverdriver.Notification
}

type notified struct {
	n   *riverdriver.Notification
	err error
}

// WaitForNotification returns whichever comes first: a wake-up or a polled notification.
func (l *wakeListener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	polling, stop := context.WithCancel(ctx)
	defer stop()
	polled := make(chan notified, 1)
	go func() {
		n, err := l.Listener.WaitForNotification(polling)
		polled <- notified{n, err}
	}()
	select {
	case r := <-polled:
		return r.n, r.err
	case n := <-l.wakes:
		stop()
		if r := <-polled; r.n != nil { // one came meanwhile: keep it for the next call
			select {
			case l.wakes <- r.n:
			default:
			}
		}
		return n, nil
	}
}
