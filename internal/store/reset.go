package store

import (
	"context"
	"time"

	"heddle/internal/flow"
)

func noReset() error { return flow.Errorf(flow.NotFound, "There is no such reset.") }

// CreateReset stores that whoever has the secret with this hash may set a new password
// for the owner until a time. What was stored for them before is void.
func (s *Store) CreateReset(ctx context.Context, o flow.Owner, hash [32]byte, expires time.Time) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.exec(ctx, "DELETE FROM resets WHERE user_id = ?", o); err != nil {
			return err
		}
		_, err := tx.exec(ctx, "INSERT INTO resets (hash, user_id, expires_at) VALUES (?, ?, ?)", hash[:], o, micros(expires))
		return err
	})
	return failed("create reset", err)
}

// ResetUser returns whose password the secret with this hash may set now. None is
// [flow.NotFound].
func (s *Store) ResetUser(ctx context.Context, hash [32]byte, now time.Time) (flow.User, error) {
	var r userRow
	err := s.one(ctx, &r, "SELECT "+userColumns+" FROM resets JOIN users ON users.id = resets.user_id WHERE resets.hash = ? AND resets.expires_at > ?", hash[:], micros(now))
	if isNone(err) {
		return flow.User{}, noReset()
	}
	return r.user(), failed("read reset", err)
}

// UseReset sets a new password hash, ends all sessions of the account and the reset
// itself, all at once. A second use of the same secret is [flow.NotFound].
func (s *Store) UseReset(ctx context.Context, hash [32]byte, now time.Time, password string) error {
	var o flow.Owner
	err := s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		err := tx.NewRaw("DELETE FROM resets WHERE hash = ? AND expires_at > ? RETURNING user_id", hash[:], micros(now)).Scan(ctx, &o)
		if isNone(err) {
			return noReset()
		}
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, "UPDATE users SET password_hash = ?, updated_at = ? WHERE id = ?", password, micros(now), o); err != nil {
			return err
		}
		_, err = tx.exec(ctx, "DELETE FROM sessions WHERE user_id = ?", o)
		return err
	})
	if err != nil {
		return failed("use reset", err)
	}
	s.touch(flow.AccountTopic(o))
	return nil
}
