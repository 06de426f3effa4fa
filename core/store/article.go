package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// ArticleScope is in which services a person reads and manages articles of a kind, for filtering in the database.
type ArticleScope struct {
	ForRequesters, ForTeam, Manage []core.ServiceID
}

// ArticleFilter narrows a list of articles.
type ArticleFilter struct {
	Kind     core.ArticleKind
	Services []core.ServiceID // nil = all
	Language core.Language    // "" = all
	Query    string
	Expired  bool  // with expired news, where the person manages it
	After    int64 // the last Place of the page before; 0 at first
	Limit    int
	Now      time.Time
}

const articleColumns = `a.id, a.place, a.kind, a.service_id, a.title, a.text, a.language, a.for_requesters, a.pinned, a.expires_at,
	coalesce(a.author_id, 0), coalesce(p.email, ''), coalesce(p.name, ''), a.version, a.created_at, a.updated_at, a.mail_at
	from article a left join person p on p.id = a.author_id`

func scanArticle(row pgx.CollectableRow) (*core.Article, error) {
	a, author := &core.Article{}, &core.Person{}
	var expires, mail *time.Time
	err := row.Scan(&a.ID, &a.Place, &a.Kind, &a.Service, &a.Title, &a.Text, &a.Language, &a.ForRequesters, &a.Pinned, &expires,
		&author.ID, &author.Email, &author.Name, &a.Version, &a.CreatedAt, &a.UpdatedAt, &mail)
	if author.ID != 0 {
		a.Author = author
	}
	a.CreatedAt, a.UpdatedAt = a.CreatedAt.UTC(), a.UpdatedAt.UTC()
	if expires != nil {
		a.Expires = expires.UTC()
	}
	if mail != nil {
		a.MailAt = mail.UTC()
	}
	return a, err
}

