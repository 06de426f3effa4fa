package mailin

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Left behind on purpose by the test of a server that answers AUTHENTICATE twice (IMAP.exec).
		goleak.IgnoreAnyFunction("github.com/emersion/go-imap/v2/imapclient.(*Client).Authenticate"))
}
