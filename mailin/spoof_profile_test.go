package mailin

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// profile is a mail host with the trust that a mailbox there is given, and how it writes what it found about a sender.
type profile struct {
	name, trust string
	// write makes a mail as the mailbox shows it, for what the host found: nothing (it did not look), fail, none (it looked
	// and found neither), other (a pass for another domain), pass.
	write func(o *office, found string, p post) string
	// worth is what that is worth, where it is not what the host found: its evidence may be no evidence here.
	worth map[string]string
}

const strictTrust = "update mailbox set policy = 'strict', dkim = %t, authserv_ids = '{%s}', borders = '{%s}'"

func profiles() []profile {
	top := func(tops map[string]string) func(*office, string, post) string {
		return func(o *office, found string, p post) string {
			p.top = tops[found]
			return p.raw(o)
		}
	}
	return []profile{
		{"Postfix with rspamd", fmt.Sprintf(strictTrust, true, "mx.city.test", "mx.city.test"), top(map[string]string{
			"nothing": "",
			"fail":    ar("\r\n\tdkim=none;\r\n\tdmarc=fail reason=\"No valid SPF, No valid DKIM\" header.from=city.test (policy=reject);\r\n\tspf=fail (mx.city.test: domain of mia@city.test does not designate 192.0.2.1) smtp.mailfrom=mia@city.test") + border,
			"none":    ar("\r\n\tdkim=none;\r\n\tdmarc=none;\r\n\tspf=none smtp.mailfrom=mia@city.test") + border,
			"other":   ar("\r\n\tdkim=pass header.d=evil.test header.s=sel header.b=abc;\r\n\tspf=pass smtp.mailfrom=x@evil.test") + border,
			"pass":    ar("\r\n\tdkim=pass header.d=city.test header.s=sel header.b=abc;\r\n\tdmarc=pass (policy=reject) header.from=city.test;\r\n\tspf=pass smtp.mailfrom=mia@city.test") + border,
		}), nil},
		{"Exchange Online", fmt.Sprintf(strictTrust, true, "none", "*.mail.protection.outlook.com"), top(map[string]string{
			"nothing": "",
			"fail":    exchangeTop("dkim=none (message not signed) header.d=none;dmarc=fail action=oreject header.from=city.test;compauth=fail reason=000"),
			"none":    exchangeTop("dkim=none (message not signed) header.d=none;dmarc=none action=none header.from=city.test;compauth=none reason=405"),
			"other":   exchangeTop("dkim=pass (signature was verified) header.d=evil.test;dmarc=none action=none header.from=city.test;compauth=other"),
			"pass":    exchangeTop("dkim=pass (signature was verified) header.d=city.test;dmarc=pass action=none header.from=city.test;compauth=pass reason=100"),
		}), nil},
		// Its own results stand below its Received, so the desk's check of the signature is the only source there.
		{"Gmail", fmt.Sprintf(strictTrust, true, "mx.google.com", "mx.google.com"), func(o *office, found string, p post) string {
			raw := o.recent(p.raw(o))
			switch found {
			case "fail":
				return gmailTop("dmarc=fail (p=REJECT) header.from=city.test") + strings.Replace(sign(raw, "city.test", usualFields, ""), "bh=", "bh=A", 1)
			case "none":
				return gmailTop("dmarc=none header.from=city.test") + raw
			case "other":
				return gmailTop("dkim=pass header.i=@evil.test; dmarc=pass header.from=city.test") + sign(raw, "evil.test", usualFields, "")
			case "pass":
				return gmailTop("dkim=pass header.i=@city.test header.s=sel; dmarc=pass (p=REJECT) header.from=city.test") + sign(raw, "city.test", usualFields, "")
			}
			return raw
		}, map[string]string{"fail": "nothing", "none": "nothing", "other": "nothing"}},
	}
}

// recent gives a mail the office's time, for signatures count seven days.
func (o *office) recent(raw string) string {
	return strings.Replace(raw, "Wed, 04 Mar 2026 11:00:00 +0000", o.now.Format(time.RFC1123Z), 1)
}

// spoofed is an office whose mailbox lies at the host.
func (p profile) office(o *office, policy string) *office {
	o.Helper()
	o.worker.LookupTXT = func(context.Context, string) ([]string, error) { return []string{dkimRecord()}, nil }
	o.sql(p.trust)
	o.sql("update mailbox set policy = $1", policy)
	o.sql("insert into role_grant (service_id, role, person_id) values ($1, 'main_solver', $2)", o.Network, o.People["mia"].ID) // so that she may move tickets there
	o.sql("insert into person (email, name, origin) values ('out@city.test', 'Out Sider', 'contact')")
	if _, err := o.Store.Directory(o.Context()); err != nil { // the worker's picture may be a second old
		o.Fatal(err)
	}
	return o
}

// everything is a digest of all that a mail could have an effect on: the whole database but for the ledger of mail, and
// what stands for the mail that is sent.
func (o *office) everything() (digest string) {
	o.Helper()
	rows, err := o.Store.Pool().Query(o.Context(), `select table_name from information_schema.tables where table_schema = current_schema()
		and table_type = 'BASE TABLE' and table_name <> all ('{inbound,outbox,outbox_content,reply_token,confirmation,blob,blob_chunk,
		mailbox,mailbox_state,address_guard,sessions,desk,goose_db_version}') and table_name not like 'river%' order by 1`)
	if err != nil {
		o.Fatal(err)
	}
	var parts []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			o.Fatal(err)
		}
		parts = append(parts, fmt.Sprintf("select '%[1]s' || coalesce(string_agg(x::text, '|' order by x::text), '') as t from %[1]s x", name))
	}
	if err := rows.Err(); err != nil || len(parts) < 20 {
		o.Fatalf("%d tables: %v", len(parts), err)
	}
	o.digests = "select md5(string_agg(t, '#' order by t)) from (" + strings.Join(parts, " union all ") + ") all_of_it"
	return o.digest()
}

func (o *office) digest() (digest string) {
	o.Helper()
	if err := o.Store.Pool().QueryRow(o.Context(), o.digests).Scan(&digest); err != nil {
		o.Fatal(err)
	}
	return digest
}
