// Package views is what people see: one component per page and per region that
// is swapped by itself. A page function takes what a use case returned and gives
// the page's head and its content; [Layout] puts the shell around them and
// [Part] answers an htmx swap. Nothing here reads a request or a database.
package views
