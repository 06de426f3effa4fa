package mailin

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"
)

// winmail.dat: Outlook packs a message into one part of its own form (TNEF,
// MS-OXTNEF) when it believes the reader to be Outlook. Its files and its body
// are taken out; the part itself stays listed.

const tnefSignature = 0x223e9f78

// Attributes of MS-OXTNEF 2.1.3.3 and properties of MS-OXPROPS that matter.
const (
	tnefBody          = 0x0002800C
	tnefMessageProps  = 0x00069003
	tnefAttachStart   = 0x00069002
	tnefAttachTitle   = 0x00018010
	tnefAttachData    = 0x0006800F
	tnefAttachProps   = 0x00069005
	propBody          = 0x1000
	propRTF           = 0x1009
	propHTML          = 0x1013
	propAttachData    = 0x3701
	propAttachName    = 0x3704
	propAttachLong    = 0x3707
	propAttachMime    = 0x370E
	propAttachID      = 0x3712
	propDisplayName   = 0x3001
	maxTNEFProperties = 5000
)

type tnefFile struct {
	title, long, mime, cid string
	data                   []byte
}

// tnefContent is what a winmail.dat holds.
type tnefContent struct {
	files       []tnefFile
	plain, html string
	rtf         []byte
}

// readTNEF reads as much of raw as is sound. Lengths are checked against what is
// there, so a forged one ends the reading and takes no memory.
func readTNEF(raw []byte) (c tnefContent, ok bool) {
	if len(raw) < 6 || binary.LittleEndian.Uint32(raw) != tnefSignature {
		return c, false
	}
	raw = raw[6:] // signature and key
	var f *tnefFile
	for len(raw) >= 9 {
		id, n := binary.LittleEndian.Uint32(raw[1:]), int(binary.LittleEndian.Uint32(raw[5:]))
		raw = raw[9:]
		if n < 0 || n > len(raw) {
			n = len(raw) // cut off on the way: read what came
		}
		value := raw[:n]
		raw = raw[min(n+2, len(raw)):] // with its checksum, which nothing depends on
		if id == tnefAttachStart {
			if len(c.files) >= maxParts {
				return c, true
			}
			c.files = append(c.files, tnefFile{})
			f = &c.files[len(c.files)-1]
			continue
		}
		switch {
		case id == tnefBody:
			c.plain = toUTF8(bytes.TrimRight(value, "\x00"), "")
		case id == tnefMessageProps:
			mapiProperties(value, func(prop uint16, v []byte, text string) {
				switch prop {
				case propBody:
					c.plain = text
				case propHTML:
					c.html = toUTF8(v, metaCharset(v))
				case propRTF:
					c.rtf = decompressRTF(v)
				}
			})
		case f == nil:
		case id == tnefAttachTitle:
			f.title = toUTF8(bytes.TrimRight(value, "\x00"), "")
		case id == tnefAttachData:
			f.data = value
		case id == tnefAttachProps:
			mapiProperties(value, func(prop uint16, v []byte, text string) {
				switch prop {
				case propAttachLong:
					f.long = text
				case propAttachName, propDisplayName:
					if f.title == "" {
						f.title = text
					}
				case propAttachMime:
					f.mime = lowerASCII(text)
				case propAttachID:
					f.cid = text
				case propAttachData:
					if f.data == nil && len(v) > 16 {
						f.data = v[16:] // behind the id of the interface it is read with
					}
				}
			})
		}
	}
	return c, true
}

