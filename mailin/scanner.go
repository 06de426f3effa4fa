package mailin

import (
	"bufio"
	"bytes"
	"io"
	"sync"
)

// The splitting of headers and parts is our own and not go-message's reader:
// that one returns an error for what the wild contains (a line without a
// colon, an unknown encoding, a lost boundary), after which the stream cannot
// be continued, and every mail here must be read in one pass to its end. Its
// character sets are used (charset.go).

// scanner reads a message line by line and knows the boundaries of the
// multiparts that are open.
type scanner struct {
	br     *bufio.Reader
	bounds []string // open boundaries, the outermost first, each with its "--"
	again  []byte   // a line given back
	start  bool     // the next bytes begin a line

	hit      int  // index of the boundary that ended the last part, or -1
	hitClose bool // it was a close delimiter
	eof      bool
	err      error // what ended the input, unless it was io.EOF
}

const scanBuffer = 32 << 10

// readers keeps the buffers of finished scanners: at thousands of mails a
// second they are most of the garbage.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, scanBuffer) }}

func newScanner(r io.Reader) *scanner {
	s := &scanner{br: readers.Get().(*bufio.Reader), start: true, hit: -1}
	s.br.Reset(r)
	head, _ := s.br.Peek(4096)
	if bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")) {
		s.br.Discard(3)
	}
	if bytes.IndexByte(head, '\n') < 0 && bytes.Count(head, []byte{'\r'}) > 1 {
		// Files of old Mac programs end lines with CR alone.
		s.br = bufio.NewReaderSize(&crReader{r: s.br}, scanBuffer)
	}
	return s
}

// release gives the buffer back; the scanner and what it returned are not to be
// used any more.
func (s *scanner) release() {
	s.br.Reset(nil)
	readers.Put(s.br)
	s.br = nil
}

// crReader turns CR into LF.
type crReader struct{ r io.Reader }

func (c *crReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	for i := range b[:n] {
		if b[i] == '\r' {
			b[i] = '\n'
		}
	}
	return n, err
}

// piece returns the next line with its end, or a part of a line that is longer
// than the buffer. It is valid until the next call. nil means the end.
func (s *scanner) piece() (b []byte, startsLine bool) {
	if s.again != nil {
		b, s.again = s.again, nil
		return b, true
	}
	startsLine = s.start
	b, err := s.br.ReadSlice('\n')
	s.start = err == nil
	if err != nil && err != bufio.ErrBufferFull {
		s.eof = true
		if err != io.EOF {
			s.err = err
		}
		if len(b) == 0 {
			return nil, startsLine
		}
	}
	return b, startsLine
}

// boundary says whether a line delimits one of the open multiparts, the
// innermost first (RFC 2046 5.1.1), and notes it.
func (s *scanner) boundary(line []byte) bool {
	if len(line) < 2 || line[0] != '-' || line[1] != '-' {
		return false
	}
	line = bytes.TrimRight(line, " \t\r\n")
	for i := len(s.bounds) - 1; i >= 0; i-- {
		b := s.bounds[i]
		if len(line) < len(b) || string(line[:len(b)]) != b {
			continue
		}
		switch rest := line[len(b):]; {
		case len(rest) == 0:
			s.hit, s.hitClose = i, false
			return true
		case string(rest) == "--":
			s.hit, s.hitClose = i, true
			return true
		}
	}
	return false
}

// line returns the next line of a header, or false at a boundary or the end.
// Of a line longer than the buffer the rest is dropped.
func (s *scanner) line() ([]byte, bool) {
	b, starts := s.piece()
	if b == nil {
		s.hit = -1
		return nil, false
	}
	if starts && s.boundary(b) {
		return nil, false
	}
	if !s.start && !s.eof {
		b = append([]byte(nil), b...)
		for !s.start && !s.eof {
			if more, _ := s.piece(); more == nil {
				break
			}
		}
	}
	return b, true
}

// unread gives a line back; the next piece is that line.
func (s *scanner) unread(line []byte) {
	s.again = append([]byte(nil), line...)
	s.start = true
}

// peekLine shows the beginning of the next line without taking it.
func (s *scanner) peekLine() []byte {
	if s.again != nil {
		return s.again
	}
	b, _ := s.br.Peek(1024)
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i+1]
	}
	return b
}

// body reads the raw bytes of one part up to the boundary that ends it. The
// line end before a boundary belongs to the boundary.
type body struct {
	s    *scanner
	held []byte // line end that may belong to a boundary
	rest []byte // read but not yet returned
	line []byte // copy of a line at the end of the scanner's buffer
	done bool
}

// newBody starts the body of a part. ended says that the header already ran
// into a boundary, so that there is no body.
func (s *scanner) newBody(ended bool) *body { return &body{s: s, done: ended} }

// piece returns the next bytes of the body, valid until the next call; nil at
// its end.
func (b *body) piece() []byte {
	if b.rest != nil {
		p := b.rest
		b.rest = nil
		return p
	}
	for !b.done {
		p, starts := b.s.piece()
		if p == nil {
			b.done = true
			b.s.hit = -1
			break
		}
		if starts && len(b.s.bounds) > 0 && b.s.boundary(p) {
			b.done, b.held = true, nil
			return nil
		}
		held := b.held
		b.held = nil
		if len(b.s.bounds) > 0 && b.s.start && b.s.br.Buffered() < 2 {
			// Looking ahead moves the buffer that p stands in.
			b.line = append(b.line[:0], p...)
			p = b.line
		}
		if len(b.s.bounds) > 0 && b.s.start && b.s.dashesAhead() {
			if bytes.HasSuffix(p, []byte("\r\n")) {
				b.held = []byte("\r\n")
			} else {
				b.held = []byte("\n")
			}
			p = p[:len(p)-len(b.held)]
		}
		if held != nil {
			if len(p) > 0 {
				b.rest = p
			}
			return held
		}
		if len(p) > 0 {
			return p
		}
	}
	p := b.held
	b.held = nil
	return p
}

// dashesAhead says whether the next line may be a boundary.
func (s *scanner) dashesAhead() bool {
	next, _ := s.br.Peek(2)
	return len(next) == 2 && next[0] == '-' && next[1] == '-'
}

// Read implements io.Reader over the raw body.
func (b *body) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		piece := b.piece()
		if piece == nil {
			break
		}
		k := copy(p[n:], piece)
		n += k
		if k < len(piece) {
			b.rest = piece[k:]
		}
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// skip takes what is left of the body.
func (b *body) skip() {
	for b.piece() != nil {
	}
}
