package mailin

import (
	"bytes"
	"hash"
	"io"
	"strings"
)

// content is one piece of the readable body: a plain text, an HTML text, or
// both where they are alternatives of each other.
type content struct {
	plain, html string
}

// partReader walks the parts of a message in one pass.
type partReader struct {
	m        *Message
	o        Options
	key      hash.Hash // of the content key
	parts    int
	textLeft int // bytes of plain text that may still be kept
	htmlLeft int
	small    int // bytes kept in Attachment.Data
	nested   int // depth of nested messages; their text is not the text
	signed   int // depth of opaque signed messages
	content  []content
	fallback []content // the body of a winmail.dat
	buf      []byte    // for copying
}

// partContext is what the container says about a part.
type partContext struct {
	depth     int
	root      bool
	container string // content type of the container
	first     bool   // no readable part came before in the container
}

func newPartReader(m *Message, o Options) *partReader {
	return &partReader{m: m, o: o, textLeft: maxTextBytes, htmlLeft: maxTextBytes, buf: make([]byte, 8<<10)}
}

func (p *partReader) readMessage(r io.Reader) {
	s := newScanner(r)
	h, ended := s.readHeader(p.m.warn)
	p.m.Header = h
	p.content = p.entity(s, h, ended, partContext{root: true, first: true})
	if len(p.content) == 0 {
		p.content = p.fallback
	}
	// What follows after the last boundary is read as well, so that the caller
	// knows the stream to be at its end.
	p.drain(s.br)
	if s.err != nil {
		p.m.warn("the message ends before its end: " + s.err.Error())
		if p.m.SinkErr == nil {
			p.m.SinkErr = s.err
		}
	}
	s.release()
	if len(h) == 0 && len(p.content) == 0 && len(p.m.Attachments) == 0 {
		p.m.warn("the message is empty")
	}
}

// partHead is what the header of a part says about its body.
type partHead struct {
	ctype, encoding, disposition string
	params                       map[string]string
	name                         string // cleaned; may be empty
	cid                          string
}

func readPartHead(h Header, container string) partHead {
	var d partHead
	var dparams map[string]string
	for _, f := range h {
		switch f.key() {
		case "content-type":
			if d.ctype == "" {
				d.ctype, d.params = parameters(f.Value)
			}
		case "content-disposition":
			if d.disposition == "" {
				d.disposition, dparams = parameters(f.Value)
			}
		case "content-transfer-encoding":
			if d.encoding == "" {
				d.encoding = lowerASCII(strings.Trim(f.Value, " \t\"';"))
				if i := strings.IndexAny(d.encoding, " \t;("); i > 0 {
					d.encoding = d.encoding[:i]
				}
			}
		case "content-id":
			d.cid = firstID(f.Value)
		}
	}
	if strings.Count(d.ctype, "/") != 1 {
		switch {
		case d.ctype == "" && container == "multipart/digest":
			d.ctype = "message/rfc822" // RFC 2046 5.1.5
		case d.ctype == "" || d.ctype == "text":
			d.ctype = "text/plain"
		default:
			d.ctype = "application/octet-stream"
		}
	}
	name := dparams["filename"]
	if name == "" {
		name = d.params["name"]
	}
	if name == "" {
		name = d.params["filename"]
	}
	d.name = cleanFileName(name)
	return d
}

// entity reads one part with everything in it and returns its readable text.
func (p *partReader) entity(s *scanner, h Header, ended bool, c partContext) []content {
	d := readPartHead(h, c.container)
	if !knownEncoding(d.encoding) {
		p.m.warn("unknown transfer encoding " + cut(d.encoding, 40))
	}
	b := s.newBody(ended)
	if strings.HasPrefix(d.ctype, "multipart/") {
		if c.depth >= maxDepth {
			p.m.warn("parts are nested deeper than 20")
			p.attachment(b, d)
			return nil
		}
		if c.root && d.ctype == "multipart/report" {
			p.m.report.kind = lowerASCII(d.params["report-type"])
		}
		return p.multipart(s, b, d, c)
	}
	switch d.ctype {
	case "message/rfc822", "message/global", "message/news":
		p.nestedMessage(b, d, c)
		return nil
	}
	if isBodyText(d, c) {
		return p.text(b, d)
	}
	if isTNEF(d) {
		p.tnef(decodeTransfer(b, d.encoding), d)
		return nil
	}
	if isSMIME(d) {
		return p.smime(decodeTransfer(b, d.encoding), d, c)
	}
	p.attachment(b, d)
	return nil
}

