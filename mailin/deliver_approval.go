package mailin

import (
	"context"
	"regexp"
	"strings"

	"postdesk/core"
	"postdesk/core/helpdesk"
	"postdesk/core/store"
)

// decisionWords decide where one of them is all that stands on the first line of a mail to an approve address, without
// accents and in any case (mail.md 5).
var decisionWords = map[string]core.ApprovalState{
	"approve": core.ApprovalApproved, "approved": core.ApprovalApproved, "yes to approve": core.ApprovalApproved,
	"apruebo": core.ApprovalApproved, "aprobado": core.ApprovalApproved, "aprobar": core.ApprovalApproved,
	"reject": core.ApprovalRejected, "rejected": core.ApprovalRejected,
	"rechazo": core.ApprovalRejected, "rechazado": core.ApprovalRejected, "rechazar": core.ApprovalRejected,
}

// decisionOf reads a decision off the new text of a mail, and the words below it. Only a person decides, and no forward and
// no notice of an absence does, whatever stands in it.
func decisionOf(m *Message) (verdict core.ApprovalState, words string, ok bool) {
	line, below, _ := strings.Cut(strings.TrimSpace(m.Visible), "\n")
	verdict, ok = decisionWords[core.FoldWords(strings.TrimRight(strings.TrimPrefix(trimLine(line), "#"), ".! \t"))]
	if !ok || m.Class != ClassHuman || m.OutOfOffice() || forwardPrefix.MatchString(m.Subject) {
		return "", "", false
	}
	return verdict, withoutLines(below, func(line string) bool {
		return strings.HasPrefix(line, ">") || replyAddress.MatchString(line)
	}), true
}

// decide is what comes of a mail to the approve address of its sender: a decision, or help. It ends with one receipt,
// whatever comes of it; a forged mail gets none.
func (d *delivery) decide(ctx context.Context, c helpdesk.Candidate, token *helpdesk.Token) (store.Outcome, error) {
	verdict, words, ok := decisionOf(d.msg)
	switch {
	case d.msg.OutOfOffice() && !d.Confirmed(): // however long after our mail: whoever is away decides nothing
		return d.automatic(ctx, c, d.Sender())
	case d.evidence.fail:
		return d.holdReply(ctx, c, "decision_forged", d.evidence.why), nil
	case !ok:
		return d.undecided(ctx, c, token)
	}
	line := core.ReceiptLine{Command: string(core.ActApprove), Outcome: core.CommandDone}
	if verdict == core.ApprovalRejected {
		line.Command = string(core.ActReject)
	}
	err := d.Asked(ctx, c.Ticket, token)
	if err == nil && d.level < core.ActProven {
		line.Outcome = core.CommandConfirm
		return d.confirmFirst(ctx, c, "decision_unproven", core.Receipt{Lines: []core.ReceiptLine{line}})
	}
	if err == nil {
		err = d.Try(ctx, func() error { return d.DecideAsked(ctx, c.Ticket, token, verdict, words) })
	}
	if line, err = refusedLine(line, err); err != nil {
		return store.Outcome{}, err
	}
	receipt := core.Receipt{Lines: []core.ReceiptLine{line}}
	out := store.Outcome{State: core.InboundApplied, Reason: "decided by mail: " + string(verdict), Ticket: c.Ticket}
	note := false
	kept := helpdesk.NewRecord{Attachments: enclosed(d.msg), Mail: d.source(), Show: &note}
	switch {
	case line.Outcome == core.CommandDone && len(kept.Attachments) > 0: // they belong to the decision, though its maker may see the ticket no more
		if _, err := d.KeepText(ctx, c.Ticket, kept); err != nil {
			return store.Outcome{}, err
		}
		receipt.Text = core.TextNote
	case line.Outcome == core.CommandDone:
	case words == "" && len(kept.Attachments) == 0:
		out.State, out.Reason = core.InboundSuppressed, "decides nothing: "+line.Reason
	default:
		kept.Text, kept.Folded = words, d.folded()
		if out, receipt.Text, err = d.keep(ctx, c, kept, "decides nothing: "+line.Reason); err != nil {
			return store.Outcome{}, err
		}
	}
	return out, d.Receipt(ctx, c.Ticket, receipt)
}

// keep writes to the ticket what decides nothing, for the team. Of whoever is not proven, or sees the ticket no more, it
// is held for triage.
func (d *delivery) keep(ctx context.Context, c helpdesk.Candidate, r helpdesk.NewRecord, why string) (store.Outcome, core.TextOutcome, error) {
	if d.level < core.PersonProven {
		return d.holdReply(ctx, c, "approve_unproven", d.evidence.why), core.TextHeld, nil
	}
	if err := d.teamText(ctx, c.Ticket, &r); err != nil {
		return store.Outcome{}, "", err
	}
	err := d.Try(ctx, func() error { _, err := d.AddRecord(ctx, c.Ticket, r); return err })
	switch core.CodeOf(err) {
	case core.NotFound:
		return d.holdReply(ctx, c, "lost_sight"), core.TextHeld, nil
	case core.Forbidden: // they are on the requester's side besides
		_, err = d.KeepText(ctx, c.Ticket, r)
	}
	return store.Outcome{State: core.InboundApplied, Reason: why, Ticket: c.Ticket}, core.TextNote, err
}

// undecided keeps what else somebody wrote to their approve address with the ticket, for the team. An answer to its receipt
// decides as long as the question waits for them.
func (d *delivery) undecided(ctx context.Context, c helpdesk.Candidate, token *helpdesk.Token) (store.Outcome, error) {
	if d.level < core.PersonProven {
		return d.confirmFirst(ctx, c, "approve_unproven", core.Receipt{})
	}
	over, err := refusedLine(core.ReceiptLine{}, d.Asked(ctx, c.Ticket, token))
	if err != nil {
		return store.Outcome{}, err
	}
	receipt := core.Receipt{Undecided: over.Reason}
	if over.Reason == "" {
		receipt.Approval = token.Approval
	}
	note := false
	r := helpdesk.NewRecord{Text: d.text(), Folded: d.folded(), Show: &note, Attachments: d.attachments(), Mail: d.source()}
	out, kept, err := d.keep(ctx, c, r, "no decision")
	if err != nil {
		return store.Outcome{}, err
	}
	receipt.Text = kept
	return out, d.Receipt(ctx, c.Ticket, receipt)
}

// confirmFirst holds a mail whose sender was not proven well enough, and lets them carry it out signed in (mail.md 4).
func (d *delivery) confirmFirst(ctx context.Context, c helpdesk.Candidate, why string, r core.Receipt) (store.Outcome, error) {
	out := d.holdReply(ctx, c, why, d.evidence.why)
	path, err := d.AskConfirmation(ctx, d.Sender(), c.Ticket)
	if err != nil || path == "" {
		return out, err
	}
	r.Confirm, r.Text = path, core.TextHeld
	return out, d.Receipt(ctx, c.Ticket, r)
}

// enclosed are the files of a mail that do not merely belong to its look.
func enclosed(m *Message) []core.Attachment {
	var files []core.Attachment
	for _, a := range attachmentsOf(m) {
		if !a.Inline {
			files = append(files, a)
		}
	}
	return files
}

// approveAddress matches the addresses that decide.
var approveAddress = regexp.MustCompile(`(?i)(?:^|\+)a\.[a-z2-7]{34}@`)
