// Package mailin is the edge where mail comes in: it watches mailboxes, keeps
// the ledger of what the server lists, reads raw bytes into messages, decides
// what kind of mail each is and hands it to the operations of the desk.
package mailin
