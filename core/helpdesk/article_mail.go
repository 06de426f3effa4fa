package helpdesk

import (
	"context"

	"postdesk/core"
	"postdesk/core/store"
)

const (
	// newsStep is for how many people a transaction queues news.
	newsStep = 200
	// newsBacklog is how many mails of news may wait to leave: more would keep all other mail waiting behind them.
	newsBacklog = 500
)

// MailNews queues the mails of news that is to be mailed (E15): to everybody who is entered and may read it, but for whoever
// asked. It goes in steps, and how far it went is kept with what each step queued: restarts and several daemons mail
// nobody twice and forget nobody. Where many mails wait to leave it stops; the next run goes on.
func (h *Helpdesk) MailNews(ctx context.Context) error {
	for {
		more, err := h.mailNewsStep(ctx)
		if err != nil || !more {
			return err
		}
	}
}

func (h *Helpdesk) mailNewsStep(ctx context.Context) (more bool, err error) {
	err = h.Do(ctx, core.Actor{}, func(a *Act) error {
		more = false
		waiting, err := a.tx.NewsWaiting(ctx, newsBacklog, a.now)
		if err != nil || waiting >= newsBacklog {
			return err
		}
		news, err := a.tx.NextNews(ctx)
		if err != nil || news == nil {
			return err
		}
		box := a.dir.MailboxOf(news.Service)
		if box == nil { // there was one when it was asked for; the news waits for the next
			return nil
		}
		more = true
		s := a.dir.Services[news.Service]
		if s.Archived || news.Expired(a.now) {
			a.tx.NewsUpTo(news.ID, news.After, true, a.now)
			return nil
		}
		people, err := a.tx.PeopleAfter(ctx, news.After, newsStep)
		if err != nil {
			return err
		}
		last := news.After
		for _, p := range people {
			last = p.ID
			if err := a.tellNews(news, p, box); err != nil {
				return err
			}
		}
		a.tx.NewsUpTo(news.ID, last, len(people) < newsStep, a.now)
		return nil
	})
	return more, err
}

// tellNews queues the mail to one person, if they may read the news and want to hear of it.
func (a *Act) tellNews(news *store.NewsMailing, p *core.Person, box *core.Mailbox) error {
	const reason = "news"
	if p.ID == news.By || !a.dir.Shows(news.Article, p, a.now) || !a.dir.Wants(p, news.Service, reason, core.NoticesOf(core.EventNews)[0].Switch) { // E3, E4
		return nil
	}
	o := a.notice(p, box, core.EventNews, reason)
	o.Language = p.Language.Or(a.dir.Services[news.Service].Language).Or(o.Language)
	o.Role = core.News.ReaderRole(a.dir.RolesIn(p, news.Service), news.ForRequesters)
	view := a.dir.ViewOfArticle(news.Article, p)
	o.Content.News, o.Content.Ticket.Service = &view, view.Service
	t := core.ReplyToken{Token: newReplyToken(), Purpose: core.PurposeReply, Expires: a.now.Add(tokenLife)} // proves who answers stop
	if address := replyAddress(a.h.store.Secrets(), box, t.Purpose, t.Token); address != box.Address {
		o.Content.ReplyAddress, o.Tokens = address, []core.ReplyToken{t}
	}
	return a.tx.QueueMail(o)
}

// withholdNews says why the recipient is not to get the news any more; "" = they are.
func (o outlook) withholdNews(l *store.Leased) string {
	if news := o.news[l.Content.News.ID]; news == nil || news.Expired(o.now) || !o.dir.Shows(news, l.Person, o.now) {
		return "the news is gone, or not for the person any more"
	}
	return ""
}
