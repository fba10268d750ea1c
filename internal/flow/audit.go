package flow

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// AuditAction is what an audit entry tells of.
type AuditAction string

// The actions of the audit log.
const (
	AuditAccountCreated     AuditAction = "account.created"
	AuditAccountDeleted     AuditAction = "account.deleted"
	AuditSignIn             AuditAction = "session.started"
	AuditSignInRefused      AuditAction = "session.refused"
	AuditSignOut            AuditAction = "session.ended"
	AuditPasswordChanged    AuditAction = "password.changed"
	AuditResetMade          AuditAction = "reset.made"
	AuditTokenCreated       AuditAction = "token.created"
	AuditTokenDeleted       AuditAction = "token.deleted"
	AuditSecretKept         AuditAction = "secret.kept"
	AuditSecretDeleted      AuditAction = "secret.deleted"
	AuditProviderKeyKept    AuditAction = "provider_key.kept"
	AuditProviderKeyDeleted AuditAction = "provider_key.deleted"
	AuditHookCreated        AuditAction = "webhook.created"
	AuditHookChanged        AuditAction = "webhook.changed"
	AuditHookDeleted        AuditAction = "webhook.deleted"
	AuditWorkflowExported   AuditAction = "workflow.exported"
	AuditWorkflowDeleted    AuditAction = "workflow.deleted"
	AuditWorkflowRestored   AuditAction = "workflow.restored"
	AuditKeyRotated         AuditAction = "master_key.rotated"
	AuditBackupMade         AuditAction = "backup.made"
	AuditRead               AuditAction = "audit.read" // by who runs the server
)

// auditActions are the actions with what people read of them.
var auditActions = map[AuditAction]string{
	AuditAccountCreated: "Account created", AuditAccountDeleted: "Account deleted",
	AuditSignIn: "Signed in", AuditSignInRefused: "Sign-in refused: wrong password", AuditSignOut: "Signed out",
	AuditPasswordChanged: "Password changed", AuditResetMade: "Reset link made for the password", AuditTokenCreated: "API token created", AuditTokenDeleted: "API token revoked",
	AuditSecretKept: "Secret kept", AuditSecretDeleted: "Secret deleted",
	AuditProviderKeyKept: "Model provider key kept", AuditProviderKeyDeleted: "Model provider key deleted",
	AuditHookCreated: "Webhook created", AuditHookChanged: "Webhook changed", AuditHookDeleted: "Webhook deleted",
	AuditWorkflowExported: "Workflow exported", AuditWorkflowDeleted: "Workflow deleted", AuditWorkflowRestored: "Workflow brought back",
	AuditKeyRotated: "Master key changed", AuditBackupMade: "Backup made", AuditRead: "Audit log read",
}

// AuditActions lists every action, sorted.
func AuditActions() []AuditAction {
	var out []AuditAction
	for a := range auditActions {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}

// Word says the action as people read it.
func (a AuditAction) Word() string { return auditActions[a] }

// AuditEntry is one line of the audit log: who did what to what, from where. Entries
// are numbered without a gap, and each carries the hash of the one before, so that
// one that is changed or taken out is found (trust.md S6). It never holds a secret,
// nor an email address: the log outlives accounts.
type AuditEntry struct {
	Seq       int64       `json:"seq"`
	At        time.Time   `json:"at"`
	UserID    ID          `json:"-"` // whose account it is about; "" for the server's own
	Via       Via         `json:"via" doc:"How the actor was known; empty for nobody."`
	Action    AuditAction `json:"action"`
	Target    string      `json:"target,omitzero" doc:"What it was done to: an id, or the name of a secret."`
	IP        string      `json:"ip,omitzero"`
	RequestID string      `json:"requestId,omitzero"`
	Hash      string      `json:"hash" doc:"SHA-256 over this entry and the hash of the one before, in hex."`
}

// NewAuditEntry describes an action of now, with what the context knows of the request.
func NewAuditEntry(ctx context.Context, user ID, action AuditAction, target string) AuditEntry {
	e := AuditEntry{
		At: time.Now().UTC().Truncate(time.Microsecond), UserID: user, Action: action, Target: target,
		IP: ClientIPFrom(ctx), RequestID: RequestIDFrom(ctx),
	}
	if a, err := ActorFrom(ctx); err == nil {
		e.Via = a.Via
	} else if e.RequestID == "" {
		e.Via = ViaCLI
	} else if action == AuditSignIn { // by which one becomes the actor
		e.Via = ViaSession
	}
	return e
}

// Seal returns the hash of the entry after the one with the hash before.
func (e AuditEntry) Seal(before string) string {
	h := sha256.New()
	var n [8]byte
	number := func(v int64) {
		binary.BigEndian.PutUint64(n[:], uint64(v)) //nolint:gosec // only the bits count
		h.Write(n[:])
	}
	number(e.Seq)
	number(e.At.UnixMicro())
	for _, s := range []string{before, string(e.UserID), string(e.Via), string(e.Action), e.Target, e.IP, e.RequestID} {
		number(int64(len(s))) // so that no two entries have the same bytes
		h.Write([]byte(s))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// AuditList is a page of the audit log, newest first.
type AuditList struct {
	Entries    []AuditEntry
	Pagination Pagination
}

// Auditor keeps audit entries.
type Auditor interface {
	// Audit numbers an entry, seals it and keeps it for good.
	Audit(ctx context.Context, e AuditEntry) error
}

type clientKey struct{}

// WithClientIP returns a context that carries the address a request came from.
func WithClientIP(ctx context.Context, ip string) context.Context {
	return context.WithValue(ctx, clientKey{}, strings.Clone(ip))
}

// ClientIPFrom returns the address of ctx's request, or "".
func ClientIPFrom(ctx context.Context) string {
	ip, _ := ctx.Value(clientKey{}).(string)
	return ip
}
