package main

import (
	"net/http"

	"heddle/internal/identity"
)

// wireIdentity makes the accounts: local ones, or Clerk's.
func (a *app) wireIdentity(client *http.Client) error {
	conf := identity.Config{Accounts: a.store, SignupOpen: a.conf.Signup == "open", Audit: a.store, Logger: a.log}
	if a.conf.AuthProvider == "clerk" {
		conf.Clerk = &identity.ClerkConfig{
			SecretKey: a.conf.ClerkSecretKey.Reveal(), PublishableKey: a.conf.ClerkPublishableKey,
			WebhookSecret: a.conf.ClerkWebhookSecret.Reveal(), APIURL: a.conf.ClerkAPIURL,
			Origins: []string{a.conf.BaseURL}, HTTP: client,
		}
	} else if a.conf.public() {
		a.setup = setupCode()
		conf.SetupCode = a.setup
	}
	var err error
	a.identity, err = identity.New(conf)
	return err
}
