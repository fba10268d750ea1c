// Package nodes holds the built-in node kinds, one file each, and the list [All]
// from which the registry, the palette and the inspector are made. A kind adds
// its file, one line in All, and at least one case under testdata.
package nodes
