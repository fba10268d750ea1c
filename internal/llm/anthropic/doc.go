// Package anthropic answers through Anthropic's Messages API.
package anthropic
