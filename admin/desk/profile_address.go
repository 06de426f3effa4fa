package desk

import (
	"postdesk/admin/web"
)

func addAddress(v *visit) error {
	form, err := web.ReadForm(v.r, "address")
	if err != nil {
		return err
	}
	added, err := v.Helpdesk.AddOwnAddress(v.r.Context(), v.actor(), form.Get("address"))
	if err != nil {
		return v.profileRefused(sectionAddresses, form, err)
	}
	return v.profileDone(sectionAddresses, v.printer.T("profile.addresses.said_add", added.Address))
}

func dropAddress(v *visit) error {
	form, err := web.ReadForm(v.r, "address")
	if err != nil {
		return err
	}
	address := form.Get("address")
	if err := v.Helpdesk.DropOwnAddress(v.r.Context(), v.actor(), address); err != nil {
		form.Del("address") // the field below is for another one
		return v.profileRefused(sectionAddresses, form, err)
	}
	return v.profileDone(sectionAddresses, v.printer.T("profile.addresses.said_drop", address))
}
