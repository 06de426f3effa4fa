package mailin

import (
	"slices"
	"strings"
	"unicode"

	"postdesk/core"
)

// Command is a line at the top of a mail that does something with its ticket (mail.md 5).
type Command struct {
	Name     string // the English one
	Argument string // as written
}

// orders is what stands in the new text of a mail: the commands of its first lines, and the text below them.
type orders struct {
	commands []Command
	text     string
	// unknown is a word among those lines that is no command, and near are commands that look like it. Then the mail orders
	// nothing and all of it is text.
	unknown string
	near    []string
}

// commandWords are the words of both languages for each command, English first; without accents.
var commandWords = [][2]string{
	{"take", "tomar"}, {"assign", "asignar"}, {"group", "grupo"}, {"return", "devolver"}, {"status", "estado"},
	{"waiting", "esperar"}, {"resolve", "resolver"}, {"close", "cerrar"}, {"reopen", "reabrir"}, {"priority", "prioridad"},
	{"category", "categoria"}, {"move", "mover"}, {"note", "nota"}, {"public", "publica"}, {"participant", "participante"},
	{"follow", "seguidor"}, {"ask", "pedir"}, {"approve", "aprobar"}, {"reject", "rechazar"}, {"merge", "unir"},
	{"template", "plantilla"}, {"help", "ayuda"},
}

// commandOf finds the English name of a word; "" = no command.
func commandOf(word string) string {
	word = core.FoldWords(word)
	for _, words := range commandWords {
		if word == words[0] || word == words[1] {
			return words[0]
		}
	}
	return ""
}

// readOrders reads the commands off the first lines of what somebody newly wrote. They end at the first line that is no
// command; empty lines are passed over. What is quoted begins with > and so is text.
func readOrders(visible string) orders {
	var o orders
	rest := visible
	for rest != "" {
		line, below, _ := strings.Cut(rest, "\n")
		line = trimLine(line)
		if line == "" { // also between commands: paragraphs of HTML have empty lines between them
			rest = below
			continue
		}
		word, argument, ok := commandLine(line)
		if !ok {
			break
		}
		rest = below
		if name := commandOf(word); name != "" {
			if len(o.commands) > maxCommands { // one more than are done is kept, to say so
				continue
			}
			o.commands = append(o.commands, Command{Name: name, Argument: maskAddresses(argument)})
		} else if o.unknown == "" {
			o.unknown, o.near = word, nearest(word)
		}
	}
	o.text = strings.TrimSpace(rest)
	if o.unknown != "" {
		o.commands, o.text = nil, strings.TrimSpace(visible)
	}
	return o
}

// maxCommands is how many commands of one mail are carried out.
const maxCommands = 30

// trimLine takes off the spaces around a line, those included that cannot be seen.
func trimLine(line string) string {
	return strings.TrimFunc(line, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
}

// maxWord is how many characters a word behind # may have to be taken for one that was meant as a command.
const maxWord = 40

// commandLine takes a line apart that begins with # and a word of letters: #12 and "# heading" are text, and so is #a1.
func commandLine(line string) (word, argument string, ok bool) {
	rest, ok := strings.CutPrefix(line, "#")
	if !ok {
		return "", "", false
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) })
	if end < 0 {
		end = len(rest)
	}
	word, argument = rest[:end], rest[end:]
	switch {
	case word == "" || len([]rune(word)) > maxWord:
		return "", "", false
	case argument == "" || strings.ContainsRune(":.,;!", rune(argument[0])): // "#take." is meant as #take
		argument = strings.TrimLeft(argument, ":.,;!")
	case !unicode.IsSpace([]rune(argument)[0]):
		return "", "", false
	}
	return word, trimLine(argument), true
}

// nearest are the commands that look like a word: up to three, the nearest first.
func nearest(word string) []string {
	type candidate struct {
		word     string
		distance int
	}
	word = core.FoldWords(word)
	var found []candidate
	for _, words := range commandWords {
		for _, w := range words {
			d := core.EditDistance(word, w)
			if d <= max(1, max(len(w), len(word))/3) || len(word) >= 3 && strings.HasPrefix(w, word) {
				found = append(found, candidate{w, d})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return a.distance - b.distance })
	var near []string
	for _, c := range found[:min(len(found), 3)] {
		near = append(near, c.word)
	}
	return near
}
