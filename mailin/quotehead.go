package mailin

import "strings"

// headerLabels are the names in the block that Outlook and others put above a
// quoted mail; the value is what the label means.
var headerLabels = map[string]byte{
	"from": 'f', "de": 'f', "von": 'f', "da": 'f', "van": 'f', "från": 'f', "fra": 'f', "od": 'f', "от": 'f', "lähettäjä": 'f', "发件人": 'f', "差出人": 'f', "expéditeur": 'f', "remitente": 'f',
	"sent": 'd', "date": 'd', "enviado": 'd', "enviado el": 'd', "enviada": 'd', "enviada em": 'd', "enviado em": 'd', "fecha": 'd', "gesendet": 'd', "datum": 'd', "envoyé": 'd', "inviato": 'd', "data": 'd', "verzonden": 'd', "skickat": 'd', "sendt": 'd', "wysłano": 'd', "odesláno": 'd', "отправлено": 'd', "дата": 'd', "lähetetty": 'd', "发送时间": 'd', "date d'envoi": 'd', "data d'enviament": 'd', "enviat el": 'd', "enviat": 'd',
	"to": 't', "para": 't', "an": 't', "à": 't', "a": 't', "aan": 't', "till": 't', "til": 't', "do": 't', "komu": 't', "кому": 't', "vastaanottaja": 't', "收件人": 't', "per a": 't', "destinataire": 't',
	"cc": 'c', "kopie": 'c', "copia": 'c', "kopia": 'c', "kopi": 'c', "reply-to": 'c', "responder a": 'c', "importance": 'c', "importancia": 'c', "attachments": 'c', "datos adjuntos": 'c',
	"subject": 's', "asunto": 's', "betreff": 's', "objet": 's', "assunto": 's', "oggetto": 's', "onderwerp": 's', "ämne": 's', "emne": 's', "temat": 's', "předmět": 's', "тема": 's', "aihe": 's', "主题": 's', "assumpte": 's', "sujet": 's',
}

// label returns what a header line of a quoted mail names, or 0.
func label(s string) byte {
	s = strings.TrimLeft(s, "> \t*_|")
	i := strings.IndexAny(s, ":：")
	if i <= 0 || i > 24 {
		return 0
	}
	name := strings.ToLower(strings.Trim(s[:i], " *_\u00a0\t"))
	return headerLabels[name]
}

// isHeaderBlock says whether line i begins the header of a quoted mail: From
// first, and near it a date and a recipient or subject.
func isHeaderBlock(lines []textLine, i int) bool {
	first := label(lines[i].text)
	if first != 'f' && first != 's' {
		return false
	}
	var seen [256]bool
	seen[first] = true
	other := 0
	for j := i + 1; j < len(lines) && j <= i+9; j++ {
		if l := label(lines[j].text); l != 0 {
			seen[l] = true
			other = 0
		} else if other++; other > 2 {
			break
		}
	}
	n := 0
	for _, l := range "dtsf" {
		if seen[l] {
			n++
		}
	}
	return n >= 3 && seen['f'] && (seen['d'] || seen['s'])
}
