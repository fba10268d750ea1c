// Package llm is what a model call is, whoever answers it: a [Request], a stream
// of [Part], a typed [Error]. Each provider is a package below this one; retries
// and limits live here, in one place, and never in a provider's SDK.
package llm
