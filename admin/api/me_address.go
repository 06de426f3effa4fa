package api

import (
	"context"
	"time"

	"postdesk/core"
)

// OwnAddress is an address from which the person writes.
type OwnAddress struct {
	Address string            `json:"address"`
	State   core.AddressState `json:"state" enum:"primary,listed,confirmed,pending"`
	Expires *time.Time        `json:"expires_at,omitempty" doc:"Until when a pending one can be confirmed"`
}

type addressesOut struct {
	Body struct {
		Addresses []OwnAddress `json:"addresses"`
	}
}

// addressesGet lists them, the primary one first.
func (a *api) addressesGet(ctx context.Context, _ *struct{}) (*addressesOut, error) {
	list, err := a.Helpdesk.OwnAddresses(ctx, actor(ctx))
	out := &addressesOut{}
	out.Body.Addresses = []OwnAddress{}
	for _, x := range list {
		out.Body.Addresses = append(out.Body.Addresses, ownAddress(x))
	}
	return out, err
}

func ownAddress(x core.OwnAddress) OwnAddress {
	o := OwnAddress{Address: x.Address, State: x.State}
	if !x.Expires.IsZero() {
		o.Expires = &x.Expires
	}
	return o
}

type addressIn struct {
	Body struct {
		Address string `json:"address" maxLength:"254"`
	}
}

type addressOut struct{ Body OwnAddress }

// addressAdd mails the address; whoever answers from there confirms it.
func (a *api) addressAdd(ctx context.Context, in *addressIn) (*addressOut, error) {
	added, err := a.Helpdesk.AddOwnAddress(ctx, actor(ctx), in.Body.Address)
	if err != nil {
		return nil, err
	}
	return &addressOut{ownAddress(added)}, nil
}

type addressPath struct {
	Address string `path:"address"`
}

func (a *api) addressDrop(ctx context.Context, in *addressPath) (*struct{}, error) {
	return nil, a.Helpdesk.DropOwnAddress(ctx, actor(ctx), in.Address)
}
