package views

import (
	"github.com/a-h/templ"

	"heddle/internal/flow"
)

// Product is the name on every page.
const Product = "Heddle"

// Frame is the shell that a page stands in.
type Frame uint8

// The shells.
const (
	FrameApp    Frame = iota // top bar, then the content in one column
	FrameBare                // the content alone in the middle, as for sign-in
	FrameEditor              // top bar with the page's own tools, then the whole window
)

// Section is the entry of the main navigation that a page belongs to.
type Section string

// The sections.
const (
	SectionNone      Section = ""
	SectionWorkflows Section = "workflows"
	SectionRuns      Section = "runs"
	SectionSettings  Section = "settings"
)

// Page is everything around the content. A page function fills the first group;
// the web door fills the second before it calls [Layout] or [Part].
type Page struct {
	Title   string // without the product's name
	Section Section
	Frame   Frame
	Script  string           // the page's own script beside app.js, as in "editor.js"; may be empty
	Tools   templ.Component  // what FrameEditor shows in the top bar; may be nil
	Body    templ.Attributer // more attributes of <body>; may be nil
	Head    templ.Component  // more elements for <head>; may be nil

	User      *flow.User // nil: nobody is signed in
	Assets    Assets
	Flash     *Flash // nil: nothing to say
	RequestID string
}

// FullTitle returns the text of the title element.
func (p Page) FullTitle() string {
	if p.Title == "" {
		return Product
	}
	return p.Title + " · " + Product
}

// body returns the page's attributes of <body>, none included.
func (p Page) body() templ.Attributer {
	all := templ.OrderedAttributes{}
	if p.Body != nil {
		all = append(all, p.Body.Items()...)
	}
	if p.Frame == FrameEditor && p.User != nil {
		all = append(all, templ.KeyValue[string, any]{Key: "data-user", Value: string(p.User.ID)}) // whose settings the scripts use
	}
	return all
}

// Flash is one message about what was just done, shown once.
type Flash struct {
	Text string
	Undo string // path that undoes it by POST; empty: no undo
	Fail bool   // it did not work
}

// Assets maps the logical name of a bundled file, as in "app.js", to its URL
// with the content hash in it.
type Assets map[string]string

// URL returns the URL of the named file; ok is false when it was not built.
func (a Assets) URL(name string) (url string, ok bool) {
	url, ok = a[name]
	return url, ok && url != ""
}

// Built reports whether the files that every page needs are there.
func (a Assets) Built() bool {
	_, js := a.URL("app.js")
	_, css := a.URL("app.css")
	return js && css
}

// Listing is the part of a list's URL that says what it shows.
type Listing struct {
	Path   string
	Values [][2]string // in order; empty values are left out
}
