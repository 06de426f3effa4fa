package mailin

import (
	"strings"
	"testing"
)

// der writes one element of definite length.
func der(tag byte, parts ...string) string {
	v := strings.Join(parts, "")
	n := len(v)
	return string([]byte{tag, 0x82, byte(n >> 8), byte(n)}) + v
}

// endless writes one of indefinite length.
func endless(tag byte, parts ...string) string {
	return string([]byte{tag, 0x80}) + strings.Join(parts, "") + "\x00\x00"
}

const signedInner = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nFirmado: sí\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF\r\n--b--\r\n"

func signedMail(structure string) string {
	return "From: ana@city.test\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\nContent-Transfer-Encoding: binary\n\n" + structure
}

func TestOpaqueSignedTextIsRead(t *testing.T) {
	t.Parallel()
	half := len(signedInner) / 2
	for name, structure := range map[string]string{
		"definite": der(0x30, der(0x06, string(oidSignedData)), der(0xa0, der(0x30, der(0x02, "\x01"), der(0x31),
			der(0x30, der(0x06, string(oidData)), der(0xa0, der(0x04, signedInner))), der(0x31)))),
		"in pieces of indefinite length": endless(0x30, der(0x06, string(oidSignedData)), endless(0xa0, endless(0x30, der(0x02, "\x01"), der(0x31),
			endless(0x30, der(0x06, string(oidData)), endless(0xa0, endless(0x24, der(0x04, signedInner[:half]), der(0x04, signedInner[half:])))), der(0x31)))),
	} {
		m := Read(strings.NewReader(signedMail(structure)), Options{})
		if m.Text != "Firmado: sí" || len(m.Attachments) != 2 || m.Attachments[0].Name != "smime.p7m" || m.Attachments[1].Name != "a.pdf" {
			t.Errorf("%s: %q, %+v, %q", name, m.Text, m.Attachments, m.Warnings)
		}
		for i := range structure { // cut or forged anywhere: never a crash
			checkMessage(t, name, Read(strings.NewReader(signedMail(structure[:i])), Options{}))
			checkMessage(t, name, Read(strings.NewReader(signedMail(structure[:i]+"\x84\xff\xff\xff"+structure[min(i+4, len(structure)):])), Options{}))
		}
	}
}

func TestEncryptedMailIsListed(t *testing.T) {
	t.Parallel()
	m := Read(strings.NewReader(signedMail(der(0x30, der(0x06, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"), der(0xa0)))), Options{})
	if m.Text != "" || len(m.Attachments) != 1 || !strings.Contains(strings.Join(m.Warnings, " "), "encrypted") {
		t.Errorf("%q, %+v, %q", m.Text, m.Attachments, m.Warnings)
	}
}
