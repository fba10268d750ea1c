package flow

// MaxChoices is how many workflows a form offers to choose from.
const MaxChoices = 100

// Settings is what the settings page shows.
type Settings struct {
	User      User
	Tokens    []Token
	Providers []ProviderStatus
	Secrets   []StoredSecret
	// KeepsSecrets is false where no master key is set.
	KeepsSecrets bool
	NewToken     string // the secret of a token just made; shown once
	Hooks        []Hook
	Workflows    []WorkflowSummary // that a webhook can start
	NewHook      *NewHook          // just made; shown once
	Address      string            // of the server, as in "https://heddle.example.com"
}

// ProviderStatus says whether a model provider can be used here. It carries no secret.
type ProviderStatus struct {
	ID         string      `json:"id"` // "gemini"
	Name       string      `json:"name"`
	Configured bool        `json:"configured"`
	TakesKey   bool        `json:"takesKey,omitzero"` // a user may keep a key of their own
	Own        bool        `json:"own,omitzero"`      // the user keeps one: their runs use it
	NoAI       bool        `json:"noAi,omitzero"`     // answers are computed, no model is used
	Setting    string      `json:"setting"`           // the environment key that configures it
	BaseURL    string      `json:"baseUrl,omitzero"`
	Default    string      `json:"default"` // model used when a node names none
	Models     []ModelInfo `json:"models"`  // known models; others are allowed
}

// Usable reports whether the user's runs can ask the provider when they name it.
func (p ProviderStatus) Usable() bool { return p.Configured || p.Own }

// ModelInfo is a known model with its list price in USD per million tokens.
type ModelInfo struct {
	Name    string  `json:"name"`
	InPerM  float64 `json:"inPerM"`
	OutPerM float64 `json:"outPerM"`
	Vision  bool    `json:"vision,omitzero"`
}
