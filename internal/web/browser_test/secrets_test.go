//go:build browser

package browser_test

import "testing"

// TestSecrets keeps a secret and a provider's key under Settings, finds the name
// offered in an HTTP step's inspector, and deletes it again.
func TestSecrets(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := newArrangeSite(t, theme)
			p.open("/settings")
			p.wait("no secret yet", `document.body.innerText.includes("There is no secret yet")`)
			p.typed("#secret-f-name", "2 bad")
			p.typed("#secret-f-value", "shop-key-1234")
			p.typed("#secret-f-hosts", "https://api.example.com/x")
			p.click(`form[aria-label="Keep a secret"] button[type=submit]`)
			p.wait("it says what is wrong", `!!document.querySelector('form[aria-label="Keep a secret"] .err')`)
			p.shot("mistake")
			eval[any](p, `(() => { for (const f of ["name", "hosts"]) document.getElementById("secret-f-" + f).value = "" })()`)
			p.typed("#secret-f-name", "SHOP_TOKEN")
			p.typed("#secret-f-value", "shop-key-1234")
			p.typed("#secret-f-hosts", "api.example.com, *.example.org")
			p.click(`form[aria-label="Keep a secret"] button[type=submit]`)
			p.wait("it is listed", `document.body.innerText.includes("SHOP_TOKEN") && document.body.innerText.includes("*.example.org")`)
			p.wait("nothing is under way", `!document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling") && document.body.innerText.includes("is kept")`)
			p.wait("its value is nowhere", `!document.documentElement.outerHTML.includes("shop-key-1234")`)
			p.click(`summary[aria-label="Add your key: OpenAI"]`)
			p.visible("#key-openai-f-value")
			p.shot("provider-key")
			p.typed("#key-openai-f-value", "sk-of-my-own")
			p.click(`form[action="/settings/providers/openai/key"] button`)
			p.wait("the provider is ready with it", `[...document.querySelectorAll("#providers ~ *, section[aria-labelledby=providers] tr")].some((r) => r.innerText.includes("OpenAI") && r.innerText.includes("Change key"))`)
			p.shot("kept")
			p.click(`summary[aria-label="Delete SHOP_TOKEN"]`)
			p.click(`form[action="/settings/secrets/SHOP_TOKEN/delete"] button`)
			p.wait("it is gone", `document.body.innerText.includes("There is no secret yet")`)
		})
	}
}
