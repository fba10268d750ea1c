// Package openai answers through OpenAI's chat completions, and through every
// server that speaks the same protocol: Groq, Ollama, vLLM, LM Studio and others.
package openai
