package helpdesk

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"postdesk/core"
)

// KnownBrowser makes the mark by which a browser shows later that an account was signed in to with it. It opens nothing: it
// only tells the owner's tries from those of strangers.
func (h *Helpdesk) KnownBrowser(account string) string {
	id := rand.Text()
	return id + "." + h.browserMAC(account, id)
}

// KnowsBrowser gives the browser's id where the mark was made for the account, else "".
func (h *Helpdesk) KnowsBrowser(account, mark string) string {
	id, mac, ok := strings.Cut(mark, ".")
	if !ok || subtle.ConstantTimeCompare([]byte(mac), []byte(h.browserMAC(account, id))) != 1 {
		return ""
	}
	return id
}

func (h *Helpdesk) browserMAC(account, id string) string {
	mac := h.store.Secrets().MAC([]byte("known browser"), []byte(core.FoldAddress(account)), []byte(id))
	return base64.RawURLEncoding.EncodeToString(mac[:16])
}
