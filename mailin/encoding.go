package mailin

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding (RFC 2045 6). An unknown
// one is read as it stands. The decoders never fail: what is no part of the
// encoding is skipped or kept as written, as mail programs do.
func decodeTransfer(b *body, encoding string) io.Reader {
	switch encoding {
	case "base64":
		return &base64Reader{src: b}
	case "quoted-printable":
		return &lineDecoder{src: b, decode: decodeQPLine}
	case "x-uuencode", "uuencode", "x-uue", "uue":
		u := &uuDecoder{}
		return &lineDecoder{src: b, decode: u.line}
	}
	return b
}

func knownEncoding(e string) bool {
	switch e {
	case "", "7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue", "uue":
		return true
	}
	return false
}

// base64Reader decodes base64 and ignores everything outside its alphabet.
// Padding in the middle ends one run and the next one begins (concatenated
// encodings are seen in practice).
type base64Reader struct {
	src  *body
	quad []byte // letters of an unfinished group
	out  []byte
	pos  int
	end  bool
}

var base64Alphabet = func() (t [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = true
	}
	return
}()

func (r *base64Reader) Read(p []byte) (int, error) {
	for r.pos == len(r.out) {
		if r.end {
			return 0, io.EOF
		}
		r.fill()
	}
	n := copy(p, r.out[r.pos:])
	r.pos += n
	return n, nil
}

func (r *base64Reader) fill() {
	r.out, r.pos = r.out[:0], 0
	piece := r.src.piece()
	if piece == nil {
		r.end = true
		r.flush()
		return
	}
	for _, c := range piece {
		if base64Alphabet[c] {
			r.quad = append(r.quad, c)
		} else if c == '=' {
			r.flush()
		}
	}
	if n := len(r.quad) &^ 3; n > 0 {
		r.decode(r.quad[:n])
		r.quad = append(r.quad[:0], r.quad[n:]...)
	}
}

// flush decodes an unfinished group; a single letter is no byte.
func (r *base64Reader) flush() {
	if len(r.quad)%4 == 1 {
		r.quad = r.quad[:len(r.quad)-1]
	}
	r.decode(r.quad)
	r.quad = r.quad[:0]
}

func (r *base64Reader) decode(letters []byte) {
	n := len(r.out)
	need := base64.RawStdEncoding.DecodedLen(len(letters))
	r.out = append(r.out, make([]byte, need)...)
	k, _ := base64.RawStdEncoding.Decode(r.out[n:], letters)
	r.out = r.out[:n+k]
}

// lineDecoder decodes an encoding whose unit is the line.
type lineDecoder struct {
	src    *body
	decode func(out, line []byte) []byte
	line   []byte
	out    []byte
	pos    int
	end    bool
}

func (r *lineDecoder) Read(p []byte) (int, error) {
	for r.pos == len(r.out) {
		if r.end {
			return 0, io.EOF
		}
		r.out, r.pos = r.out[:0], 0
		// A line may come in several pieces; it is put together up to a bound
		// so that a line without end needs no memory.
		for {
			piece := r.src.piece()
			if piece == nil {
				r.end = true
			}
			r.line = append(r.line, piece...)
			if r.end || r.line[len(r.line)-1] == '\n' || len(r.line) > 2*scanBuffer {
				break
			}
		}
		if len(r.line) > 0 {
			keep := 0
			if n := len(r.line); !r.end && r.line[n-1] != '\n' {
				// Do not cut inside "=XX".
				if i := bytes.LastIndexByte(r.line[max(0, n-2):], '='); i >= 0 {
					keep = min(n, 2) - i
				}
			}
			n := len(r.line) - keep
			r.out = r.decode(r.out, r.line[:n])
			r.line = append(r.line[:0], r.line[n:]...)
		}
	}
	n := copy(p, r.out[r.pos:])
	r.pos += n
	return n, nil
}

// decodeQPLine decodes one line of quoted-printable (RFC 2045 6.7). A "=" that
// starts no escape is kept.
func decodeQPLine(out, line []byte) []byte {
	end := len(line)
	for end > 0 && (line[end-1] == '\n' || line[end-1] == '\r') {
		end--
	}
	eol := line[end:]
	for end > 0 && (line[end-1] == ' ' || line[end-1] == '\t') && len(eol) > 0 {
		end-- // blanks at the end were added on the way
	}
	if end > 0 && line[end-1] == '=' && (len(eol) > 0 || end == len(line)) {
		end, eol = end-1, nil // soft line break
	}
	line = line[:end]
	for {
		i := bytes.IndexByte(line, '=')
		if i < 0 {
			break
		}
		out = append(out, line[:i]...)
		line = line[i:]
		if len(line) >= 3 {
			hi, ok1 := unhex(line[1])
			lo, ok2 := unhex(line[2])
			if ok1 && ok2 {
				out = append(out, hi<<4|lo)
				line = line[3:]
				continue
			}
		}
		out = append(out, '=')
		line = line[1:]
	}
	out = append(out, line...)
	return append(out, eol...)
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// uuDecoder decodes uuencode, the encoding of mail before MIME.
type uuDecoder struct{ on, done bool }

func (u *uuDecoder) line(out, line []byte) []byte {
	line = bytes.TrimRight(line, "\r\n")
	switch {
	case !u.on:
		u.on = strings.HasPrefix(string(line), "begin ")
		return out
	case u.done || string(line) == "end":
		u.done = true
		return out
	case len(line) == 0:
		return out
	}
	n := int(line[0]-' ') & 63
	line = line[1:]
	for i := 0; n > 0; i += 4 {
		var q [4]byte
		for j := range q {
			if i+j < len(line) {
				q[j] = (line[i+j] - ' ') & 63
			}
		}
		b := [3]byte{q[0]<<2 | q[1]>>4, q[1]<<4 | q[2]>>2, q[2]<<6 | q[3]}
		k := min(n, 3)
		out = append(out, b[:k]...)
		n -= k
	}
	return out
}
