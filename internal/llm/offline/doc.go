// Package offline answers without network, key or model: text with a summary made
// of the prompt's own sentences, a schema with what simple rules find in the
// prompt, pictures with facts read from their pixels. Every answer says so.
package offline
