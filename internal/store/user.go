package store

import (
	"context"
	"time"

	"heddle/internal/flow"
)

type userRow struct {
	ID           flow.ID
	ClerkID      *string
	Email        string
	PasswordHash string
	FirstName    string
	LastName     string
	Avatar       string
	CreatedAt    int64
	UpdatedAt    int64
}

const userColumns = "users.id, users.clerk_id, users.email, users.password_hash, users.first_name, users.last_name, users.avatar, users.created_at, users.updated_at"

func (r userRow) user() flow.User {
	return flow.User{
		ID: r.ID, ClerkID: r.ClerkID, Email: r.Email, FirstName: r.FirstName, LastName: r.LastName, Avatar: r.Avatar,
		CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt),
	}
}

func emailTaken() error {
	return flow.Errorf(flow.Conflict, "There is an account with this email address already.").
		With(flow.Problem{Path: "email", Message: "Use another address, or sign in."})
}

// CreateUser adds an account. A taken address is a [flow.Conflict].
func (s *Store) CreateUser(ctx context.Context, u flow.User, passwordHash string) error {
	now := micros(time.Now())
	_, err := s.write.NewRaw(`INSERT INTO users (id, clerk_id, email, password_hash, first_name, last_name, avatar, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		u.ID, u.ClerkID, u.Email, passwordHash, u.FirstName, u.LastName, u.Avatar, now, now).Exec(ctx)
	if isUnique(err) {
		return emailTaken()
	}
	return failed("create user", err)
}

// CreateFirstUser adds the first account of all. When there is one already it is
// a [flow.Conflict]; two at once cannot both succeed.
func (s *Store) CreateFirstUser(ctx context.Context, u flow.User, passwordHash string) error {
	now := micros(time.Now())
	var n int64
	err := s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		if s.pool != nil {
			if _, err := tx.NewRaw("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE").Exec(ctx); err != nil {
				return err
			}
		}
		res, err := tx.NewRaw(`INSERT INTO users (id, clerk_id, email, password_hash, first_name, last_name, avatar, created_at, updated_at)
			SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM users)`,
			u.ID, u.ClerkID, u.Email, passwordHash, u.FirstName, u.LastName, u.Avatar, now, now).Exec(ctx)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return failed("create first user", err)
	}
	if n == 0 {
		return flow.Errorf(flow.Conflict, "There is an account already.").WithHint("Sign in instead.")
	}
	return nil
}

// CountUsers returns how many accounts there are.
func (s *Store) CountUsers(ctx context.Context) (int, error) {
	var n int
	err := s.read.NewRaw("SELECT count(*) FROM users").Scan(ctx, &n)
	return n, failed("count users", err)
}

func (s *Store) userBy(ctx context.Context, column, value string) (userRow, error) {
	var r userRow
	err := s.read.NewRaw("SELECT "+userColumns+" FROM users WHERE "+column+" = ?", value).Scan(ctx, &r)
	if isNone(err) {
		return r, flow.Errorf(flow.NotFound, "There is no account %s.", value)
	}
	return r, failed("read user", err)
}

// UserByID returns an account.
func (s *Store) UserByID(ctx context.Context, id flow.ID) (flow.User, error) {
	r, err := s.userBy(ctx, "id", string(id))
	return r.user(), err
}

// UserByEmail returns the account with a lower-cased address, and its password hash.
func (s *Store) UserByEmail(ctx context.Context, email string) (flow.User, string, error) {
	r, err := s.userBy(ctx, "email", email)
	return r.user(), r.PasswordHash, err
}

// UpsertClerkUser makes or updates the account of a Clerk user. An address that a
// local account holds is a [flow.Conflict]: nothing is adopted by address.
func (s *Store) UpsertClerkUser(ctx context.Context, u flow.User) (flow.User, error) {
	now := micros(time.Now())
	_, err := s.write.NewRaw(`INSERT INTO users (id, clerk_id, email, password_hash, first_name, last_name, avatar, created_at, updated_at) VALUES (?, ?, ?, '', ?, ?, ?, ?, ?)
		ON CONFLICT (clerk_id) DO UPDATE SET email = excluded.email, first_name = excluded.first_name, last_name = excluded.last_name, avatar = excluded.avatar, updated_at = excluded.updated_at`,
		u.ID, u.ClerkID, u.Email, u.FirstName, u.LastName, u.Avatar, now, now).Exec(ctx)
	if isUnique(err) {
		return flow.User{}, emailTaken()
	}
	if err != nil {
		return flow.User{}, failed("save Clerk user", err)
	}
	r, err := s.userBy(ctx, "clerk_id", *u.ClerkID)
	return r.user(), err
}

// DeleteClerkUser removes a Clerk user and everything that is theirs; an unknown one is no error.
func (s *Store) DeleteClerkUser(ctx context.Context, clerkID string) error {
	return s.endAccounts(ctx, "delete Clerk user", "DELETE FROM users WHERE clerk_id = ? RETURNING id", clerkID)
}

// DeleteUser removes an account and everything that is theirs.
func (s *Store) DeleteUser(ctx context.Context, o flow.Owner) error {
	return s.endAccounts(ctx, "delete user", "DELETE FROM users WHERE id = ? RETURNING id", o)
}

// SetPassword replaces the password hash.
func (s *Store) SetPassword(ctx context.Context, o flow.Owner, hash string) error {
	_, err := s.write.NewRaw("UPDATE users SET password_hash = ?, updated_at = ? WHERE id = ?", hash, micros(time.Now()), o).Exec(ctx)
	return failed("set password", err)
}

// UpdateProfile replaces the name.
func (s *Store) UpdateProfile(ctx context.Context, o flow.Owner, first, last string) (flow.User, error) {
	_, err := s.write.NewRaw("UPDATE users SET first_name = ?, last_name = ?, updated_at = ? WHERE id = ?", first, last, micros(time.Now()), o).Exec(ctx)
	if err != nil {
		return flow.User{}, failed("update profile", err)
	}
	return s.UserByID(ctx, flow.ID(o))
}
