package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postdesk/core"
)

// matching finds articles that are about what somebody is writing. Unlike a search, which wants all words, it takes whatever
// words of the text it knows, without the small words of both languages; each stands for its stems too, as search_words
// puts them into an article. A word counts the more, the fewer articles have it, and thrice in a title. An article that
// shares a single word of its text is no match.
const matching = `with word as (
	select lexeme as w, ts_lexize('english_stem', lexeme) as en, ts_lexize('spanish_stem', regexp_replace(lexeme, 'ion$', 'ión')) as es
	from unnest(search_words('', $1)) where positions is not null and length(lexeme) > 2
), query as (
	select w, concat_ws('|', quote_literal(w), quote_literal(en[1]), quote_literal(es[1]))::tsquery as q
	from word where en <> '{}' and es <> '{}' limit 40
), found as (
	select a.id, a.title, a.words, a.language from article a
	where a.kind = $2 and (a.for_requesters and a.service_id = any ($3) or not a.for_requesters and a.service_id = any ($4))
		and a.words @@ (select string_agg(q::text, '|')::tsquery from query)
	order by a.place desc limit 500
), hit as (
	select f.id, f.language, query.w, search_words('', f.title) @@ query.q as titled, count(*) over (partition by query.w) as often
	from found f join query on f.words @@ query.q
), best as (
	select id, sum((case when titled then 3 else 1 end) * ln(1 + (select count(*) from found)::float8 / often)) * case when language = $5 then 2 else 1 end as score
	from hit group by id, language having bool_or(titled) or count(*) > 1
	order by score desc limit $6
) select best.score, `

// ArticlesLike lists the knowledge that the person may see which fits a text best; what is in the language counts twice.
func (r reads) ArticlesLike(ctx context.Context, s ArticleScope, kind core.ArticleKind, text string, language core.Language, limit int) ([]*core.Article, error) {
	rows, err := r.db.Query(ctx, matching+articleColumns+" join best on best.id = a.id order by best.score desc, a.place desc",
		text, kind, s.ForRequesters, s.ForTeam, language, limit)
	if err != nil {
		return nil, fmt.Errorf("articles like a text: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*core.Article, error) { return scanArticle(scored{row}) })
}

// scored is a row whose first column orders it and is not read.
type scored struct{ pgx.CollectableRow }

// Scan reads what follows.
func (s scored) Scan(dest ...any) error { return s.CollectableRow.Scan(append([]any{nil}, dest...)...) }