// Articles lists what the person may see, pinned news first, then the newest.
func (r reads) Articles(ctx context.Context, s ArticleScope, f ArticleFilter) ([]*core.Article, error) {
	c := &conditions{}
	c.and("a.kind = " + c.arg(f.Kind))
	c.and("(a.for_requesters and a.service_id = any (" + c.arg(s.ForRequesters) + ") or not a.for_requesters and a.service_id = any (" + c.arg(s.ForTeam) + "))")
	current := "(a.expires_at is null or a.expires_at > " + c.arg(f.Now)
	if f.Expired {
		current += " or a.service_id = any (" + c.arg(s.Manage) + ")"
	}
	c.and(current + ")")
	if f.Services != nil {
		c.and("a.service_id = any (" + c.arg(f.Services) + ")")
	}
	if f.Language != "" {
		c.and("a.language = " + c.arg(f.Language))
	}
	if f.Query != "" {
		query, err := r.SearchQuery(ctx, f.Query)
		if err != nil {
			return nil, err
		}
		if query == "" {
			return nil, nil
		}
		c.and("a.words @@ " + c.arg(query) + "::tsquery")
	}
	if f.After != 0 {
		c.and("a.place < " + c.arg(f.After))
	}
	rows, err := r.db.Query(ctx, "select "+articleColumns+" where "+c.where()+" order by a.place desc limit "+c.arg(f.Limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("articles: %w", err)
	}
	return pgx.CollectRows(rows, scanArticle)
}

// ArticlesByID finds articles of any kind.
func (r reads) ArticlesByID(ctx context.Context, ids []string) (map[string]*core.Article, error) {
	rows, err := r.db.Query(ctx, "select "+articleColumns+" where a.id = any ($1::uuid[])", ids)
	if err != nil {
		return nil, fmt.Errorf("articles: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanArticle)
	found := make(map[string]*core.Article, len(list))
	for _, a := range list {
		found[a.ID] = a
	}
	return found, err
}

// Article reads one; NotFound where there is none of that kind.
func (r reads) Article(ctx context.Context, kind core.ArticleKind, id string) (*core.Article, error) {
	return r.article(ctx, kind, id, "")
}

// LockArticle reads one that is about to change.
func (tx *Tx) LockArticle(ctx context.Context, kind core.ArticleKind, id string) (*core.Article, error) {
	return tx.article(ctx, kind, id, " for update of a")
}

func (r reads) article(ctx context.Context, kind core.ArticleKind, id, lock string) (*core.Article, error) {
	if uuid.Validate(id) != nil {
		return nil, core.Refuse(core.NotFound, "error.not_found")
	}
	rows, err := r.db.Query(ctx, "select "+articleColumns+" where a.id = $1 and a.kind = $2"+lock, id, kind)
	if err != nil {
		return nil, fmt.Errorf("article: %w", err)
	}
	a, err := pgx.CollectExactlyOneRow(rows, scanArticle)
	return a, notFound(err)
}

// AddArticle keeps a new one; by is who asked to mail it, where it is to be.
func (tx *Tx) AddArticle(a *core.Article, by core.PersonID) {
	tx.write(`insert into article (id, kind, service_id, title, text, language, for_requesters, pinned, expires_at, author_id, version, created_at, updated_at, mail_at, mail_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, case when $14::timestamptz is not null then $15::bigint end)`,
		a.ID, a.Kind, a.Service, a.Title, a.Text, a.Language, a.ForRequesters, a.Pinned, nullTime(a.Expires), a.Author.ID, a.Version, a.CreatedAt, a.UpdatedAt,
		nullTime(a.MailAt), by)
}

// SaveArticle writes what changed of a locked one.
func (tx *Tx) SaveArticle(a *core.Article, by core.PersonID) {
	tx.write(`update article set service_id = $2, title = $3, text = $4, language = $5, for_requesters = $6, pinned = $7, expires_at = $8, version = $9, updated_at = $10,
		mail_by = case when mail_at is null and $11::timestamptz is not null then $12::bigint else mail_by end, mail_at = $11 where id = $1`,
		a.ID, a.Service, a.Title, a.Text, a.Language, a.ForRequesters, a.Pinned, nullTime(a.Expires), a.Version, a.UpdatedAt, nullTime(a.MailAt), by)
}

// DeleteArticle removes one. Mails of it that wait are cancelled when they would leave.
func (tx *Tx) DeleteArticle(id string) { tx.write("delete from article where id = $1", id) }

// NewsMailing is news on its way to its readers.
type NewsMailing struct {
	*core.Article
	By    core.PersonID // who asked for it
	After core.PersonID // who was looked at last
}

// NextNews takes news that is being mailed, the oldest first; no other transaction gets it until this one ends. nil = there
// is none, or others have all.
func (tx *Tx) NextNews(ctx context.Context) (*NewsMailing, error) {
	var m NewsMailing
	var id string
	err := tx.db.QueryRow(ctx, `select id, coalesce(mail_by, 0), mailed_to from article where mail_at is not null and mailed_at is null
		order by mail_at, id limit 1 for update skip locked`).Scan(&id, &m.By, &m.After)
	if core.CodeOf(notFound(err)) == core.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("next news: %w", err)
	}
	m.Article, err = tx.Article(ctx, core.News, id)
	return &m, err
}

// NewsUpTo notes how far the mailing went, and with done that it is finished.
func (tx *Tx) NewsUpTo(id string, last core.PersonID, done bool, now time.Time) {
	tx.write("update article set mailed_to = $2, mailed_at = case when $3::boolean then $4::timestamptz end where id = $1", id, last, done, now)
}

// NewsWaiting counts the mails of news that could leave now, up to the limit.
func (r reads) NewsWaiting(ctx context.Context, limit int, now time.Time) (n int, err error) {
	err = r.db.QueryRow(ctx, `select count(*) from (select from outbox where event = 'news' and state in ('queued', 'sending') and not bundled and not limited
		and next_at <= $2 limit $1) waiting`, limit, now).Scan(&n)
	return n, err
}

// PeopleAfter walks over those who are entered and enabled, in the order of their ids.
func (r reads) PeopleAfter(ctx context.Context, after core.PersonID, limit int) ([]*core.Person, error) {
	rows, err := r.db.Query(ctx, "select "+personColumns+" from person p where p.id > $1 and p.disabled_at is null and p.origin = 'configured' order by p.id limit $2", after, limit)
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	return pgx.CollectRows(rows, scanPerson)
}