// mapiProperties calls found for each property: its bytes, and its text where it
// is a string (MS-OXTNEF 2.1.3.4).
func mapiProperties(b []byte, found func(prop uint16, value []byte, text string)) {
	take := func(n int) []byte {
		if n < 0 || n > len(b) {
			b = nil
			return nil
		}
		v := b[:n]
		b = b[min((n+3)&^3, len(b)):]
		return v
	}
	number := func() int {
		v := take(4)
		if v == nil {
			return -1
		}
		return int(int32(binary.LittleEndian.Uint32(v)))
	}
	count := number()
	for i := 0; i < count && i < maxTNEFProperties && len(b) >= 4; i++ {
		kind, prop := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:])
		b = b[4:]
		if prop >= 0x8000 { // a named property: its set, and a number or a name
			take(16)
			if number() == 1 {
				take(number())
			} else {
				take(4)
			}
		}
		values := 1
		if kind&0x1000 != 0 {
			values = number()
		}
		kind &^= 0x1000
		for ; values > 0 && len(b) > 0; values-- {
			switch kind {
			case 0x02, 0x03, 0x04, 0x0a, 0x0b:
				take(4)
			case 0x05, 0x06, 0x07, 0x14, 0x40:
				take(8)
			case 0x48:
				take(16)
			case 0x0d, 0x1e, 0x1f, 0x102: // each with a count of its own, which is 1
				for n := number(); n > 0 && len(b) > 0; n-- {
					v := take(number())
					text := ""
					switch kind {
					case 0x1e:
						text = toUTF8(bytes.TrimRight(v, "\x00"), "")
					case 0x1f:
						text = utf16Text(v)
					}
					found(prop, v, text)
				}
			default:
				return // an unknown kind has an unknown length
			}
		}
	}
}

func utf16Text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00")
}

// rtfPreset is the dictionary that both sides of compressed RTF begin with
// (MS-OXRTFCP 2.1.2.1).
const rtfPreset = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

// decompressRTF undoes MS-OXRTFCP. What is no compressed RTF gives nil.
func decompressRTF(b []byte) []byte {
	if len(b) < 16 {
		return nil
	}
	size := int(binary.LittleEndian.Uint32(b[4:]))
	kind := binary.LittleEndian.Uint32(b[8:])
	b = b[16:]
	switch kind {
	case 0x414c454d: // stored as it is
		return b[:min(max(size, 0), len(b))]
	case 0x75465a4c:
	default:
		return nil
	}
	size = min(max(size, 0), maxTextBytes)
	var dict [4096]byte
	at := copy(dict[:], rtfPreset)
	var out []byte
	put := func(c byte) {
		out = append(out, c)
		dict[at] = c
		at = (at + 1) & 4095
	}
	for len(b) > 0 && len(out) < size {
		flags := b[0]
		b = b[1:]
		for bit := 0; bit < 8 && len(out) < size; bit++ {
			if flags&(1<<bit) == 0 {
				if len(b) == 0 {
					return out
				}
				put(b[0])
				b = b[1:]
				continue
			}
			if len(b) < 2 {
				return out
			}
			ref := int(b[0])<<8 | int(b[1])
			b = b[2:]
			from, n := ref>>4, ref&15+2
			if from == at {
				return out // the mark of the end
			}
			for ; n > 0; n-- {
				put(dict[from])
				from = (from + 1) & 4095
			}
		}
	}
	return out
}

// isTNEF says whether a part is a winmail.dat.
func isTNEF(d partHead) bool {
	return d.ctype == "application/ms-tnef" || d.ctype == "application/vnd.ms-tnef" || strings.EqualFold(d.name, "winmail.dat")
}

