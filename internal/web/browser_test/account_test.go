//go:build browser

package browser_test

import (
	"strings"
	"testing"
)

// TestAccount makes a token that is bound to an address, sees it in the activity of
// the account, and sets a forgotten password by a link of the command line.
func TestAccount(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := newArrangeSite(t, theme)
			p.open("/settings")
			p.typed("#token-f-name", "from the office")
			p.typed("#token-f-sources", "the office")
			p.click(`form[aria-label="Create a token"] button[type=submit]`)
			p.wait("it says what is wrong", `document.body.innerText.includes("neither an address nor a range")`)
			p.shot("token-mistake")
			eval[any](p, `(() => { document.getElementById("token-f-sources").value = "" })()`)
			p.typed("#token-f-sources", "192.0.2.7, 10.0.0.0/8")
			p.click(`form[aria-label="Create a token"] button[type=submit]`)
			p.wait("the token is listed", `document.body.innerText.includes("from 192.0.2.7/32, 10.0.0.0/8")`)
			p.wait("nothing is under way", `!document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")`)
			p.click(`a[href="/settings/activity"]`)
			p.wait("the activity tells of it", `document.querySelector("h1").textContent === "Activity" && document.body.innerText.includes("API token created") && document.body.innerText.includes("Signed in")`)
			p.shot("activity")

			link := p.cli("", "user", "reset", "--email", email)
			if !strings.HasPrefix(link, p.url+"/reset?secret=") {
				t.Fatalf("the link is %s", link)
			}
			p.open(strings.TrimPrefix(link, p.url))
			p.visible("#f-password")
			p.shot("reset")
			p.typed("#f-password", "0123456789")
			p.click("form.account button[type=submit]")
			p.wait("an easy one is refused", `document.body.innerText.includes("too easy to guess")`)
			p.typed("#f-password", "a new and longer password")
			p.click("form.account button[type=submit]")
			p.wait("one is signed in", `location.pathname === "/workflows" && document.body.innerText.includes("Your password is changed")`)
			p.open(strings.TrimPrefix(link, p.url))
			p.typed("#f-password", "yet another long password")
			p.click("form.account button[type=submit]")
			p.wait("the link works once", `document.body.innerText.includes("not valid any more")`)
			p.shot("reset-again")
		})
	}
}
