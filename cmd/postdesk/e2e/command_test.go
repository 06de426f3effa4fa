package e2e

import (
	"strings"
	"testing"
)

// A ticket is handed out, answered, resolved and closed from mail programs alone, on real servers: each command mail is
// answered with one receipt, and the next command goes to the address in it.
func TestWorkByCommands(t *testing.T) {
	t.Parallel()
	p := stage(t, "two-lines.yaml")
	n := p.asks("eva", "it@city.test", "La contraseña no sirve", "Desde hoy no puedo entrar.")
	p.told("a first mail", mails{"eva": "ticket_created as requester", "mia": "ticket_created as main_solver", "max": "ticket_created as main_solver"})
	p.answers("mia", "#assign sol\n#priority high\n#note\n\nShe changed departments last week.")
	p.told("handing out", mails{"mia": "receipt as main_solver", "sol": "assigned as solver"}, mails{"sol": "note_added as solver"})
	if m := p.last("mia"); !strings.Contains(m.text, "- #assign sol\n  Done.") || !strings.Contains(m.text, "Your text is an internal note.") || m.auto != "auto-replied" {
		t.Errorf("the receipt is %q:\n%s", m.auto, m.text)
	}
	p.answers("sol", "#esperar\n#publica\nPrueba con la de antes, por favor.")
	p.told("answering", mails{"eva": "public_reply as requester", "sol": "receipt as solver"})
	p.is("sol", n, "waiting")
	p.answers("sol", "#resovle\nListo.")
	p.told("a word that is none", mails{"sol": "receipt as solver"})
	if m := p.last("sol"); !strings.Contains(m.text, "#resolve") {
		t.Errorf("the receipt does not name the nearest command:\n%s", m.text)
	}
	p.answers("sol", "#resolver\nListo.")
	p.told("resolving from the receipt", mails{"eva": "resolved as requester", "sol": "receipt as solver"})
	p.answers("eva", "#cerrar\nGracias.")
	p.told("closing", mails{"eva": "receipt as requester", "sol": "message_received as solver"})
	p.is("sol", n, "closed")
	p.reads("eva", n, "Desde hoy no puedo entrar.", "Prueba con la de antes, por favor.", "Listo.", "Gracias.")
	p.reads("sol", n, "Desde hoy no puedo entrar.", "She changed departments last week.", "Prueba con la de antes, por favor.",
		"#resovle\nListo.", "Listo.", "Gracias.")
	p.ends()
}
