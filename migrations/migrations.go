// Package migrations holds the SQL that makes the tables: a folder for each
// database, the same names in both, an up and a down file for each name.
package migrations

import "embed"

// Files are the folders sqlite and postgres.
//
//go:embed sqlite/*.sql postgres/*.sql
var Files embed.FS
