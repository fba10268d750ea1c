package views

import "heddle/internal/flow"

// FailureView is a page that says what went wrong.
type FailureView struct {
	Status    int // HTTP status
	Message   string
	Hint      string
	RequestID string
	Problems  []flow.Problem
}

// ClerkMount is what the browser needs to sign in with Clerk. It is public.
type ClerkMount struct {
	PublishableKey string
	FrontendHost   string // host of Clerk's frontend API, as in "clerk.example.com"
}

// AccountView is a page for people who are not signed in.
type AccountView struct {
	Form       Form
	Next       string // where to go after; a path of ours
	SignupOpen bool
	Secret     string      // of a reset link
	NeedsCode  bool        // the setup page asks for the one-time code
	Clerk      *ClerkMount // nil: local accounts
}

// SettingsForms are the forms of the settings page that are shown again because
// something in them is wrong.
type SettingsForms struct {
	Profile    Form
	Password   Form
	Token      Form
	Secret     Form
	Provider   string // whose Key is shown again
	Key        Form
	Hook       Form
	HookID     flow.ID // whose HookSecret is shown again
	HookSecret Form
}

// APIDoc is the readable page of the JSON API.
type APIDoc struct {
	Title   string
	Version string
	Intro   string // plain text; blank lines separate paragraphs
	SpecURL string // where the OpenAPI document lies
	Groups  []APIGroup
}

// APIGroup is the routes about one noun.
type APIGroup struct {
	Name   string
	Text   string
	Routes []APIRoute
}

// APIRoute is one method of one path.
type APIRoute struct {
	ID        string // anchor, unique on the page
	Method    string
	Path      string
	Summary   string
	Text      string
	Scope     string // scope that a token needs; empty: none
	Params    []APIParam
	Body      string // schema of the request body as indented text; empty: none
	Responses []APIResponse
	Curl      string // an example to copy
}

// APIParam is one parameter of a route.
type APIParam struct {
	Name     string
	In       string // "path", "query" or "header"
	Type     string
	Required bool
	Text     string
}

// APIResponse is one answer of a route.
type APIResponse struct {
	Status int
	Text   string
	Body   string // schema as indented text; empty: none
}
