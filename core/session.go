package core

import "time"

// Session is a browser in which somebody is signed in, as its owner sees it.
type Session struct {
	ID        string
	Key       string // under which it is stored; it opens nothing
	CreatedAt time.Time
	SeenAt    time.Time // of its last request, at most a minute late
	Address   string    // of the network of its last request
	Browser   string    // what the browser calls itself (RFC 9110 section 10.1.5)
}

// SavedSession is a session as it is kept. Person is 0 where nobody has signed in yet.
type SavedSession struct {
	Key     string
	Data    []byte
	Expires time.Time
	Person  PersonID
	Address string
	Browser string
}