// tnef lists a winmail.dat, the files in it, and its body as a text in case the
// mail has no other.
func (p *partReader) tnef(r io.Reader, d partHead) {
	var buf bytes.Buffer
	io.CopyN(&buf, r, maxNestedBytes+1)
	raw := buf.Bytes()
	if d.name == "" {
		d.name = "winmail.dat"
	}
	p.store(io.MultiReader(bytes.NewReader(raw), r), d)
	if len(raw) > maxNestedBytes {
		p.m.warn("winmail.dat is larger than 4 MiB, its files are not listed")
		return
	}
	c, ok := readTNEF(raw)
	if !ok {
		p.m.warn("winmail.dat cannot be read")
		return
	}
	p.nested++ // the part itself is in the content key
	defer func() { p.nested-- }()
	for _, f := range c.files {
		if p.parts++; p.parts > maxParts {
			p.m.warn("more than 1000 parts, the rest is not read")
			break
		}
		name := f.long
		if name == "" {
			name = f.title
		}
		part := partHead{name: cleanFileName(name), ctype: f.mime, cid: strings.Trim(cleanHeader(f.cid), "<>")}
		if strings.Count(part.ctype, "/") != 1 {
			part.ctype = typeByName(part.name)
		}
		part.ctype = cleanHeader(part.ctype)
		p.store(bytes.NewReader(f.data), part)
	}
	for _, body := range []struct {
		ctype, name string
		data        []byte
	}{{"text/html", "body.html", []byte(c.html)}, {"application/rtf", "body.rtf", c.rtf}} {
		if len(body.data) > 0 {
			p.store(bytes.NewReader(body.data), partHead{name: body.name, ctype: body.ctype, disposition: "inline"})
		}
	}
	plain, html := validText(c.plain), validText(c.html)
	if strings.TrimSpace(plain) == "" && html == "" {
		plain = rtfText(c.rtf)
	}
	if p.nested == 1 && p.fallback == nil && (strings.TrimSpace(plain) != "" || html != "") {
		p.fallback = []content{{plain: cut(plain, maxTextBytes), html: cut(html, maxTextBytes)}}
	}
}

// typeByName returns the type that a file's extension stands for.
func typeByName(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		ext := lowerASCII(name[i:])
		best := ""
		for ctype, e := range extensions {
			if e == ext && (best == "" || len(ctype) < len(best) || len(ctype) == len(best) && ctype < best) {
				best = ctype
			}
		}
		if best != "" {
			return best
		}
	}
	return "application/octet-stream"
}

// rtfText is the plain text of RTF, roughly: control words and the groups that
// hold no text are left out.
func rtfText(rtf []byte) string {
	var b strings.Builder
	depth, skip := 0, -1
	for i := 0; i < len(rtf); i++ {
		switch c := rtf[i]; c {
		case '{':
			depth++
			if skip < 0 && (bytes.HasPrefix(rtf[i:], []byte(`{\*`)) || bytes.HasPrefix(rtf[i:], []byte(`{\fonttbl`)) ||
				bytes.HasPrefix(rtf[i:], []byte(`{\colortbl`)) || bytes.HasPrefix(rtf[i:], []byte(`{\stylesheet`)) || bytes.HasPrefix(rtf[i:], []byte(`{\info`))) {
				skip = depth
			}
		case '}':
			if skip == depth {
				skip = -1
			}
			depth--
		case '\r', '\n':
		case '\\':
			j := i + 1
			for j < len(rtf) && (rtf[j] >= 'a' && rtf[j] <= 'z') {
				j++
			}
			word := string(rtf[i+1 : j])
			for j < len(rtf) && (rtf[j] == '-' || rtf[j] >= '0' && rtf[j] <= '9') && word != "" {
				j++
			}
			switch {
			case word == "" && j < len(rtf):
				if rtf[j] == '\'' && j+2 < len(rtf) && skip < 0 {
					hi, _ := unhex(rtf[j+1])
					lo, _ := unhex(rtf[j+2])
					b.WriteString(toUTF8([]byte{hi<<4 | lo}, "windows-1252"))
					j += 2
				} else if skip < 0 && strings.IndexByte(`{}\`, rtf[j]) >= 0 {
					b.WriteByte(rtf[j])
				}
				i = j
			default:
				if skip < 0 && (word == "par" || word == "line") {
					b.WriteByte('\n')
				} else if skip < 0 && word == "tab" {
					b.WriteByte('\t')
				}
				if j >= len(rtf) || rtf[j] != ' ' {
					j--
				}
				i = j
			}
		default:
			if skip < 0 {
				b.WriteByte(c)
			}
		}
	}
	return strings.TrimSpace(validText(b.String()))
}
