package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"postdesk/cmd/postdesk/e2e/mailhost"
)

// requesters is how many people write.
const requesters = 200

// mailSize is how large each mail is, in bytes.
const mailSize = 4 << 10

// letter is one mail of a load.
type letter struct {
	thread int
	raw    []byte
}

// The main solvers.
const (
	mia = "mia@" + mailhost.Domain
	sol = "sol@" + mailhost.Domain
)

// told says whom the desk will tell about a mail, by what the mail says itself: whom it names beside the desk has it already, and
// its sender may wish no acknowledgement.
type told struct {
	beside      []string // main solvers in To
	acknowledge bool
}

// Of each mail of a backlog two people are told: of a new one its sender and the one main solver whom it does not name, of a
// reply both main solvers.
var (
	backlogNew   = told{beside: []string{sol}, acknowledge: true}
	backlogReply = told{acknowledge: true}
)

// At a pace of two mails in for one out, nobody is told of a new one, and one main solver of a reply.
var (
	pacedNew   = told{beside: []string{mia, sol}}
	pacedReply = told{beside: []string{sol}, acknowledge: true}
)

// backlog makes n mails, half of them new; each reply follows a dozen mails behind the mail that it answers.
func backlog(n int) []letter {
	const behind = 12
	letters := make([]letter, 0, n)
	opened, answered := 0, 0
	for len(letters) < n {
		if opened < n/2 && (opened-answered < behind || len(letters)%2 == 0) {
			letters = append(letters, newLetter(opened, backlogNew))
			opened++
		} else {
			letters = append(letters, replyLetter(answered, backlogReply))
			answered++
		}
	}
	return letters
}

func sender(thread int) string { return fmt.Sprintf("user%03d@%s", thread%requesters, mailhost.Domain) }

func messageID(thread int) string { return fmt.Sprintf("new-%d@client.%s", thread, mailhost.Domain) }

func newLetter(thread int, t told) letter {
	return letter{thread, compose(thread, messageID(thread), "", fmt.Sprintf("Printer %d is on fire", thread), t, "")}
}

func replyLetter(thread int, t told) letter {
	ref := messageID(thread)
	quoted := "On Monday, IT wrote:\r\n> We are looking at it.\r\n> It may take until tomorrow.\r\n"
	head := fmt.Sprintf("In-Reply-To: <%s>\r\nReferences: <%s>\r\n", ref, ref)
	return letter{thread, compose(thread, "re-"+ref, head, fmt.Sprintf("Re: Printer %d is on fire", thread), t, quoted)}
}

// compose writes a mail of two forms as a client does, stamped by a border that knows its sender.
func compose(thread int, id, head, subject string, t told, quoted string) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("Authentication-Results: mx.%s; dmarc=pass header.from=%[1]s", mailhost.Domain)
	line("Received: from client.%s ([127.0.0.1]) by mx.%[1]s with ESMTPS id %d; %s", mailhost.Domain, thread, time.Now().Format(time.RFC1123Z))
	line("From: User %03d <%s>", thread%requesters, sender(thread))
	line("To: %s", strings.Join(append([]string{"it@" + mailhost.Domain}, t.beside...), ", "))
	if !t.acknowledge {
		line("X-Auto-Response-Suppress: All")
	}
	line("Subject: %s", subject)
	line("Date: %s", time.Now().Format(time.RFC1123Z))
	line("Message-ID: <%s>", id)
	b.WriteString(head)
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/alternative; boundary=part")
	line("")
	words := text(1200)
	line("--part\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n\r\n%s", words, quoted)
	line("--part\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>%s</p>", words)
	for missing := mailSize - b.Len() - 40; missing > 0; missing = mailSize - b.Len() - 40 {
		line("<p class=MsoNormal>%s</p>", text(min(missing, 70)))
	}
	line("</body></html>\r\n--part--")
	return b.Bytes()
}

// text is about n characters that no compression makes small, in lines as a client breaks them.
func text(n int) string {
	var b strings.Builder
	for b.Len() < n {
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		for width := min(70, n-b.Len()); width > 0; {
			word := make([]byte, 1+rand.IntN(4))
			for i := range word {
				word[i] = byte(rand.IntN(256))
			}
			s := hex.EncodeToString(word) + " "
			b.WriteString(s)
			width -= len(s)
		}
	}
	return b.String()
}