// isBodyText says whether a leaf is read as text rather than listed as a file.
// A name alone does not make a file: some programs name their body parts. Those
// are shown and listed.
func isBodyText(d partHead, c partContext) bool {
	if d.disposition == "attachment" || !strings.HasPrefix(d.ctype, "text/") {
		return false
	}
	if d.ctype != "text/plain" && d.ctype != "text/html" {
		return c.root && d.name == "" && d.ctype != "text/calendar"
	}
	if d.name == "" || c.container == "multipart/alternative" {
		return true
	}
	return c.first
}

// multipart reads the parts of a container (RFC 2046 5.1).
func (p *partReader) multipart(s *scanner, b *body, d partHead, c partContext) []content {
	boundary := strings.TrimRight(d.params["boundary"], " ")
	if found := s.likelyBoundary(boundary); found != boundary {
		p.m.warn("the boundary of a multipart is not the one that its header names")
		boundary = found
	}
	if boundary == "" {
		p.m.warn("a multipart has no boundary")
		return p.text(b, partHead{ctype: "text/plain", encoding: d.encoding})
	}
	own := len(s.bounds)
	s.bounds = append(s.bounds, "--"+boundary)
	defer func() { s.bounds = s.bounds[:own] }()

	preamble := p.text(b, partHead{ctype: "text/plain"})
	if s.hit != own {
		p.m.warn("a multipart has no parts")
		return preamble // the text is all there is
	}
	for _, t := range preamble {
		p.textLeft += len(t.plain)
	}
	var children [][]content
	closed := false
	for s.hit == own {
		if s.hitClose {
			// Text after the end is not shown by any program; parts that a
			// careless forwarder added there are.
			closed = true
			s.newBody(false).skip()
			continue
		}
		p.parts++
		if p.parts > maxParts {
			p.m.warn("more than 1000 parts, the rest is not read")
			s.newBody(false).skip()
			continue
		}
		h, ended := s.readHeader(p.m.warn)
		child := p.entity(s, h, ended, partContext{depth: c.depth + 1, container: d.ctype, first: len(children) == 0})
		if len(child) > 0 {
			children = append(children, child)
		}
	}
	if !closed {
		p.m.warn("a multipart is not closed")
	}
	if d.ctype == "multipart/alternative" {
		return mergeAlternatives(children)
	}
	var all []content
	for _, child := range children {
		all = append(all, child...)
	}
	return all
}

// likelyBoundary returns the declared boundary if it is seen ahead, or else a
// line that looks like one: "--" and text, followed by a header of a part.
func (s *scanner) likelyBoundary(declared string) string {
	ahead, _ := s.br.Peek(scanBuffer)
	if s.again != nil {
		ahead = append(append([]byte(nil), s.again...), ahead...)
	}
	if declared != "" && (bytes.Contains(ahead, []byte("--"+declared)) || len(ahead) == scanBuffer) {
		return declared
	}
	for rest := ahead; len(rest) > 0; {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		rest = after
		line = bytes.TrimRight(line, " \t\r")
		if len(line) > 2 && len(line) < 200 && line[0] == '-' && line[1] == '-' &&
			len(after) > 8 && bytes.EqualFold(after[:8], []byte("Content-")) {
			return string(line[2:])
		}
	}
	return declared
}

