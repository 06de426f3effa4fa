package mailin

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"io"
)

// store measures, hashes and keeps one attachment: small ones in memory, the
// others in the sink.
func (p *partReader) store(r io.Reader, d partHead) {
	a := Attachment{Name: d.name, ContentType: d.ctype, ContentID: d.cid,
		Inline: d.disposition == "inline" || d.cid != "" && d.disposition != "attachment"}
	if a.Name == "" {
		a.Name = defaultFileName(d.ctype)
	}
	sum := sha256.New()
	in := &measured{r: r, sum: sum}
	room := min(maxSmallFile, maxSmallTotal-p.small)
	head, _ := io.ReadAll(io.LimitReader(in, int64(room)+1))
	if len(head) <= room {
		a.Data = head
		p.small += len(head)
	} else {
		if p.o.Sink != nil {
			err := p.o.Sink.Attachment(&a, io.MultiReader(bytes.NewReader(head), in))
			if err != nil && p.m.SinkErr == nil {
				p.m.SinkErr = err
			}
			a.Stored = err == nil
		}
		p.drain(in)
	}
	a.Size = in.n
	sum.Sum(a.SHA256[:0])
	if p.nested == 0 {
		io.WriteString(p.key, "\x00file\x00")
		p.key.Write(a.SHA256[:])
	}
	p.m.Attachments = append(p.m.Attachments, a)
}

// copyTo copies r to w with the reader's own buffer.
func (p *partReader) copyTo(w io.Writer, r io.Reader) (total int64) {
	for {
		n, err := r.Read(p.buf)
		w.Write(p.buf[:n])
		total += int64(n)
		if err != nil {
			return total
		}
	}
}

func (p *partReader) drain(r io.Reader) { p.copyTo(io.Discard, r) }

// measured counts and hashes what is read through it.
type measured struct {
	r   io.Reader
	sum hash.Hash
	n   int64
}

func (m *measured) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	m.sum.Write(b[:n])
	m.n += int64(n)
	return n, err
}
