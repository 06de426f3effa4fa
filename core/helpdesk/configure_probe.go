package helpdesk

import (
	"bytes"
	"context"
	"fmt"

	"postdesk/core"
)

// unprobed warns of mailboxes where people are proven by what the border says, although nobody has seen what it says: a
// border that passes on foreign results lets anybody in, and one that says nothing holds every solver's mail.
func (c *configuration) unprobed(ctx context.Context) error {
	for _, e := range c.target.Mailboxes {
		m := core.Mailbox{AuthservIDs: e.Trust.AuthservIDs, Borders: e.Trust.Borders, DKIM: *e.Trust.DKIM, Policy: e.Trust.Policy}
		if e.Archived || m.Policy != core.StrictPolicy || len(m.AuthservIDs) == 0 {
			continue
		}
		probed, err := c.tx.Probed(ctx, core.MailboxID(e.ID))
		if err != nil {
			return err
		}
		if !bytes.Equal(probed, m.TrustDigest()) {
			c.Warnings = append(c.Warnings, fmt.Sprintf("mailbox %s: policy strict trusts a border that was not probed with these settings: run `postdesk doctor --mailbox %s --send`",
				e.Address, e.Address))
		}
	}
	return nil
}
