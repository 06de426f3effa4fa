package core

import (
	"cmp"
	"slices"
	"strings"
)

// maxTitles is how many titles a refusal names, and offeredTitles how many where none was asked for.
const (
	maxTitles     = 3
	offeredTitles = 10
)

// TemplateCalled finds the template that somebody means by its title, without regard to case and accents: a whole title
// counts before the beginning of one, and then the language, and then the service in the order given. A beginning has to fit
// one title only. The refusal names the titles that are nearest, without a name those that fit the ticket best.
func TemplateCalled(list []*Template, name string, language Language, services []ServiceID) (*Template, error) {
	if len(list) == 0 {
		return nil, Refuse(Conflict, "error.template.none")
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b *Template) int {
		return cmp.Or(compareBool(b.Language == language, a.Language == language),
			cmp.Compare(slices.Index(services, a.Service), slices.Index(services, b.Service)))
	})
	want := FoldWords(strings.Trim(name, "\"'“”«». \t"))
	if want == "" {
		return nil, BadInput("template", "error.template.which", named(titlesOf(list), offeredTitles))
	}
	for _, t := range list {
		if FoldWords(t.Title) == want {
			return t, nil
		}
	}
	for _, mine := range []bool{true, false} {
		var found []*Template
		for _, t := range list {
			if (t.Language == language) == mine && strings.HasPrefix(FoldWords(t.Title), want) {
				found = append(found, t)
			}
		}
		titles := titlesOf(found)
		switch {
		case len(titles) == 1:
			return found[0], nil
		case len(titles) > 1:
			return nil, BadInput("template", "error.template.ambiguous", name, named(titles, maxTitles))
		}
	}
	distance := func(title string) int {
		title = FoldWords(title)
		if strings.Contains(" "+title, " "+want) {
			return 0
		}
		return EditDistance(title, clipRunes(want, maxTemplateTitle))
	}
	titles := titlesOf(list)
	far := make(map[string]int, len(titles))
	for _, t := range titles {
		far[t] = distance(t)
	}
	slices.SortStableFunc(titles, func(a, b string) int { return far[a] - far[b] })
	return nil, BadInput("template", "error.template.unknown", name, named(titles, maxTitles))
}

// titlesOf lists the titles, each once however it is written.
func titlesOf(list []*Template) (titles []string) {
	for _, t := range list {
		if !slices.ContainsFunc(titles, func(s string) bool { return FoldWords(s) == FoldWords(t.Title) }) {
			titles = append(titles, t.Title)
		}
	}
	return titles
}

func named(titles []string, most int) string {
	return "“" + strings.Join(titles[:min(len(titles), most)], "”, “") + "”"
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func clipRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
