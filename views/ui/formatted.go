package ui

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"regexp"
	"strings"

	"github.com/a-h/templ"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// MaxFormatted is how many bytes of a text are shown formatted.
const MaxFormatted = 64 << 10

// Formatted shows a text that came from a model or from elsewhere as Markdown, up to
// [MaxFormatted] bytes. Two walls stand between the text and the page (trust.md, B4):
// HTML in the text is left out when it is read, and what is made of it is cleaned by
// a list of what may stay. A picture from elsewhere becomes a link, as a browser that
// fetches it would tell its address, and whatever is written in it, to strangers.
func Formatted(source string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		cut := len(source) > MaxFormatted
		source = clip(source)
		if tangled(source) {
			_, err := io.WriteString(w, "<p><em>This text is too tangled to be formatted.</em></p><pre>"+templ.EscapeString(source)+"</pre>")
			return err
		}
		var raw bytes.Buffer
		if err := markdown.Convert([]byte(source), &raw); err != nil {
			return err
		}
		if err := allowed.SanitizeReaderToWriter(&raw, w); err != nil || !cut {
			return err
		}
		_, err := io.WriteString(w, "<p><em>Only the beginning is shown formatted.</em></p>")
		return err
	})
}

// clip cuts a text to what is shown of it, at the end of a character.
func clip(s string) string {
	if len(s) > MaxFormatted {
		s = s[:MaxFormatted]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// Limits of what is formatted. Beyond them goldmark's time grows with the square of
// the length, and a table with its rows times its columns: 64 KB took up to 55 s
// (BenchmarkFormatted).
const (
	maxNested = 64     // quotes and lists that begin in one line
	maxMarks  = 3000   // marks in lines that follow each other
	maxCells  = 20_000 // of a table
)

// starts are the marks at the beginning of a line that each begin a quote or a list.
var starts = regexp.MustCompile(`^(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t]))+`)

// tangled reports whether a text would cost too much.
func tangled(source string) bool {
	marks, lines, bars := 0, 0, 0
	for line := range strings.Lines(source) {
		if strings.TrimSpace(line) == "" {
			marks, lines, bars = 0, 0, 0
			continue
		}
		head := starts.FindString(line)
		nested := strings.Count(head, ">") + strings.Count(head, " ") + strings.Count(head, "\t")
		lines++
		bars = max(bars, strings.Count(line, "|"))
		marks += strings.Count(line, "*") + strings.Count(line, "_") + strings.Count(line, "~") + strings.Count(line, "[") + strings.Count(line, "]") + strings.Count(line, "(")
		if marks > maxMarks || lines*bars > maxCells || nested > maxNested && strings.TrimSpace(head) != "" {
			return true
		}
	}
	return false
}

var markdown = goldmark.New(
	goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Strikethrough, extension.Linkify),
	goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(outsider{}, 100))),
)

var (
	ownFile = regexp.MustCompile(`^/api/files/[A-Za-z0-9_-]{1,64}$`)
	allowed = newPolicy()
)

// newPolicy is smaller than bluemonday's UGCPolicy: no id, class, style or title, as
// they would let a text pose as a part of the page.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h3", "h4", "h5", "h6", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|center|right)$`)).OnElements("th", "td")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("src").Matching(ownFile).OnElements("img")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true) // of own files; a link to elsewhere on this site is made a text by outsider
	p.RequireNoReferrerOnLinks(true)
	p.RequireNoFollowOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}

// outsider changes what was read: headings rank below those of the page, pictures from
// elsewhere become links, and links without a host become their text.
type outsider struct{}

// Transform is called by goldmark with the whole document.
func (outsider) Transform(doc *ast.Document, r text.Reader, _ parser.Context) {
	var found []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			found = append(found, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range found {
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(n.Level+2, 6)
		case *ast.Image:
			if !ownFile.Match(n.Destination) {
				toLink(n, r.Source())
			}
		case *ast.Link:
			if outside(n.Destination) == "" {
				unwrap(n)
			}
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL && outside(n.URL(r.Source())) == "" {
				n.Parent().ReplaceChild(n.Parent(), n, ast.NewString(n.Label(r.Source())))
			}
		}
	}
}

// outside returns where an address on another host leads; "" for any other address.
func outside(address []byte) string {
	u, err := url.Parse(string(address))
	switch {
	case err != nil:
		return ""
	case u.Scheme == "mailto":
		return u.Opaque
	case u.Scheme == "http" || u.Scheme == "https":
		return u.Host
	}
	return ""
}

// toLink puts a link that says what it is in the place of a picture.
func toLink(n *ast.Image, source []byte) {
	host := outside(n.Destination)
	if host == "" {
		unwrap(n)
		return
	}
	words := "Picture on " + host
	if alt := strings.TrimSpace(string(n.Text(source))); alt != "" { //nolint:staticcheck // the alternative text is what the picture holds
		words = "Picture: " + alt + " (" + host + ")"
	}
	said := ast.NewString([]byte(words))
	if _, linked := n.Parent().(*ast.Link); linked { // a link in a link is none
		n.Parent().ReplaceChild(n.Parent(), n, said)
		return
	}
	l := ast.NewLink()
	l.Destination = n.Destination
	l.AppendChild(l, said)
	n.Parent().ReplaceChild(n.Parent(), n, l)
}

// unwrap puts what a node holds in its place.
func unwrap(n ast.Node) {
	parent := n.Parent()
	for c := n.FirstChild(); c != nil; {
		next := c.NextSibling()
		parent.InsertBefore(parent, n, c)
		c = next
	}
	parent.RemoveChild(parent, n)
}
