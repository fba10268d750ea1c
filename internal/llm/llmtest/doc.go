// Package llmtest holds what every model provider must do: a loopback server that
// speaks each provider's wire format, and one suite of tests that all of them pass.
package llmtest
