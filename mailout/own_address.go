package mailout

// Claimant is who wants to add an address, with the address by which they are known.
func (m *told) Claimant() string {
	if m.Actor == nil {
		return m.Desk
	}
	if m.Actor.Name == "" {
		return cleanText(m.Actor.Email)
	}
	return cleanText(m.Actor.Name + " (" + m.Actor.Email + ")")
}

// Added is the address that became its recipient's own.
func (m *told) Added() string { return cleanText(m.NewAddress) }
