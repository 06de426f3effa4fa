package helpdesk

import (
	"context"
	"strings"

	"postdesk/core"
)

// maxMatched is how much of a text is looked at when articles are sought that fit it, in characters.
const maxMatched = 2000

// Matching lists the knowledge that fits what somebody writes, the best first: of what the person may see, preferably in the
// language. An empty list is the usual answer.
func (h *Helpdesk) Matching(ctx context.Context, p *core.Person, text string, language core.Language, limit int) ([]core.ArticleView, error) {
	dir, err := h.Directory(ctx)
	if err != nil || strings.TrimSpace(text) == "" {
		return nil, err
	}
	text = cutRunes(strings.ReplaceAll(strings.ToValidUTF8(text, " "), "\x00", " "), maxMatched)
	articles, err := h.store.ArticlesLike(ctx, articleScope(dir, p, core.Knowledge), core.Knowledge, text, language, limit)
	if err != nil {
		return nil, err
	}
	now, views := h.now(), make([]core.ArticleView, 0, len(articles))
	for _, a := range articles {
		if dir.Shows(a, p, now) { // the one rule has the last word
			views = append(views, dir.ViewOfArticle(a, p))
		}
	}
	return views, nil
}
