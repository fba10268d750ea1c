package llm

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// Price is the list price of a model. What an account really pays may differ.
type Price struct {
	Provider string
	Model    string
	InPerM   float64 // USD per million input tokens
	OutPerM  float64 // USD per million output tokens
	Vision   bool    // reads images
	Source   string  // where the provider publishes the price
	Date     string  // when it was true, as in "2025-11"
}

// Catalog returns the well-known models with their list prices, by provider and
// then in the order of the catalog. Other models can be used too: they have no price.
func Catalog() []Price { return slices.Clone(catalog()) }

// Cost returns what u costs in USD at the list price, or nil when the price of
// the model is not known.
func Cost(provider, model string, u Usage) *float64 {
	for _, p := range catalog() {
		if p.Provider == provider && p.Model == model {
			return new((float64(u.In)*p.InPerM + float64(u.Out)*p.OutPerM) / 1e6)
		}
	}
	return nil
}

//go:embed catalog.json
var catalogJSON []byte

// catalog reads the embedded file once. A broken file is a defect of the build,
// which the tests of this package find.
var catalog = sync.OnceValue(func() []Price {
	var file map[string]struct {
		Source, Date string
		Models       []struct {
			Model   string
			In, Out float64
			Vision  bool
		}
	}
	if err := json.Unmarshal(catalogJSON, &file); err != nil {
		panic("llm: catalog.json: " + err.Error())
	}
	var all []Price
	for provider, f := range file {
		for _, m := range f.Models {
			all = append(all, Price{
				Provider: provider, Model: m.Model, InPerM: m.In, OutPerM: m.Out,
				Vision: m.Vision, Source: f.Source, Date: f.Date,
			})
		}
	}
	slices.SortStableFunc(all, func(a, b Price) int { return strings.Compare(a.Provider, b.Provider) })
	return all
})