// mergeAlternatives makes one piece of what says the same in several forms
// (RFC 2046 5.1.4).
func mergeAlternatives(children [][]content) []content {
	var out content
	for _, child := range children {
		for _, c := range child {
			out.plain = joinText(out.plain, c.plain)
			if c.html != "" {
				out.html = joinText(out.html, c.html)
			}
		}
	}
	if out == (content{}) {
		return nil
	}
	return []content{out}
}

func joinText(a, b string) string {
	switch {
	case strings.TrimSpace(a) == "":
		return b
	case strings.TrimSpace(b) == "":
		return a
	case strings.HasSuffix(a, "\n"):
		return a + b
	}
	return a + "\n" + b
}

// text reads a text part, up to the cap.
func (p *partReader) text(b *body, d partHead) []content {
	r := decodeTransfer(b, d.encoding)
	if p.nested > 0 {
		p.drain(r)
		return nil
	}
	isHTML := d.ctype == "text/html"
	left := &p.textLeft
	if isHTML {
		left = &p.htmlLeft
	}
	raw, _ := io.ReadAll(io.LimitReader(r, int64(*left)))
	if d.name != "" {
		p.store(io.MultiReader(bytes.NewReader(raw), r), d)
	}
	*left -= len(raw)
	label := d.params["charset"]
	if isHTML && label == "" {
		label = metaCharset(raw)
	}
	if !knownCharset(label) {
		p.m.warn("unknown character set " + cut(cleanLabel(label), 40) + ", guessed")
	}
	s := validText(toUTF8(raw, label))
	io.WriteString(p.key, "\x00text\x00"+strings.TrimRight(s, "\n"))
	if n := p.copyTo(p.key, r); n > 0 {
		p.m.warn("the text is longer than 2 MiB and was cut")
	}
	if strings.TrimSpace(s) == "" {
		return nil
	}
	if isHTML {
		return []content{{html: s}}
	}
	if lowerASCII(d.params["format"]) == "flowed" {
		s = unwrapFlowed(s, lowerASCII(d.params["delsp"]) == "yes")
	}
	return []content{{plain: s}}
}

// nestedMessage lists a message inside the message as one attachment, and the
// attachments that it holds itself.
func (p *partReader) nestedMessage(b *body, d partHead, c partContext) {
	r := decodeTransfer(b, d.encoding)
	var buf bytes.Buffer
	io.CopyN(&buf, r, maxNestedBytes+1)
	raw := buf.Bytes()
	s := newScanner(bytes.NewReader(raw))
	h, ended := s.readHeader(func(string) {})
	if d.name == "" {
		d.name = cleanFileName(cut(decodeHeaderText(h.Get("Subject")), 80))
		if d.name == "" {
			d.name = "message"
		}
		d.name += ".eml"
	}
	if p.nested == 0 && p.m.report.original == nil {
		p.m.report.original = h
	}
	p.store(io.MultiReader(bytes.NewReader(raw), r), d)
	if len(raw) > maxNestedBytes {
		p.m.warn("a nested message is larger than 4 MiB, its attachments are not listed")
		return
	}
	if p.nested >= maxNested || c.depth >= maxDepth {
		p.m.warn("messages are nested deeper than 5, the rest is not looked into")
		return
	}
	defer s.release()
	p.nested++
	p.entity(s, h, ended, partContext{depth: c.depth + 1, container: d.ctype, first: true})
	p.nested--
}

// attachment reads a part that is listed, not shown.
func (p *partReader) attachment(b *body, d partHead) {
	r := decodeTransfer(b, d.encoding)
	switch d.ctype {
	case "message/delivery-status", "message/disposition-notification", "message/feedback-report",
		"text/rfc822-headers", "message/global-delivery-status":
		if p.nested == 0 {
			head, _ := io.ReadAll(io.LimitReader(r, maxSmallFile))
			p.m.report.add(d.ctype, head)
			r = io.MultiReader(bytes.NewReader(head), r)
		}
	}
	p.store(r, d)
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
