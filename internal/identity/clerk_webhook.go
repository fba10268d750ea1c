package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	sdk "github.com/clerk/clerk-sdk-go/v2"

	"heddle/internal/flow"
)

// hookTolerance is how far a message's time may be off. Ids are remembered for
// twice as long, so a message cannot be played again within its time.
const hookTolerance = 5 * time.Minute

// ClerkWebhook takes one of Clerk's signed messages, given the raw body. The same
// message again is fine and does nothing. Messages of other types are ignored.
func (s *Service) ClerkWebhook(ctx context.Context, header http.Header, body []byte) error {
	if s.clerk == nil {
		return notClerk()
	}
	return s.clerk.hook(ctx, header, body)
}

func (k *clerk) hook(ctx context.Context, header http.Header, body []byte) error {
	id, err := k.signed(header, body)
	if err != nil {
		return flow.Errorf(flow.Unauthenticated, "The message is not signed by Clerk, or too old.").
			WithHint("Check CLERK_WEBHOOK_SECRET.").Because(err)
	}
	var event struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return flow.Errorf(flow.Malformed, "The message is not JSON.").Because(err)
	}
	if !k.messages.begin(id, k.now()) {
		return nil
	}
	err = k.handle(ctx, event.Type, event.Data)
	k.messages.end(id, err == nil)
	if err == nil {
		k.log.InfoContext(ctx, "clerk message handled", slog.String("type", event.Type), slog.String("message_id", id))
	}
	return err
}

// signed checks the signature and returns the message's id. Clerk signs by the
// Standard Webhooks rules under header names of its own.
func (k *clerk) signed(header http.Header, body []byte) (string, error) {
	renamed := http.Header{}
	for _, n := range []string{"Id", "Timestamp", "Signature"} {
		renamed.Set("Webhook-"+n, header.Get("Svix-"+n))
	}
	seconds, err := strconv.ParseInt(header.Get("Svix-Timestamp"), 10, 64)
	if err != nil {
		return "", fmt.Errorf("timestamp: %w", err)
	}
	if off := k.now().Sub(time.Unix(seconds, 0)); off > hookTolerance || off < -hookTolerance {
		return "", fmt.Errorf("the message is off by %s", off)
	}
	if err := k.webhook.VerifyIgnoringTimestamp(body, renamed); err != nil { // checked above, by our clock
		return "", err
	}
	return header.Get("Svix-Id"), nil
}

func (k *clerk) handle(ctx context.Context, kind string, data json.RawMessage) error {
	switch kind {
	case "user.created", "user.updated":
		return k.userChanged(ctx, data)
	case "user.deleted":
		return k.userDeleted(ctx, data)
	case "session.ended", "session.removed", "session.revoked":
		return k.sessionEnded(ctx, data)
	}
	return nil
}

// userChanged keeps our account in step, unless a later message came first.
func (k *clerk) userChanged(ctx context.Context, data json.RawMessage) error {
	var u sdk.User
	if err := json.Unmarshal(data, &u); err != nil || u.ID == "" {
		return flow.Errorf(flow.Malformed, "The message describes no user.").Because(err)
	}
	if k.people.ended(u.ID, k.now()) || k.people.stale(u.ID, u.UpdatedAt) {
		return nil
	}
	_, err := k.keep(ctx, &u)
	if flow.KindOf(err) == flow.Forbidden { // blocked, or without an address: no retry helps
		k.people.forget(u.ID)
		k.log.WarnContext(ctx, "clerk user not kept", slog.String("clerk_id", u.ID), slog.Any("error", err))
		return nil
	}
	return err
}

func (k *clerk) userDeleted(ctx context.Context, data json.RawMessage) error {
	id, err := subject(data)
	if err != nil {
		return err
	}
	k.people.end(id, k.now())
	if err := k.accounts.DeleteClerkUser(ctx, id); err != nil && flow.KindOf(err) != flow.NotFound {
		return fmt.Errorf("delete clerk user: %w", err)
	}
	k.record(ctx, "", flow.AuditAccountDeleted, id)
	return nil
}

func (k *clerk) sessionEnded(ctx context.Context, data json.RawMessage) error {
	id, err := subject(data)
	if err != nil {
		return err
	}
	k.people.end(id, k.now())
	if err := k.accounts.DeleteClerkSession(ctx, id); err != nil && flow.KindOf(err) != flow.NotFound {
		return fmt.Errorf("delete clerk session: %w", err)
	}
	return nil
}

// subject is the id of what a message is about.
func subject(data json.RawMessage) (string, error) {
	var o struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(data, &o); err != nil || o.ID == "" {
		return "", flow.Errorf(flow.Malformed, "The message says not what it is about.").Because(err)
	}
	return o.ID, nil
}

// messages remembers which messages were handled or are being handled.
type messages struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

// begin reports whether the message is new, and claims it.
func (m *messages) begin(id string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at, ok := m.seen[id]; ok && now.Sub(at) < 2*hookTolerance+time.Minute {
		return false
	}
	makeRoom(m.seen, func(at time.Time) bool { return now.Sub(at) >= 2*hookTolerance+time.Minute })
	m.seen[id] = now
	return true
}

// end gives a message back that was not handled, so that Clerk's next try counts.
func (m *messages) end(id string, handled bool) {
	if handled {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.seen, id)
}
