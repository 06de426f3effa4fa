package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"postdesk/core"
	"postdesk/mailin"
	"postdesk/mailout"
)

// lookEvery is how long one look into the mailbox waits for new mail.
const lookEvery = 2 * time.Second

// probed says whether the border was probed with the present settings, where no probe is sent now.
func (d *mailboxDoctor) probed(ctx context.Context) {
	digest, err := d.store.Probed(ctx, d.box.ID)
	next := "run `postdesk doctor --mailbox " + d.box.Address + " --send`: it sends one mail from the mailbox to itself"
	switch {
	case err != nil:
		d.line("probe", core.HealthWrong, oneLine(err), "")
	case digest == nil:
		d.line("probe", core.HealthWarning, "not sent: whether reply addresses work and what the border says of senders was never looked at", next)
	case !bytes.Equal(digest, d.trust.TrustDigest()):
		d.line("probe", core.HealthWarning, "not sent: the trust settings are others than at the last probe", next)
	default:
		d.line("probe", core.HealthOK, "not sent; the last one was made with the present trust settings", "")
	}
}

// probe sends a mail from the mailbox to itself and explains what came of it. A running daemon knows it for the desk's own
// by its Message-ID and loop mark, and opens nothing.
func (d *mailboxDoctor) probe(ctx context.Context, imap *mailin.IMAP, smtp *mailout.Conn) {
	_, from := imap.Status()
	if from == 0 { // the server does not tell
		uids, err := imap.ListUIDs(ctx, 1)
		if err != nil {
			d.line("imap", core.HealthWrong, oneLine(err), "")
			return
		}
		from = 1
		if len(uids) > 0 {
			from = uids[len(uids)-1] + 1
		}
	}
	mark := "probe-" + strings.ToLower(rand.Text()[:10])
	domain := core.DomainOf(d.box.Address)
	loop, err := d.store.Installation(ctx)
	if err != nil {
		d.line("probe", core.HealthWrong, oneLine(err), "")
		return
	}
	p := mailout.Probe{MessageID: core.MessageID(uuid.NewString(), domain), From: d.box.Address, To: d.to(mark), Mark: mark,
		Forge: d.forge(), Domain: domain, Loop: loop, Date: time.Now()}
	if !d.submit(ctx, smtp, p) {
		return
	}
	raw, noticed := d.await(ctx, imap, from, p)
	if raw == nil {
		d.line("probe", core.HealthWrong, fmt.Sprintf("taken by the submission server, but not in folder %s after %s", d.box.IMAP.Folder, d.cmd.Wait),
			"look for "+p.MessageID+" in the server's log, for a bounce, and whether mail to "+p.To+" goes to another folder")
		return
	}
	if p.To != d.box.Address {
		d.line("reply addresses", core.HealthOK, "mail to "+p.To+" reaches the mailbox", "")
	}
	if noticed {
		d.line("idle", core.HealthOK, "the server announced the mail", "")
	} else {
		d.line("idle", core.HealthWarning, "the server did not announce the mail; it was found by asking", "")
	}
	m := mailin.Read(bytes.NewReader(raw), mailin.Options{})
	for _, x := range mailin.ExplainBorder(m, d.trust, mark, mailin.CheckOwn(ctx, raw, m, lookupTXT)) {
		d.line(x.Check, x.Health, x.Text, x.Next)
	}
	if d.wrong {
		return
	}
	if err := d.store.SaveProbe(ctx, d.box.ID, d.trust.TrustDigest(), now()); err != nil {
		d.line("probe", core.HealthWrong, oneLine(err), "")
	}
}

// to is an address like those that carry tokens, which carries none.
func (d *mailboxDoctor) to(mark string) string {
	local, domain, _ := strings.Cut(d.box.Address, "@")
	switch {
	case d.trust.PlusAddresses:
		return local + "+" + mark + "@" + domain
	case d.trust.ReplyDomain != "":
		return mark + "@" + d.trust.ReplyDomain
	}
	return d.box.Address
}

// forge names the authserv-ids in whose name the probe lies: those that are believed, else those that one would guess.
func (d *mailboxDoctor) forge() []string {
	if len(d.trust.AuthservIDs) > 0 {
		return d.trust.AuthservIDs
	}
	ids := []string{core.DomainOf(d.box.Address)}
	if _, err := netip.ParseAddr(d.box.SMTP.Host); err != nil {
		ids = append(ids, d.box.SMTP.Host)
	}
	return ids
}

func (d *mailboxDoctor) submit(ctx context.Context, smtp *mailout.Conn, p mailout.Probe) bool {
	raw, err := p.Bytes()
	if err != nil {
		d.line("probe", core.HealthWrong, oneLine(err), "")
		return false
	}
	out := smtp.Send(ctx, d.box.Address, p.To, bytes.NewReader(raw), nil)
	switch {
	case out.Class == mailout.Accepted:
		return true
	case out.Phase == mailout.PhaseRcpt && p.To != d.box.Address:
		d.line("reply addresses", core.HealthWrong, "the server refuses mail to "+p.To+": "+out.Response,
			"let it deliver such addresses (Postfix: recipient_delimiter = +), or set plus_addresses: false and a reply_domain")
	default:
		d.line("probe", core.HealthWrong, fmt.Sprintf("not taken by the submission server (%s): %s", out.Phase, oneLine(out.Err)), "")
	}
	return false
}

// await waits for the probe in the mailbox. A daemon that moves or deletes what it worked off may be faster; then the
// ledger has it.
func (d *mailboxDoctor) await(ctx context.Context, imap *mailin.IMAP, from uint32, p mailout.Probe) (raw []byte, noticed bool) {
	defer d.progress("")
	begun := time.Now()
	for time.Since(begun) < d.cmd.Wait && ctx.Err() == nil {
		d.progress(fmt.Sprintf("%s: waiting for the probe, %s of %s", d.box.Address, time.Since(begun).Round(time.Second), d.cmd.Wait))
		found, told, err := imap.Look(ctx, from, p.MessageID, min(lookEvery, d.cmd.Wait))
		if noticed = noticed || told; found != nil {
			return found, noticed
		}
		if kept := d.kept(ctx, p.MessageID, begun); kept != nil {
			return kept, noticed
		}
		if err != nil {
			d.line("imap", core.HealthWrong, oneLine(err), "")
			return nil, noticed
		}
	}
	return nil, noticed
}

// kept is the probe as the ledger has it; nil where it has it not.
func (d *mailboxDoctor) kept(ctx context.Context, messageID string, since time.Time) []byte {
	row, err := d.store.RecentInbound(ctx, d.box.ID, messageID, since.Add(-time.Minute))
	if err != nil || len(row.SHA256) != 32 {
		return nil
	}
	blob, err := d.store.OpenRaw(ctx, row)
	if err != nil {
		return nil
	}
	defer blob.Close()
	raw, err := io.ReadAll(io.LimitReader(blob, 1<<20))
	if err != nil {
		return nil
	}
	return raw
}
