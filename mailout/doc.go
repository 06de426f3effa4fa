// Package mailout is in charge of the way out: it takes rows of the outbox,
// renders them for their one recipient, composes the message, hands it to the
// submission server and reports what the server said. It sends nothing that was
// not queued by an operation, and nothing twice that a server has accepted.
package mailout
