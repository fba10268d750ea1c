package flow

import "time"

// HookPrefix begins the ids of webhooks.
const HookPrefix = "hook"

// Limits of webhooks.
const (
	MaxHooks       = 100     // of one user
	MaxHookMessage = 1 << 20 // bytes
)

// HookKind says how a webhook's messages are signed.
type HookKind string

// The kinds of webhooks.
const (
	HookStandard HookKind = "standard" // standardwebhooks.com: Webhook-Id, Webhook-Timestamp, Webhook-Signature
	HookGitHub   HookKind = "github"
	HookStripe   HookKind = "stripe"
	HookSlack    HookKind = "slack"
	HookUnsigned HookKind = "unsigned" // whoever knows the address may start runs
)

var hookWords = map[HookKind]string{
	HookStandard: "Standard Webhooks", HookGitHub: "GitHub", HookStripe: "Stripe", HookSlack: "Slack", HookUnsigned: "Unsigned",
}

// HookKinds lists every kind in the order people read them.
func HookKinds() []HookKind {
	return []HookKind{HookStandard, HookGitHub, HookStripe, HookSlack, HookUnsigned}
}

// Word says the kind as people read it; "" for one that does not exist.
func (k HookKind) Word() string { return hookWords[k] }

// Gives reports whether the signing secret comes from the sender, who shows it to who
// sets up the sending. Other secrets are made here.
func (k HookKind) Gives() bool { return k == HookStripe || k == HookSlack }

// Hook is an address at which a message starts a run of a workflow.
type Hook struct {
	ID            ID         `json:"id"`
	UserID        ID         `json:"-"`
	WorkflowID    ID         `json:"workflowId"`
	WorkflowName  string     `json:"workflowName"`
	Name          string     `json:"name"`
	Kind          HookKind   `json:"kind"`
	Enabled       bool       `json:"enabled"`
	HasSecret     bool       `json:"hasSecret" doc:"False until the sender's signing secret is set; messages are refused so long."`
	CreatedAt     time.Time  `json:"createdAt"`
	LastUsedAt    *time.Time `json:"lastUsedAt"`
	LastRefusedAt *time.Time `json:"lastRefusedAt"`
	Refusal       string     `json:"refusal,omitzero" doc:"Why the last message that was refused was."`
}

// SecretName is the name under which the webhook's secret is kept. No other secret can
// have it.
func (h Hook) SecretName() string { return "hook:" + string(h.ID) }

// Path is where messages are sent to, below the address of the server. An unsigned
// webhook's goes on with "/" and its secret.
func (h Hook) Path() string { return "/hooks/" + string(h.ID) }

// NewHook is a webhook as it is shown once, with its secret.
type NewHook struct {
	Hook   Hook
	Path   string // below the address of the server; of an unsigned one with the secret
	Secret Secret // "" when the sender gives it
}
