// Package flow is the domain: workflows, graphs, runs, events, users and values,
// with their rules. It knows no database, no HTTP and no node kind; it imports
// only the standard library. Everything above speaks in its types.
package flow
