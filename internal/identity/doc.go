// Package identity says who acts: local accounts with passwords, browser
// sessions, personal API tokens and Clerk. Each of them ends in a [flow.Actor].
// Passwords and secrets never appear in its errors or logs; only their hashes
// are stored.
package identity
