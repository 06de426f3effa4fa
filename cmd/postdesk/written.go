package main

import (
	"context"
	"time"
)

// writtenEvery is how often each daemon looks for messages from the desk whose time to be taken back is over.
const writtenEvery = time.Second

// sendWritten sends those messages until ctx ends. It is no periodic job, for people wait for it by the second. What a
// daemon that was stopped left is sent by the next one, or by another on the same database.
func (p *Program) sendWritten(ctx context.Context) {
	said := ""
	for {
		switch err := p.desk.SendDue(ctx); {
		case err == nil:
			said = ""
		case ctx.Err() == nil && err.Error() != said:
			said = err.Error()
			p.log.Error("messages from the desk wait", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(writtenEvery):
		}
	}
}
