// Package vault seals small secrets for the database: each under a data key of its
// own, which is sealed under the master key. Who has the database without the master
// key has nothing; who has the master key can be changed without touching the secrets
// themselves.
package vault
