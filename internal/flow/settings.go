package flow

// Settings is what the settings page shows.
type Settings struct {
	User      User
	Tokens    []Token
	Providers []ProviderStatus
	NewToken  string // the secret of a token just made; shown once
}

// ProviderStatus says whether a model provider can be used here. It carries no secret.
type ProviderStatus struct {
	ID         string      `json:"id"` // "gemini"
	Name       string      `json:"name"`
	Configured bool        `json:"configured"`
	NoAI       bool        `json:"noAi,omitzero"` // answers are computed, no model is used
	Setting    string      `json:"setting"`       // the environment key that configures it
	BaseURL    string      `json:"baseUrl,omitzero"`
	Default    string      `json:"default"` // model used when a node names none
	Models     []ModelInfo `json:"models"`  // known models; others are allowed
}

// ModelInfo is a known model with its list price in USD per million tokens.
type ModelInfo struct {
	Name    string  `json:"name"`
	InPerM  float64 `json:"inPerM"`
	OutPerM float64 `json:"outPerM"`
	Vision  bool    `json:"vision,omitzero"`
}
