package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"postdesk/mailin"
)

type explainCmd struct {
	JSON  bool     `help:"One JSON object a line for each file."`
	Files []string `arg:"" name:"file" help:"Raw messages; - reads one from standard input."`
}

// Run reads each file as the desk would read it. What is no message at all is explained, too; only a file that cannot be
// opened is a failure, after the others were explained.
func (c *explainCmd) Run(env *environment) error {
	var failures []error
	for _, name := range c.Files {
		x, err := explainFile(name)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		if c.JSON {
			err = json.NewEncoder(env.Stdout).Encode(x)
		} else {
			err = printExplanation(env.Stdout, x)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(failures...)
}

func explainFile(name string) (mailin.Explanation, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return mailin.Explanation{}, err
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return mailin.Explanation{}, fmt.Errorf("%s is a directory: name the files in it", name)
		}
		in = f
	}
	return mailin.Explain(name, mailin.Read(in, mailin.Options{})), nil
}

func printExplanation(w io.Writer, x mailin.Explanation) error {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-12s %s\n", name, strings.ReplaceAll(value, "\n", "\n"+strings.Repeat(" ", 13)))
		}
	}
	list := func(addresses []mailin.Address) string {
		var out []string
		for _, a := range addresses {
			out = append(out, strings.TrimSpace(a.Name+" <"+a.Address+">"))
		}
		return strings.Join(out, ", ")
	}
	field("file", x.File)
	field("from", list(x.From))
	field("to", list(x.To))
	field("cc", list(x.Cc))
	field("subject", x.Subject)
	if x.Date != nil {
		field("date", *x.Date)
	}
	field("message id", x.MessageID)
	field("class", string(x.Class)+"  ("+strings.Join(x.Reasons, "; ")+")")
	field("language", x.Language)
	for _, c := range x.Commands {
		field("command", strings.TrimSpace("#"+c.Name+" "+c.Argument))
	}
	field("new text", x.Visible)
	field("quoted", x.Quoted)
	field("signature", x.Signature)
	for _, a := range x.Attachments {
		field("attachment", fmt.Sprintf("%s, %s, %d bytes", a.Name, a.ContentType, a.Size))
	}
	for _, warning := range x.Warnings {
		field("warning", warning)
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}
