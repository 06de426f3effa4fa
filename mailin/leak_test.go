package mailin

import (
	"testing"

	"go.uber.org/goleak"

	"postdesk/core/store/storetest"
)

// suite stops the tests' PostgreSQL before goroutines are counted.
type suite struct{ m *testing.M }

func (s suite) Run() int { return storetest.Run(s.m) }

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(suite{m},
		// Left behind on purpose by the test of a server that answers AUTHENTICATE twice (IMAP.exec).
		goleak.IgnoreAnyFunction("github.com/emersion/go-imap/v2/imapclient.(*Client).Authenticate"))
}
