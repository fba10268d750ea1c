package identity

import (
	"context"
	"log/slog"

	"heddle/internal/flow"
)

// record keeps an audit entry. What it tells of has happened, so a log that cannot be
// written is an error of the server and not of the request.
func (s *Service) record(ctx context.Context, user flow.ID, action flow.AuditAction, target string) {
	if s.auditor == nil {
		return
	}
	if err := s.auditor.Audit(context.WithoutCancel(ctx), flow.NewAuditEntry(ctx, user, action, target)); err != nil {
		s.log.ErrorContext(ctx, "audit entry not written", slog.String("action", string(action)), slog.String("user_id", user.String()), slog.Any("error", err))
	}
}
