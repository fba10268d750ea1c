package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"heddle/internal/flow"
)

type auditRow struct {
	Seq       int64
	At        int64
	UserID    flow.ID
	Via       flow.Via
	Action    flow.AuditAction
	Target    string
	IP        string
	RequestID string
	Hash      string
}

const auditColumns = "seq, at, user_id, via, action, target, ip, request_id, hash"

func (r auditRow) entry() flow.AuditEntry {
	return flow.AuditEntry{
		Seq: r.Seq, At: fromMicros(r.At), UserID: r.UserID, Via: r.Via, Action: r.Action,
		Target: r.Target, IP: r.IP, RequestID: r.RequestID, Hash: r.Hash,
	}
}

// auditHead is where the chain begins and ends. The one row of it is also what
// processes on PostgreSQL queue up at.
type auditHead struct {
	FirstSeq  int64  // of the oldest entry that is kept
	FirstHash string // of the entry before it
	LastSeq   int64
	LastHash  string
}

const headColumns = "first_seq, first_hash, last_seq, last_hash"

// Audit numbers an entry, links it to the one before and stores it.
func (s *Store) Audit(ctx context.Context, e flow.AuditEntry) error {
	err := s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		head, err := s.lockHead(ctx, tx)
		if err != nil {
			return err
		}
		e.Seq = head.LastSeq + 1
		e.Hash = e.Seal(head.LastHash)
		if _, err := tx.exec(ctx, "INSERT INTO audit ("+auditColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			e.Seq, micros(e.At), e.UserID, e.Via, e.Action, e.Target, e.IP, e.RequestID, e.Hash); err != nil {
			return err
		}
		_, err = tx.exec(ctx, "UPDATE audit_head SET last_seq = ?, last_hash = ?", e.Seq, e.Hash)
		return err
	})
	return failed("write audit entry", err)
}

// lockHead reads the head of the chain and keeps others from adding to it.
func (s *Store) lockHead(ctx context.Context, tx *Tx) (auditHead, error) {
	if _, err := tx.exec(ctx, "UPDATE audit_head SET last_seq = last_seq"); err != nil {
		return auditHead{}, err
	}
	var h auditHead
	err := tx.NewRaw("SELECT "+headColumns+" FROM audit_head").Scan(ctx, &h)
	return h, err
}

// AuditEntries returns a page of the entries about the owner, newest first.
func (s *Store) AuditEntries(ctx context.Context, o flow.Owner, page, limit int) (flow.AuditList, error) {
	var rows []auditRow
	err := s.read.NewRaw("SELECT "+auditColumns+" FROM audit WHERE user_id = ? ORDER BY seq DESC LIMIT ? OFFSET ?", o, limit, (page-1)*limit).Scan(ctx, &rows)
	if err != nil {
		return flow.AuditList{}, failed("list audit entries", err)
	}
	var total int
	if err := s.read.NewRaw("SELECT count(*) FROM audit WHERE user_id = ?", o).Scan(ctx, &total); err != nil {
		return flow.AuditList{}, failed("count audit entries", err)
	}
	out := flow.AuditList{Entries: make([]flow.AuditEntry, len(rows)), Pagination: flow.Paginate(page, limit, total)}
	for i, r := range rows {
		out.Entries[i] = r.entry()
	}
	return out, nil
}

// auditAtOnce is how many entries are read at a time.
const auditAtOnce = 1000

// ErrAudit is a broken audit log: entries were changed, or taken out.
var ErrAudit = errors.New("the audit log is broken")

// CheckAudit reads the whole audit log, of all users, oldest first, and hands each
// entry to see, if that is not nil. It returns how many there are. A chain that does
// not hold is an [ErrAudit] which names the first entry that is wrong.
func (s *Store) CheckAudit(ctx context.Context, see func(flow.AuditEntry) error) (int, error) {
	var head auditHead
	if err := s.read.NewRaw("SELECT "+headColumns+" FROM audit_head").Scan(ctx, &head); err != nil {
		return 0, failed("read audit log", err)
	}
	n, seq, hash := 0, head.FirstSeq-1, head.FirstHash
	for seq < head.LastSeq {
		var rows []auditRow
		err := s.read.NewRaw("SELECT "+auditColumns+" FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", seq, head.LastSeq, auditAtOnce).Scan(ctx, &rows)
		if err != nil {
			return n, failed("read audit log", err)
		}
		if len(rows) == 0 {
			return n, fmt.Errorf("%w: entry %d and those after it are gone", ErrAudit, seq+1)
		}
		for _, r := range rows {
			e := r.entry()
			switch {
			case e.Seq != seq+1:
				return n, fmt.Errorf("%w: entry %d is gone", ErrAudit, seq+1)
			case e.Seal(hash) != e.Hash:
				return n, fmt.Errorf("%w: entry %d was changed", ErrAudit, e.Seq)
			}
			if see != nil {
				if err := see(e); err != nil {
					return n, err
				}
			}
			n, seq, hash = n+1, e.Seq, e.Hash
		}
	}
	if hash != head.LastHash {
		return n, fmt.Errorf("%w: entry %d is not the one that was written", ErrAudit, seq)
	}
	return n, nil
}

// TrimAudit removes entries from before a time and returns how many. What is left is
// still checked against the last entry that was removed.
func (s *Store) TrimAudit(ctx context.Context, before time.Time) (int, error) {
	removed := 0
	err := s.inTx(ctx, func(ctx context.Context, tx *Tx) error {
		head, err := s.lockHead(ctx, tx)
		if err != nil {
			return err
		}
		var last []auditRow
		if err := tx.NewRaw("SELECT "+auditColumns+" FROM audit WHERE at < ? ORDER BY seq DESC LIMIT 1", micros(before)).Scan(ctx, &last); err != nil || len(last) == 0 {
			return err
		}
		res, err := tx.exec(ctx, "DELETE FROM audit WHERE seq <= ?", last[0].Seq)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		removed = int(n)
		head.FirstSeq, head.FirstHash = last[0].Seq+1, last[0].Hash
		_, err = tx.exec(ctx, "UPDATE audit_head SET first_seq = ?, first_hash = ?", head.FirstSeq, head.FirstHash)
		return err
	})
	return removed, failed("trim audit log", err)
}
