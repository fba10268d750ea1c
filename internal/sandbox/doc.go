// Package sandbox runs the JavaScript of users: QuickJS inside WebAssembly, with
// bounded memory and time. A program has no clock, no randomness, no files and no
// network; it gets JSON and gives JSON, so the same input gives the same output.
package sandbox
