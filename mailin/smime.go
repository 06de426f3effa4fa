package mailin

import (
	"bytes"
	"io"
)

// An S/MIME message that is signed but not clear-signed hides its text in a
// CMS structure (RFC 8551 3.5.2, RFC 5652 5). It is opened so that it can be
// read; the signature is not judged here, and the part stays listed.

// maxSigned bounds signed messages within signed messages.
const maxSigned = 3

// oidSignedData is 1.2.840.113549.1.7.2, oidData ends in 1 instead.
var (
	oidSignedData = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
	oidData       = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01}
)

func isSMIME(d partHead) bool {
	return d.ctype == "application/pkcs7-mime" || d.ctype == "application/x-pkcs7-mime"
}

// smime lists the part and reads the message that it signs.
func (p *partReader) smime(r io.Reader, d partHead, c partContext) []content {
	if d.name == "" {
		d.name = "smime.p7m"
	}
	var buf bytes.Buffer
	io.CopyN(&buf, r, maxNestedBytes+1)
	raw := buf.Bytes()
	p.store(io.MultiReader(bytes.NewReader(raw), r), d)
	inner, ok := signedContent(raw)
	if !ok || len(raw) > maxNestedBytes || p.signed >= maxSigned || c.depth >= maxDepth {
		p.m.warn("an S/MIME part is encrypted or cannot be read")
		return nil
	}
	p.signed++
	defer func() { p.signed-- }()
	s := newScanner(bytes.NewReader(inner))
	defer s.release()
	h, ended := s.readHeader(p.m.warn)
	return p.entity(s, h, ended, partContext{depth: c.depth + 1, container: d.ctype, first: c.first})
}

// signedContent takes the content out of a ContentInfo with SignedData.
func signedContent(raw []byte) ([]byte, bool) {
	info, _, ok := berChild(raw, 0x30)
	if !ok {
		return nil, false
	}
	oid, info, ok := berChild(info, 0x06)
	if !ok || !bytes.Equal(oid, oidSignedData) {
		return nil, false
	}
	signed, _, ok := berChild(info, 0xa0)
	if !ok {
		return nil, false
	}
	if signed, _, ok = berChild(signed, 0x30); !ok {
		return nil, false
	}
	for _, tag := range []byte{0x02, 0x31} { // version, digest algorithms
		if _, signed, ok = berChild(signed, tag); !ok {
			return nil, false
		}
	}
	encap, _, ok := berChild(signed, 0x30)
	if !ok {
		return nil, false
	}
	oid, encap, ok = berChild(encap, 0x06)
	if !ok || !bytes.Equal(oid, oidData) {
		return nil, false
	}
	content, _, ok := berChild(encap, 0xa0)
	if !ok {
		return nil, false // a detached signature
	}
	tag, value, _, ok := ber(content, 0)
	if !ok {
		return nil, false
	}
	return berOctets(nil, tag, value, 0)
}

// berChild reads one element that must have the given tag.
func berChild(b []byte, want byte) (value, rest []byte, ok bool) {
	tag, value, rest, ok := ber(b, 0)
	return value, rest, ok && tag == want
}

// ber reads one BER element (X.690), also of indefinite length, as mail
// programs write large contents.
func ber(b []byte, depth int) (tag byte, value, rest []byte, ok bool) {
	if len(b) < 2 || depth > 8 || b[0]&0x1f == 0x1f {
		return 0, nil, nil, false
	}
	tag, n := b[0], int(b[1])
	b = b[2:]
	switch {
	case n == 0x80:
		for in := b; ; {
			if len(in) < 2 {
				return 0, nil, nil, false
			}
			if in[0] == 0 && in[1] == 0 {
				return tag, b[:len(b)-len(in)], in[2:], true
			}
			if _, _, in, ok = ber(in, depth+1); !ok {
				return 0, nil, nil, false
			}
		}
	case n > 0x80:
		digits := n & 0x7f
		if digits > 4 || digits > len(b) {
			return 0, nil, nil, false
		}
		n = 0
		for _, d := range b[:digits] {
			n = n<<8 | int(d)
		}
		b = b[digits:]
	}
	if n > len(b) {
		return 0, nil, nil, false
	}
	return tag, b[:n], b[n:], true
}

// berOctets joins an octet string that may come in pieces.
func berOctets(out []byte, tag byte, value []byte, depth int) ([]byte, bool) {
	switch tag {
	case 0x04:
		return append(out, value...), true
	case 0x24:
		for len(value) > 0 && depth < 4 {
			t, v, rest, ok := ber(value, 0)
			if !ok {
				return nil, false
			}
			if out, ok = berOctets(out, t, v, depth+1); !ok {
				return nil, false
			}
			value = rest
		}
		return out, true
	}
	return nil, false
}
