// Package gemini answers through Google's Gemini API.
package gemini
