// Package studio holds every use case once: authorise, validate, one
// transaction, wake the watchers. Pages, API, websocket and command line all
// call these methods; the actor travels in the context.
package studio
