// Package gallery holds the example workflows: the template gallery, the first
// workflows of a new account, and documents to try with "heddle run". Each is a
// JSON file in React Flow's form, {"name", "description", "tags", "nodes",
// "edges"}; its file name orders it and gives its slug.
package gallery

import (
	"cmp"
	"embed"
	"encoding/json"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

//go:generate go run mug.go

//go:embed *.json
var documents embed.FS

// Example is one workflow of the gallery.
type Example struct {
	Slug        string          `json:"-"` // "summarise"; stable, for URLs
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Tags        []string        `json:"tags"`
	Nodes       json.RawMessage `json:"nodes"` // a JSON array
	Edges       json.RawMessage `json:"edges"` // a JSON array
}

// First is how many of the examples, from the front, a new account starts with.
const First = 3

// All returns the examples in the order people should see them. The caller may
// change what it gets.
func All() []Example {
	entries, err := documents.ReadDir(".")
	if err != nil {
		panic("gallery: " + err.Error()) // the files are part of the program
	}
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(place(a.Name()), place(b.Name())) })
	all := make([]Example, 0, len(entries))
	for _, e := range entries {
		all = append(all, read(e.Name()))
	}
	return all
}

// place is the number that a file's name begins with.
func place(file string) int {
	number, _, _ := strings.Cut(file, "_")
	n, err := strconv.Atoi(number)
	if err != nil {
		panic("gallery: " + file + " does not begin with a number")
	}
	return n
}

func read(file string) Example {
	raw, err := documents.ReadFile(file)
	if err != nil {
		panic("gallery: " + err.Error())
	}
	var e Example
	if err := json.Unmarshal(raw, &e); err != nil {
		panic("gallery: " + file + ": " + err.Error())
	}
	_, slug, _ := strings.Cut(strings.TrimSuffix(file, ".json"), "_")
	e.Slug = slug
	return e
}
