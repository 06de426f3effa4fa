package mailout

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// Send hands one mail for one recipient to the server. from may be empty (the
// null return path); addresses are dot-atoms in ASCII (see CheckAddress), anything
// else is Permanent without a word to the server. content is written as it is,
// but for dot-stuffing and line ends, which become CRLF; for a retry the caller
// passes the same bytes again.
//
// beforeDot is called when the whole content has left and its closing dot has
// not. If it fails, or anything before it does, the connection is cut, so that
// the server never sees the dot and delivers nothing. Once it has succeeded only
// the server's answer can tell: without one the outcome is Uncertain. A nil
// beforeDot is none. The cancelling of ctx cuts the connection at any point.
//
// After an outcome the connection may be used again if Usable says so.
func (c *Conn) Send(ctx context.Context, from, to string, content io.WriterTo, beforeDot func(context.Context) error) Outcome {
	if from != "" {
		if err := CheckAddress(from); err != nil {
			return Outcome{Class: Permanent, Phase: PhaseLocal, Err: fmt.Errorf("sender: %w", err)}
		}
	}
	if err := CheckAddress(to); err != nil {
		return Outcome{Class: Permanent, Phase: PhaseLocal, Err: fmt.Errorf("recipient: %w", err)}
	}
	c.talk.Lock()
	defer c.talk.Unlock()
	if !c.Usable() {
		return Outcome{Class: Temporary, Phase: PhaseLocal, Err: errUnusable}
	}
	stop := context.AfterFunc(ctx, c.cut)
	defer func() {
		if !stop() {
			c.cut()
		}
		c.lastUsed = time.Now()
	}()

	if out, ok := c.ask(PhaseMail, func() error { return c.client.Mail("<" + from + ">") }); !ok {
		return out
	}
	if out, ok := c.ask(PhaseRcpt, func() error { return c.client.Rcpt("<" + to + ">") }); !ok {
		c.reset()
		return out
	}
	var data io.WriteCloser
	if out, ok := c.ask(PhaseData, func() (err error) { data, err = c.client.Data(); return err }); !ok {
		c.reset()
		return out
	}
	return c.deliver(ctx, data.(*smtp.DataCloser), content, beforeDot)
}

// ask runs one command and reports whether the server agreed.
func (c *Conn) ask(phase Phase, command func() error) (Outcome, bool) {
	c.link.extend(c.cfg.Timeout)
	err := command()
	if err == nil && c.client.Text.R.Buffered() > 0 {
		err = errOutOfStep
	}
	if err == nil {
		return Outcome{}, true
	}
	out := outcomeOf(phase, err)
	if !understood(out) {
		c.cut()
	}
	return out, false
}

// understood tells whether the dialogue can go on after a refusal: a proper 4xx
// or 5xx was read, and not 421, which announces that the server hangs up.
func understood(out Outcome) bool {
	return out.Code != 421 && (out.Code/100 == 4 || out.Code/100 == 5)
}

// reset ends a transaction that MAIL has begun and the server has refused to go on with.
func (c *Conn) reset() {
	if c.dead.Load() {
		return
	}
	c.link.extend(c.cfg.Timeout)
	if err := c.client.Reset(); err != nil {
		c.cut()
	}
}

// deliver writes the content, calls the hook and ends the mail. Until then
// textproto holds an open dot writer, and *every* further command (QUIT, RSET,
// MAIL) would begin by writing the closing dot, so that half a mail is delivered.
// Therefore every way out that has not read the server's answer, a panic too,
// cuts the network connection.
func (c *Conn) deliver(ctx context.Context, data *smtp.DataCloser, content io.WriterTo, beforeDot func(context.Context) error) Outcome {
	answered := false
	defer func() {
		if !answered {
			c.cut()
		}
	}()

	if out, ok := c.write(data, content); !ok {
		return out
	}
	if beforeDot != nil {
		hook, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
		err := beforeDot(hook)
		cancel()
		if err != nil {
			return Outcome{Class: Aborted, Phase: PhaseHook, Err: fmt.Errorf("before the final dot: %w", err)}
		}
	}
	if c.dead.Load() || ctx.Err() != nil { // cut while the hook ran: still certain, so say so
		return Outcome{Class: Aborted, Phase: PhaseHook, Err: fmt.Errorf("before the final dot: %w", cmp.Or(ctx.Err(), errUnusable))}
	}

	c.link.extend(c.cfg.FinalTimeout)
	err := data.Close()
	out := Outcome{Class: Accepted, Phase: PhaseDot, Code: 250, Response: responseText(250, data.ServerResponse())}
	if err != nil {
		out = outcomeOf(PhaseDot, err)
	}
	answered = out.Class == Accepted || understood(out)
	return out
}

// write sends the content and empties our buffers, so that what the hook then
// records is true: all that is missing is the dot.
func (c *Conn) write(data io.Writer, content io.WriterTo) (Outcome, bool) {
	w := &contentWriter{conn: c, data: data}
	n, err := content.WriteTo(w)
	if err == nil && n == 0 {
		err = errEmpty // a consumed reader, not a mail
	}
	if err == nil {
		err = w.finish()
	}
	switch {
	case w.err != nil:
		return c.interrupted(w.err), false
	case err != nil:
		return Outcome{Class: Aborted, Phase: PhaseContent, Err: fmt.Errorf("content: %w", err)}, false
	}
	return Outcome{}, true
}

// interrupted looks for the reason when the server stopped reading: some answer
// 552 or 421 in the middle of the content and hang up. Reading writes no dot.
func (c *Conn) interrupted(cause error) Outcome {
	c.link.extend(min(c.cfg.Timeout, time.Second))
	_, _, err := c.client.Text.ReadResponse(250)
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		err = cause
	}
	return outcomeOf(PhaseContent, err)
}

// contentWriter completes each CR without LF to CRLF (textproto's dot writer does
// so for each LF without CR): a bare line end before a dot can split one mail in
// two (SMTP smuggling, VU#302671). It renews the deadline with every piece and
// remembers whether it was the network that failed.
type contentWriter struct {
	conn *Conn
	data io.Writer
	cr   bool
	err  error
}

const pieceSize = 32 << 10

func (w *contentWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if w.cr && rest[0] != '\n' {
			if err := w.send([]byte{'\n'}); err != nil {
				return len(p) - len(rest), err
			}
		}
		n := min(len(rest), pieceSize)
		if i := bytes.IndexByte(rest[:n], '\r'); i >= 0 {
			n = i + 1
		}
		if err := w.send(rest[:n]); err != nil {
			return len(p) - len(rest), err
		}
		w.cr = rest[n-1] == '\r'
		rest = rest[n:]
	}
	return len(p), nil
}

func (w *contentWriter) send(p []byte) error {
	w.conn.link.extend(w.conn.cfg.Timeout)
	if _, err := w.data.Write(p); err != nil {
		w.err = err
	}
	return w.err
}

// finish leaves nothing of the content in a buffer of ours.
func (w *contentWriter) finish() error {
	if w.cr {
		if err := w.send([]byte{'\n'}); err != nil {
			return err
		}
	}
	w.conn.link.extend(w.conn.cfg.Timeout)
	w.err = w.conn.client.Text.W.Flush()
	return w.err
}
