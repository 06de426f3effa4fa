package mailin

import (
	"encoding/binary"
	"strings"
	"testing"
)

// tnefAttr writes one attribute of a winmail.dat.
func tnefAttr(id uint32, value string) string {
	b := []byte{2}
	b = binary.LittleEndian.AppendUint32(b, id)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(value)))
	return string(b) + value + "\x00\x00"
}

// tnefString writes a property that holds one Unicode text.
func tnefString(prop uint16, text string) string {
	var v []byte
	for _, r := range text + "\x00" {
		v = binary.LittleEndian.AppendUint16(v, uint16(r))
	}
	b := binary.LittleEndian.AppendUint16(nil, 0x1f)
	b = binary.LittleEndian.AppendUint16(b, prop)
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(v)))
	b = append(b, v...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return string(b)
}

func winmail(attrs ...string) string {
	return "\x78\x9f\x3e\x22\x01\x00" + strings.Join(attrs, "")
}

const tnefHead = "From: a@city.test\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: binary\n\n"

func TestWinmailIsUnpacked(t *testing.T) {
	t.Parallel()
	raw := winmail(
		tnefAttr(tnefMessageProps, "\x01\x00\x00\x00"+tnefString(propBody, "Buenos días\r\nAna")),
		tnefAttr(tnefAttachStart, "rend"),
		tnefAttr(tnefAttachTitle, "PLANO~1.PDF\x00"),
		tnefAttr(tnefAttachData, "%PDF"),
		tnefAttr(tnefAttachProps, "\x01\x00\x00\x00"+tnefString(propAttachLong, "plano número 1.pdf")),
		tnefAttr(tnefAttachStart, "rend"),
		tnefAttr(tnefAttachTitle, "..\\b.txt\x00"),
		tnefAttr(tnefAttachData, "text"),
	)
	m := Read(strings.NewReader(tnefHead+raw), Options{})
	if m.Text != "Buenos días\nAna" || len(m.Attachments) != 3 {
		t.Fatalf("text %q, attachments %+v", m.Text, m.Attachments)
	}
	for i, want := range []struct{ name, ctype, data string }{
		{"winmail.dat", "application/ms-tnef", raw}, {"plano número 1.pdf", "application/pdf", "%PDF"}, {"b.txt", "text/plain", "text"}} {
		a := m.Attachments[i]
		if a.Name != want.name || a.ContentType != want.ctype || string(a.Data) != want.data {
			t.Errorf("%q %q %q, want %q", a.Name, a.ContentType, a.Data, want)
		}
	}
}

// TestBrokenWinmail cuts a good one at every byte and forges its lengths.
func TestBrokenWinmail(t *testing.T) {
	t.Parallel()
	raw := winmail(tnefAttr(tnefMessageProps, "\x02\x00\x00\x00"+tnefString(propBody, "hello")+tnefString(propRTF, "x")), tnefAttr(tnefAttachStart, ""), tnefAttr(tnefAttachData, "data"))
	for i := range raw {
		checkMessage(t, "cut", Read(strings.NewReader(tnefHead+raw[:i]), Options{}))
		forged := raw[:i] + "\xff\xff\xff\x7f" + raw[min(i+4, len(raw)):]
		checkMessage(t, "forged", Read(strings.NewReader(tnefHead+forged), Options{}))
	}
	if m := Read(strings.NewReader(tnefHead+"no tnef"), Options{}); len(m.Attachments) != 1 || len(m.Warnings) == 0 {
		t.Errorf("%+v", m)
	}
}

func TestCompressedRTF(t *testing.T) {
	t.Parallel()
	// Literal bytes, then a reference to the preset dictionary's "{\rtf1", then the end.
	size := func(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }
	ref := func(from, n int) string { return string([]byte{byte(from >> 4), byte(from<<4) | byte(n-2)}) }
	packed := "\x01" + ref(0, 6) + "hi}" + " ab" + " "
	raw := size(len(packed)+12) + size(13) + "LZFu" + size(0) + packed
	if have := string(decompressRTF([]byte(raw))); have != "{\\rtf1hi} ab " {
		t.Errorf("%q", have)
	}
	stored := size(20) + size(5) + "MELA" + size(0) + "{\\rtf and more"
	if have := string(decompressRTF([]byte(stored))); have != "{\\rtf" {
		t.Errorf("%q", have)
	}
	if have := rtfText([]byte(`{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\gen x;}\pard ma\'f1ana\par dos \{x\}}`)); have != "mañana\ndos {x}" {
		t.Errorf("%q", have)
	}
}
