package views

import (
	"slices"
	"strings"

	"heddle/internal/flow"
	"heddle/views/ui"
)

// offered returns the providers in the order the inspector offers them: what can
// be used first, and what uses no AI after what does.
func offered(list []flow.ProviderStatus) []flow.ProviderStatus {
	out := slices.Clone(list)
	rank := func(p flow.ProviderStatus) int {
		switch {
		case p.Usable() && !p.NoAI:
			return 0
		case p.Usable():
			return 1
		}
		return 2
	}
	slices.SortStableFunc(out, func(a, b flow.ProviderStatus) int { return rank(a) - rank(b) })
	return out
}

// chosenProvider returns the provider with the id, or for "" the one that the
// server takes; nil when the id is not known here.
func chosenProvider(offered []flow.ProviderStatus, id string) *flow.ProviderStatus {
	for i, p := range offered {
		if p.ID == id || (id == "" && p.Configured) {
			return &offered[i]
		}
	}
	return nil
}

func providerWords(p flow.ProviderStatus) string {
	switch {
	case !p.Usable():
		return p.Name + " (set " + p.Setting + ")"
	case p.NoAI && !strings.Contains(p.Name, "no AI"):
		return p.Name + " (no AI)"
	}
	return p.Name
}

// automatic names what an empty provider stands for.
func (f fieldView) automatic() string {
	if p := chosenProvider(f.Providers, ""); p != nil {
		return "Automatic: " + p.Name
	}
	return "Automatic"
}

func (f fieldView) unknownProvider() bool {
	return f.Value != "" && !slices.ContainsFunc(f.Providers, func(p flow.ProviderStatus) bool { return p.ID == f.Value })
}

func (f fieldView) modelPlaceholder() string {
	if f.Provider != nil && f.Provider.Default != "" {
		return f.Provider.Default
	}
	return f.Placeholder
}

func (f fieldView) models() []flow.ModelInfo {
	if f.Provider == nil {
		return nil
	}
	return f.Provider.Models
}

func ready(list []flow.ProviderStatus) []flow.ProviderStatus {
	return slices.DeleteFunc(slices.Clone(list), func(p flow.ProviderStatus) bool { return !p.Usable() })
}

func notReady(list []flow.ProviderStatus) []flow.ProviderStatus {
	return slices.DeleteFunc(slices.Clone(list), func(p flow.ProviderStatus) bool { return p.Usable() })
}

func providerTitle(p flow.ProviderStatus) string {
	if !p.Usable() {
		return p.Name + ", not set up: set " + p.Setting + " on the server"
	}
	return p.Name
}

// modelsOf returns what the picker offers of a provider: its known models, else its default.
func modelsOf(p flow.ProviderStatus) []flow.ModelInfo {
	if len(p.Models) > 0 {
		return p.Models
	}
	return []flow.ModelInfo{{Name: p.Default}}
}

// modelSearch is what the picker's search looks through.
func modelSearch(p flow.ProviderStatus, m flow.ModelInfo) string {
	words := p.ID + " " + p.Name + " " + m.Name
	if m.Vision {
		words += " vision"
	}
	return strings.ToLower(words)
}

// shortPrice is the price of a model as a column: in and out per million tokens.
func shortPrice(p flow.ProviderStatus, m flow.ModelInfo) string {
	switch {
	case p.NoAI:
		return "free"
	case m.InPerM+m.OutPerM == 0:
		return "price unknown"
	}
	return ui.Price(m.InPerM) + " / " + ui.Price(m.OutPerM)
}

// modelPrice says what the chosen model costs, or that nobody here knows.
func (f fieldView) modelPrice() string {
	name := f.Value
	if name == "" && f.Provider != nil {
		name = f.Provider.Default
	}
	for _, m := range f.models() {
		if m.Name == name && m.InPerM+m.OutPerM > 0 {
			return priceWords(m)
		}
	}
	switch {
	case f.Provider != nil && f.Provider.NoAI:
		return "Free: no AI model is used."
	case name == "":
		return ""
	}
	return "Price unknown: " + name + " is not in the price list."
}

func priceWords(m flow.ModelInfo) string {
	sees := ""
	if m.Vision {
		sees = ", can see"
	}
	if m.InPerM+m.OutPerM == 0 {
		return m.Name + sees
	}
	return "Price " + ui.Price(m.InPerM) + " / " + ui.Price(m.OutPerM) + " per million tokens" + sees
}
