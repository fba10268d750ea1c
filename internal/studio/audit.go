package studio

import (
	"context"
	"log/slog"

	"heddle/internal/flow"
)

// record keeps an audit entry about the actor of ctx. What it tells of has happened,
// so a log that cannot be written is an error of the server and not of the request.
func (s *Service) record(ctx context.Context, action flow.AuditAction, target string) {
	a, err := flow.ActorFrom(ctx)
	if err == nil {
		err = s.store.Audit(context.WithoutCancel(ctx), flow.NewAuditEntry(ctx, a.User.ID, action, target))
	}
	if err != nil {
		s.log.ErrorContext(ctx, "audit entry not written", slog.String("action", string(action)), slog.String("user_id", a.User.ID.String()), slog.Any("error", err))
	}
}

// ListAudit selects a page of the audit log.
type ListAudit struct {
	Page  int `query:"page" minimum:"1" maximum:"1000000" default:"1"`
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// AuditOut is one page of the audit log.
type AuditOut struct {
	Entries    []flow.AuditEntry `json:"entries"`
	Pagination flow.Pagination   `json:"pagination"`
}

// Audit returns what was done to the actor's account, newest first. Only a person in
// a browser may read it.
func (s *Service) Audit(ctx context.Context, in ListAudit) (AuditOut, error) {
	l, err := s.AuditPage(ctx, in)
	return AuditOut(l), err
}

// AuditPage is [Service.Audit] for the page.
func (s *Service) AuditPage(ctx context.Context, in ListAudit) (flow.AuditList, error) {
	a, err := s.session(ctx)
	if err != nil {
		return flow.AuditList{}, err
	}
	return s.store.AuditEntries(ctx, a.Owner(), max(in.Page, 1), in.Limit)
}
