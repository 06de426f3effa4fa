package mailout

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// Thread-Index is what Outlook groups a conversation by, where it does not look
// at References ([MS-OXOMSG] 2.2.1.3): a header of 22 bytes (time and GUID) and 5
// bytes more for each answer, in base64.
const (
	threadHeader = 22
	threadLevel  = 5
	// threadMax is 120 answers: far above any real thread, and still one line.
	threadMax = threadHeader + 120*threadLevel
)

// NewThreadIndex begins a conversation. It depends on the root's Message-ID and
// the time only, so that every mail of a ticket can name the same one.
func NewThreadIndex(rootID string, at time.Time) string {
	var index [threadHeader]byte
	var ticks [8]byte
	binary.BigEndian.PutUint64(ticks[:], fileTime(at))
	copy(index[:6], ticks[:6])
	sum := sha256.Sum256([]byte("thread\n" + bareID(rootID)))
	copy(index[6:], sum[:16])
	return base64.StdEncoding.EncodeToString(index[:])
}

// ExtendThreadIndex answers a mail that carried parent. It returns "" where parent
// is no conversation index, and parent itself where that is already as long as a
// line allows.
func ExtendThreadIndex(parent string, at time.Time) string {
	index, ok := decodeThreadIndex(parent)
	if !ok {
		return ""
	}
	if len(index)+threadLevel > threadMax {
		return base64.StdEncoding.EncodeToString(index)
	}
	now, start := fileTime(at), threadStart(index)
	var since uint64
	if now > start {
		since = now - start
	}
	// 31 bits of the time since the start, and a bit that says which 31: coarser
	// ones from about 1.8 years on.
	level := uint32(since>>18) & 0x7fffffff
	if since >= 1<<49 {
		level = uint32(since>>23)&0x7fffffff | 1<<31
	}
	index = binary.BigEndian.AppendUint32(index, level)
	// The last byte is there to tell siblings apart; the time's finer bits do, and
	// stay the same when the mail is rendered again.
	index = append(index, byte(now>>10)&0xf0)
	return base64.StdEncoding.EncodeToString(index)
}

func decodeThreadIndex(s string) ([]byte, bool) {
	if len(s) > base64.StdEncoding.EncodedLen(threadMax) {
		return nil, false
	}
	index, err := base64.StdEncoding.Strict().DecodeString(s)
	ok := err == nil && len(index) >= threadHeader && (len(index)-threadHeader)%threadLevel == 0 && visible(s)
	return index, ok
}

// threadStart reads the header's time. QUIRK: older Outlook writes the six high
// bytes of the FILETIME, whose first is 1 anyway; newer ones put a reserved 1
// before five of them.
func threadStart(index []byte) uint64 {
	var ticks [8]byte
	if index[1] == 1 {
		copy(ticks[:], index[1:6])
	} else {
		copy(ticks[:], index[:6])
	}
	return binary.BigEndian.Uint64(ticks[:])
}

// fileTime counts 100 ns since 1601-01-01 ([MS-DTYP] 2.3.3).
func fileTime(t time.Time) uint64 {
	const secondsTo1970 = 11_644_473_600
	return uint64((t.Unix()+secondsTo1970)*1e7 + int64(t.Nanosecond())/100)
}
