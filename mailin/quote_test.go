package mailin

import "testing"

// TestCutText covers the markers that the fixtures of whole mails do not.
func TestCutText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, visible, quoted, signature string }{
		{"no quote", "Hello\n\nAna", "Hello\n\nAna", "", ""},
		{"empty", "", "", "", ""},
		{"german", "Danke\n\nAm 02.03.26 um 09:58 schrieb IT:\n> Hallo", "Danke", "Am 02.03.26 um 09:58 schrieb IT:\n> Hallo", ""},
		{"german outlook", "Danke\n\nVon: IT <it@city.test>\nGesendet: Montag, 2. März 2026 09:58\nAn: Ana\nBetreff: x\n\nHallo", "Danke", "Von: IT <it@city.test>\nGesendet: Montag, 2. März 2026 09:58\nAn: Ana\nBetreff: x\n\nHallo", ""},
		{"french", "Merci\n\nLe lun. 2 mars 2026 à 09:58, IT <it@city.test> a écrit :\n> Bonjour", "Merci", "Le lun. 2 mars 2026 à 09:58, IT <it@city.test> a écrit :\n> Bonjour", ""},
		{"french outlook", "Merci\n\nDe\u00a0: IT\nEnvoyé\u00a0: lundi 2 mars 2026\nÀ\u00a0: Ana\nObjet\u00a0: x\n\nBonjour", "Merci", "De\u00a0: IT\nEnvoyé\u00a0: lundi 2 mars 2026\nÀ\u00a0: Ana\nObjet\u00a0: x\n\nBonjour", ""},
		{"portuguese", "Obrigada\n\nEm seg., 2 de mar. de 2026 às 09:58, IT <it@city.test> escreveu:\n> Olá", "Obrigada", "Em seg., 2 de mar. de 2026 às 09:58, IT <it@city.test> escreveu:\n> Olá", ""},
		{"italian", "Grazie\n\nIl giorno lun 2 mar 2026 alle ore 09:58 IT <it@city.test> ha scritto:\n> Ciao", "Grazie", "Il giorno lun 2 mar 2026 alle ore 09:58 IT <it@city.test> ha scritto:\n> Ciao", ""},
		{"dutch", "Dank\n\nOp ma 2 mrt 2026 om 09:58 schreef IT <it@city.test>:\n> Hallo", "Dank", "Op ma 2 mrt 2026 om 09:58 schreef IT <it@city.test>:\n> Hallo", ""},
		{"wrapped over two lines", "Yes\n\nOn Mon, Mar 2, 2026 at 9:58 AM Somebody With A Very Long Name <\nsomebody@city.test> wrote:\n\n> q", "Yes", "On Mon, Mar 2, 2026 at 9:58 AM Somebody With A Very Long Name <\nsomebody@city.test> wrote:\n\n> q", ""},
		{"text before is not part of a wrapped line", "It is fine\nEl lun, 2 mar 2026, IT\n<it@city.test>\nescribió:\n> q", "It is fine", "El lun, 2 mar 2026, IT\n<it@city.test>\nescribió:\n> q", ""},
		{"attribution without marks", "Yes\n\nOn 2 Mar 2026, IT <it@city.test> wrote:\n\nPlease look", "Yes", "On 2 Mar 2026, IT <it@city.test> wrote:\n\nPlease look", ""},
		{"attribution behind text", "Yes. On 2 Mar 2026, IT wrote:\n> q", "Yes.", "On 2 Mar 2026, IT wrote:\n> q", ""},
		{"a sentence that ends in wrote:", "This is what my boss wrote:\n\nbuy two of them", "This is what my boss wrote:\n\nbuy two of them", "", ""},
		{"a list of fields is no header", "From: room 1\nI moved the screen.", "From: room 1\nI moved the screen.", "", ""},
		{"a form", "De: sala 1\nPara: sala 2\nGracias", "De: sala 1\nPara: sala 2\nGracias", "", ""},
		{"bold header block", "Ok\n\n*From:* IT\n*Sent:* Monday\n*To:* Ana\n*Subject:* x\n\nHi", "Ok", "*From:* IT\n*Sent:* Monday\n*To:* Ana\n*Subject:* x\n\nHi", ""},
		{"rule and block", "Ok\n\n________________________________\nFrom: IT\nSent: Monday\nTo: Ana\nSubject: x\n\nHi", "Ok", "________________________________\nFrom: IT\nSent: Monday\nTo: Ana\nSubject: x\n\nHi", ""},
		{"quote marks only, behind text", "Ok\n> a\n> b", "Ok", "> a\n> b", ""},
		{"quote alone is the message", "> a\n> b", "> a\n> b", "", ""},
		{"answers between", "Hi\n> a\nyes\n> b\nno", "Hi\n> a\nyes\n> b\nno", "", ""},
		{"answer below", "El 2/3/26, IT escribió:\n> a\n> b\n\nSí", "Sí", "El 2/3/26, IT escribió:\n> a\n> b", ""},
		{"wrapped quoted line", "Ok\n> this is a long quoted line that was wrapped by a careless gateway on its\nway\n> b", "Ok", "> this is a long quoted line that was wrapped by a careless gateway on its\nway\n> b", ""},
		{"list footer below the quote", "Ok\n> a\n\n______________________________\nusers mailing list\nusers@vendor.test", "Ok", "> a\n\n______________________________\nusers mailing list\nusers@vendor.test", ""},
		{"text below a quote and a rule", "> a\n______________________________\nno", "> a\n______________________________\nno", "", ""},
		{"signature", "Ok\n\n-- \nAna\nCity", "Ok", "", "--\nAna\nCity"},
		{"signature above the quote", "Ok\n\n-- \nAna\n\nOn 2 Mar 2026, IT wrote:\n> q", "Ok", "On 2 Mar 2026, IT wrote:\n> q", "--\nAna"},
		{"only a signature", "-- \nAna", "-- \nAna", "", ""},
		{"far dashes are a rule", "a\n--\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\nq", "a\n--\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\nq", "", ""},
		{"samsung", "Voy\n\nEnviado desde mi Samsung Galaxy", "Voy", "", "Enviado desde mi Samsung Galaxy"},
		{"forwarded by Apple Mail", "See\n\nBegin forwarded message:\n\n> From: Luis\n> text", "See\n\nBegin forwarded message:\n\n> From: Luis\n> text", "", ""},
	} {
		have := cutText(c.text, -1, -1)
		if want := (cutting{c.visible, c.quoted, c.signature}); have != want {
			t.Errorf("%s: %+v, want %+v", c.name, have, want)
		}
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"The printer is not working and I do not know what to do":  "en",
		"La impresora no funciona desde ayer y no sé qué hacer":    "es",
		"Der Drucker geht nicht und ich weiß nicht was zu tun ist": "de",
		"Bonjour, je ne peux pas imprimer dans le bureau":          "fr",
		"Não consigo imprimir na sala do meu escritório, obrigado": "pt",
		"Gracias":     "es",
		"thanks":      "en",
		"":            "und",
		"12345":       "und",
		"プリンターが動きません": "und",
	} {
		if have := guessLanguage(text); have != want {
			t.Errorf("%q is %s, want %s", text, have, want)
		}
	}
}
