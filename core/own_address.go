package core

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
)

// OwnAddress is an address from which a person writes.
type OwnAddress struct {
	Address string
	State   AddressState
	Expires time.Time // of AddressPending: until when it can be confirmed
}

// AddressState says how an address came to be somebody's.
type AddressState string

// The states. What the operator lists and the primary address are changed by the operator alone.
const (
	AddressPrimary   AddressState = "primary"
	AddressListed    AddressState = "listed"    // among the addresses of the desk file
	AddressConfirmed AddressState = "confirmed" // somebody answered from there
	AddressPending   AddressState = "pending"   // the answer is awaited
)

// maxOwnAddresses bounds how many addresses somebody has added or is adding.
const maxOwnAddresses = 5

// CheckOwnAddress tells whether somebody who has these addresses may add another one (folded). Whether somebody else has
// it is not told here, nor anywhere: that shows when it is confirmed.
func (d *Directory) CheckOwnAddress(address string, have []OwnAddress) error {
	a, err := mail.ParseAddress(address)
	if err != nil || a.Name != "" || a.Address != address || len(address) > 254 ||
		strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsSpace(r) || r == '"' }) {
		return BadInput("address", "error.address.malformed")
	}
	if d.Leads(address) {
		return BadInput("address", "error.address.desk", d.Desk.Name)
	}
	added := 0
	for _, x := range have {
		switch {
		case x.Address == address && x.State != AddressPending:
			return Refuse(Conflict, "error.address.own", address)
		case x.Address != address && (x.State == AddressPending || x.State == AddressConfirmed):
			added++
		}
	}
	if added >= maxOwnAddresses {
		return Refuse(Conflict, "error.address.many", maxOwnAddresses)
	}
	return nil
}

// TokenMailbox is the mailbox to which an answer by a reply address can come: the service's, else the first that can
// carry one; nil where none can.
func (d *Directory) TokenMailbox(id ServiceID) *Mailbox {
	if m := d.MailboxOf(id); m != nil && m.CarriesTokens() {
		return m
	}
	var ids []MailboxID
	for id, m := range d.Mailboxes {
		if m.CarriesTokens() {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return d.Mailboxes[slices.Min(ids)]
}
