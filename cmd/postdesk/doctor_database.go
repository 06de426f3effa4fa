package main

import (
	"context"
	"fmt"

	"postdesk/core"
)

// The PostgreSQL versions that Postdesk is tested with.
const oldestPostgres, newestPostgres = 15, 18

// durable says what the promise of mail.md 1 needs of the database: what was committed stays committed.
var durable = []struct{ setting, bad, why, next string }{
	{"fsync", "off", "a power cut may lose or destroy mail that was accepted", "set fsync = on in postgresql.conf and reload it"},
	{"full_page_writes", "off", "a power cut may destroy pages of the database", "set full_page_writes = on in postgresql.conf and reload it"},
	{"synchronous_commit", "off", "a crash may lose the last moments, with mail that is marked or moved on its server already",
		"set synchronous_commit = on for this database"},
}

// database looks at the database; false = nothing else can be looked at.
func (d *doctor) database(ctx context.Context) bool {
	line := func(check string, h core.Health, text, next string) {
		d.say(core.Diagnosis{Area: "database", Check: check, Health: h, Text: text, Next: next})
	}
	facts, err := d.store.DatabaseFacts(ctx)
	if err != nil {
		line("connection", core.HealthWrong, databaseError(d.config, err).Error(), "see POSTDESK_DATABASE_URL")
		return false
	}
	line("connection", core.HealthOK, "reached", "")
	switch major := facts.Number / 10000; {
	case major < oldestPostgres:
		line("version", core.HealthWrong, "PostgreSQL "+facts.Version, fmt.Sprintf("install PostgreSQL %d to %d", oldestPostgres, newestPostgres))
	case major > newestPostgres:
		line("version", core.HealthWarning, "PostgreSQL "+facts.Version+" is newer than what this version was tested with", "")
	default:
		line("version", core.HealthOK, "PostgreSQL "+facts.Version, "")
	}
	for _, s := range durable {
		if facts.Settings[s.setting] == s.bad {
			line(s.setting, core.HealthWrong, "is "+s.bad+": "+s.why, s.next)
		} else {
			line(s.setting, core.HealthOK, "is "+facts.Settings[s.setting], "")
		}
	}
	if err := d.store.CheckSchema(ctx); err != nil {
		line("schema", core.HealthWrong, databaseError(d.config, err).Error(), "")
		return false
	}
	line("schema", core.HealthOK, "up to date", "")
	return true
}
