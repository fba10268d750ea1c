// Package egress is the only package that dials out. It refuses to reach the
// machine itself, its private network and a cloud's metadata service, whatever
// name or redirect leads there, unless the operator lists the address.
package egress
