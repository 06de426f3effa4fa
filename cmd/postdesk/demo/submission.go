package demo

import (
	"errors"
	"fmt"
	"io"
	"log"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// newSMTP is the server that takes mail: from the desk, from the sample people, from any mail program on this machine.
func (h *MailHost) newSMTP() *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &submission{host: h, conn: c}, nil
	}))
	s.Domain = h.authservID()
	s.AllowInsecureAuth = true // loopback only
	s.EnableSMTPUTF8 = true
	s.MaxMessageBytes = maxMessage
	s.MaxRecipients = 100
	s.ReadTimeout, s.WriteTimeout = 5*time.Minute, time.Minute // RFC 5321, section 4.5.3.2.7
	s.ErrorLog = log.New(io.Discard, "", 0)                    // a client that hangs up is nobody's concern here
	return s
}

// submission is one SMTP connection.
type submission struct {
	host *MailHost
	conn *smtp.Conn
	user string
	from string
	to   []recipient
}

func (s *submission) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *submission) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(identity, username, password string) error {
		user := s.host.signIn(username, password)
		if user == "" || identity != "" && s.host.signIn(identity, password) != user {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *submission) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *submission) Rcpt(to string, _ *smtp.RcptOptions) error {
	box, err := s.host.mailboxFor(to)
	if err != nil {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: err.Error()}
	}
	s.to = append(s.to, recipient{address: to, box: box})
	return nil
}

func (s *submission) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	err = s.host.accept(envelope{from: s.from, to: s.to, helo: s.conn.Hostname(), user: s.user, received: time.Now()}, raw)
	if errors.Is(err, errUnreadable) {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	if err != nil {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: err.Error()}
	}
	return nil
}

func (s *submission) Reset()        { s.from, s.to = "", nil }
func (s *submission) Logout() error { return nil }

// Submit hands a message to the mail host at addr from another process, signed in as from.
func Submit(addr, password, from string, to []string, raw []byte) error {
	c, err := smtp.Dial(addr)
	if err != nil {
		return fmt.Errorf("sample mail host: %w", err)
	}
	defer c.Close()
	if err := c.Auth(sasl.NewPlainClient("", from, password)); err != nil {
		return fmt.Errorf("sign in to the sample mail host as %s: %w", from, err)
	}
	if err := c.Mail(from, nil); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	for _, t := range to {
		if err := c.Rcpt(t, nil); err != nil {
			return fmt.Errorf("send to %s: %w", t, err)
		}
	}
	w, err := c.Data()
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if _, err := w.Write(raw); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if err := w.Close(); err != nil { // the server's answer to the final dot
		return fmt.Errorf("send: %w", err)
	}
	return c.Quit()
}
