package helpdesk

import (
	"bytes"
	"encoding/base64"
	"io"
	"regexp"
)

// replyCodes finds the codes of reply addresses in a raw mail, in any spelling that a program may give them: in capitals,
// broken by the soft line ends of quoted-printable (RFC 2045, 6.7), with its dot escaped. Whatever stands behind is not looked at:
// the @ is escaped in many ways, and is = where a server on the way put the address into one of its own (VERP).
var replyCodes = regexp.MustCompile(`(?i)[rniac](?:=\r?\n)?(?:\.|=2E|%2E)((?:(?:=\r?\n)?[a-z2-7]){34})(?:[^a-z0-9]|$)`)

const (
	coverChunk = 64 << 10 // how much of a mail is looked at together, in bytes
	coverTail  = 2 << 10  // how much of it is looked at again with what follows; more than a code, also in base64, takes
)

// coverReplyCodes puts asterisks in the place of the codes of reply addresses while a raw mail streams through, in text
// and in what is written as base64. Every length stays as it is.
func coverReplyCodes(mail io.ReadCloser) io.ReadCloser { return &covering{mail: mail} }

type covering struct {
	mail  io.ReadCloser
	held  []byte // read, and to be looked at with what follows
	ready []byte
	err   error
}

func (c *covering) Read(p []byte) (int, error) {
	for len(c.ready) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		c.advance()
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

func (c *covering) Close() error { return c.mail.Close() }

// advance makes the next part ready. It ends where a line ends, so that base64 which goes on can be read from there.
func (c *covering) advance() {
	chunk := make([]byte, len(c.held)+coverChunk)
	n, err := io.ReadFull(c.mail, chunk[copy(chunk, c.held):])
	chunk = chunk[:len(c.held)+n]
	cover(chunk)
	coverBase64(chunk)
	switch err {
	case nil:
		end := len(chunk) - coverTail
		if line := bytes.LastIndexByte(chunk[:end], '\n'); line >= 0 {
			end = line + 1
		}
		c.ready, c.held = chunk[:end], chunk[end:]
	case io.ErrUnexpectedEOF:
		c.ready, c.held, c.err = chunk, nil, io.EOF
	default:
		c.ready, c.held, c.err = chunk, nil, err
	}
}

// cover covers what stands in text as it is, and tells whether there was something.
func cover(text []byte) bool {
	found := replyCodes.FindAllSubmatchIndex(text, -1)
	for _, at := range found {
		for i, b := range text[at[2]:at[3]] {
			if b != '=' && b != '\r' && b != '\n' {
				text[at[2]+i] = '*'
			}
		}
	}
	return len(found) > 0
}

// coverBase64 covers what stands in lines of base64: each is whole groups of four letters, as everybody writes them.
func coverBase64(text []byte) {
	var encoded []byte
	var lines [][]byte // where it stands in text
	end := func() {
		if decoded, err := base64.StdEncoding.AppendDecode(nil, encoded); err == nil && cover(decoded) {
			covered := base64.StdEncoding.AppendEncode(nil, decoded)
			for _, line := range lines {
				covered = covered[copy(line, covered):]
			}
		}
		encoded, lines = encoded[:0], lines[:0]
	}
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 || len(line)%4 != 0 || !isBase64(line) {
			end()
			continue
		}
		encoded, lines = append(encoded, line...), append(lines, line)
		if line[len(line)-1] == '=' {
			end()
		}
	}
	end()
}

func isBase64(line []byte) bool {
	for _, b := range bytes.TrimRight(line, "=") {
		if (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && (b < '0' || b > '9') && b != '+' && b != '/' {
			return false
		}
	}
	return true
}
