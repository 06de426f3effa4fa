// Package e2e proves the program's main promises from outside: its tests run the real binary as a process of its own
// against a durable PostgreSQL, Dovecot and Postfix, talk to it by mail, API and signals, and look at what arrives. It
// has no other code; a -race test run builds the binary with the race detector too.
package e2e
