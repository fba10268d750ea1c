//go:build browser

package browser_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// TestWebhooks makes an unsigned webhook under Settings, sends a message to it, sees the
// run, and switches the webhook off.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := newArrangeSite(t, theme)
			p.open("/settings")
			p.wait("no webhook yet", `document.body.innerText.includes("There is no webhook yet")`)
			p.typed("#hook-f-name", "new order")
			p.typed("#hook-f-secret", "short")
			p.click(`form[aria-label="Make a webhook"] button[type=submit]`)
			p.wait("it says what is wrong", `!!document.querySelector('form[aria-label="Make a webhook"] .err')`)
			p.shot("webhook-mistake")
			eval[any](p, `(() => { document.getElementById("hook-kind").value = "unsigned"; document.getElementById("hook-f-secret").value = "" })()`)
			p.click(`form[aria-label="Make a webhook"] button[type=submit]`)
			p.wait("its address is shown", `!!document.getElementById("new-hook-address")`)
			p.wait("nothing is under way", `!document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")`)
			eval[any](p, `document.getElementById("webhooks").scrollIntoView()`)
			p.shot("webhook-made")
			address := eval[string](p, `document.getElementById("new-hook-address").textContent`)
			if !strings.HasPrefix(address, p.url+"/hooks/hook_") {
				t.Fatalf("address %q", address)
			}
			send := func(status int) {
				t.Helper()
				res, err := http.Post(address, "application/json", bytes.NewReader([]byte(`{"order":7}`)))
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				if res.StatusCode != status {
					t.Errorf("%d, want %d", res.StatusCode, status)
				}
			}
			send(http.StatusAccepted)
			p.open("/runs?source=webhook")
			p.wait("the run is there", `document.querySelectorAll("table tbody tr").length === 1 && document.body.innerText.includes("Webhook")`)
			p.open("/settings")
			p.wait("the secret is nowhere", `!document.documentElement.outerHTML.includes("`+address[strings.LastIndex(address, "/")+1:]+`")`)
			p.click(`summary[aria-label="Change new order"]`)
			p.visible(`button[value="off"]`)
			eval[any](p, `document.querySelector('summary[aria-label="Change new order"]').scrollIntoView({ block: "center" })`)
			p.shot("webhook-menu")
			p.click(`button[value="off"]`)
			p.wait("it is off", `[...document.querySelectorAll("section[aria-labelledby=webhooks] tr")].some((r) => r.innerText.includes("new order") && r.innerText.includes("Off"))`)
			send(http.StatusForbidden)
			p.open("/settings")
			p.wait("it says why", `document.body.innerText.includes("the webhook is switched off")`)
			eval[any](p, `document.getElementById("webhooks").scrollIntoView()`)
			p.shot("webhook-off")
		})
	}
}
