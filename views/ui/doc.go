// Package ui holds the primitives that pages are made of: buttons, fields,
// pills, icons, menus and the ways to write numbers for people.
package ui
