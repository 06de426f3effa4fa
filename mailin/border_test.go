package mailin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"postdesk/core"
)

// Trace fields as the servers that people run write them, from the top.
const (
	traceRspamd = "Return-Path: <sol@city.test>\r\n" +
		"Received: from mx.city.test ([10.0.0.5])\r\n\tby imap.city.test with LMTP id aB3; Wed, 04 Mar 2026 11:00:02 +0000\r\n" +
		"Authentication-Results: mx.city.test;\r\n\tdkim=pass header.d=city.test header.s=k1 header.b=aaaa;\r\n\tspf=pass (mx.city.test: domain of sol@city.test designates 192.0.2.7) smtp.mailfrom=sol@city.test;\r\n\tdmarc=pass (policy=reject) header.from=city.test\r\n" +
		"Received: from out.city.test (out.city.test [192.0.2.7])\r\n\tby mx.city.test (Postfix) with ESMTPS id 4Xy1\r\n\tfor <it@city.test>; Wed, 04 Mar 2026 11:00:01 +0000\r\n" +
		"DKIM-Signature: v=1; a=rsa-sha256; d=city.test; s=k1; h=from:to; bh=x; b=aaaa\r\n" +
		"Received: from laptop (unknown [198.51.100.4])\r\n\tby out.city.test (Postfix) with ESMTPSA id 77; Wed, 04 Mar 2026 11:00:00 +0000\r\n"
	// OpenDKIM and OpenDMARC, each with a field of its own.
	traceOpenDKIM = "Authentication-Results: auth.city.test; dmarc=pass (p=none dis=none) header.from=city.test\r\n" +
		"Authentication-Results: mx.city.test;\r\n\tdkim=pass (2048-bit key; unprotected) header.d=city.test header.i=@city.test header.b=\"bbbb\"\r\n" +
		"Received: from out.city.test (out.city.test [192.0.2.7])\r\n\tby mx.city.test (Postfix) with ESMTPS id 12; Wed, 04 Mar 2026 11:00:01 +0000\r\n" +
		"DKIM-Signature: v=1; a=rsa-sha256; d=city.test; s=k1; h=from:to; bh=x; b=bbbb\r\n"
	traceExchange = "Received: from AB0P1.eur.prod.test (2001:db8::1) by AB0P2.eur.prod.test\r\n with HTTPS; Wed, 04 Mar 2026 11:00:03 +0000\r\n" +
		"Received: from DB0F1.mail.protection.outlook.com\r\n (2001:db8::2) by AB0P3.eur.prod.test with Microsoft SMTP\r\n Server id 15.20; Wed, 04 Mar 2026 11:00:02 +0000\r\n" +
		"Authentication-Results: spf=pass (sender IP is 192.0.2.7)\r\n smtp.mailfrom=city.test; dkim=pass (signature was verified)\r\n header.d=city.test;dmarc=pass action=none\r\n header.from=city.test;compauth=pass reason=100\r\n" +
		"Received-SPF: Pass (protection.outlook.com: domain of city.test designates 192.0.2.7)\r\n" +
		"Received: from out.city.test (192.0.2.7) by DB0F1.mail.protection.outlook.com\r\n (10.1.2.3) with Microsoft SMTP Server id 15.20; Wed, 04 Mar 2026 11:00:01 +0000\r\n" +
		"DKIM-Signature: v=1; a=rsa-sha256; d=city.test; s=k1; h=from:to; bh=x; b=cccc\r\n"
	traceGmail = "Delivered-To: it@city.test\r\n" +
		"Received: by 2001:db8:17:1 with SMTP id k9; Wed, 4 Mar 2026 03:00:02 -0800 (PST)\r\n" +
		"ARC-Seal: i=1; a=rsa-sha256; d=google.com; cv=none; b=x\r\n" +
		"ARC-Authentication-Results: i=1; mx.google.com; dkim=pass header.i=@city.test; dmarc=pass header.from=city.test\r\n" +
		"Return-Path: <sol@city.test>\r\n" +
		"Received: from out.city.test (out.city.test. [192.0.2.7])\r\n        by mx.google.com with ESMTPS id p5; Wed, 04 Mar 2026 03:00:01 -0800 (PST)\r\n" +
		"Received-SPF: pass (google.com: domain of sol@city.test designates 192.0.2.7) client-ip=192.0.2.7;\r\n" +
		"Authentication-Results: mx.google.com;\r\n       dkim=pass header.i=@city.test header.s=k1 header.b=dddd;\r\n       spf=pass smtp.mailfrom=sol@city.test;\r\n       dmarc=pass (p=REJECT) header.from=city.test\r\n" +
		"DKIM-Signature: v=1; a=rsa-sha256; d=city.test; s=k1; h=from:to; bh=x; b=dddd\r\n" +
		"Received: from laptop ([198.51.100.4]) by out.city.test (Postfix) with ESMTPSA id 9; Wed, 04 Mar 2026 11:00:00 +0000\r\n"
	traceSilent = "Received: from laptop (unknown [198.51.100.4])\r\n\tby mx.city.test (Postfix) with ESMTPSA id 4; Wed, 04 Mar 2026 11:00:00 +0000\r\n"
	forgedStamp = "Authentication-Results: mx.city.test; dmarc=pass (made-up) header.from=city.test\r\n"
)

func traced(top string) *Message {
	return Read(strings.NewReader(top+"From: Sol Vega <sol@city.test>\r\nTo: it@city.test\r\nSubject: x\r\n\r\nx\r\n"), Options{})
}

func TestTraceKnowsTheStylesOfServers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		top          string
		style        BorderStyle
		borders, ids []string
		dkim         bool
	}{
		"Postfix with rspamd":            {traceRspamd, StampsAbove, []string{"mx.city.test"}, []string{"mx.city.test"}, false},
		"Postfix with OpenDKIM, DMARC":   {traceOpenDKIM, StampsAbove, []string{"mx.city.test"}, []string{"auth.city.test", "mx.city.test"}, false},
		"Exchange Online":                {traceExchange, StampsNameless, []string{"*.mail.protection.outlook.com"}, []string{"none"}, true},
		"Gmail":                          {traceGmail, StampsBelow, nil, nil, true},
		"Postfix that checks nothing":    {traceSilent, StampsNone, []string{"mx.city.test"}, nil, true},
		"a probe's forged results below": {traceSilent + forgedStamp, StampsNone, []string{"mx.city.test"}, nil, true},
		"checked, and forged below":      {traceRspamd + forgedStamp, StampsAbove, []string{"mx.city.test"}, []string{"mx.city.test"}, false},
		"no trace at all":                {"", StampsNone, nil, nil, true},
	} {
		got := ReadTrace(traced(c.top), "made-up")
		if got.Style != c.style || !slices.Equal(got.Trust.Borders, c.borders) || !slices.Equal(got.Trust.AuthservIDs, c.ids) || got.Trust.DKIM != c.dkim {
			t.Errorf("%s: style %s, suggests %v %v dkim %t", name, got.Style, got.Trust.Borders, got.Trust.AuthservIDs, got.Trust.DKIM)
		}
	}
}

// TestBorderIsExplained: what each set of headers means for settings of the mailbox, by line and health.
func TestBorderIsExplained(t *testing.T) {
	t.Parallel()
	trusting := func(policy core.TrustPolicy, borders ...string) *core.Mailbox {
		return &core.Mailbox{AuthservIDs: []string{"mx.city.test"}, Borders: borders, Policy: policy}
	}
	strict, failing := trusting(core.StrictPolicy, "mx.city.test"), strings.ReplaceAll(traceRspamd, "=pass", "=fail")
	for name, c := range map[string]struct {
		top   string
		trust *core.Mailbox
		want  []string // "check health part of text or next step"
	}{
		"rspamd, trusted": {traceRspamd, strict, []string{"border ok mx.city.test says: dkim=pass", "forged results ok removed", "sender ok policy strict works"}},
		"rspamd, not set up": {traceRspamd, nil, []string{"border warning set trust: {authserv_ids: [mx.city.test], borders: [mx.city.test]}",
			"sender ok proven to be of city.test"}},
		"rspamd, another border set": {traceRspamd, trusting(core.StrictPolicy, "old.city.test"),
			[]string{"border wrong no Received is by [old.city.test]", "sender warning would be held"}},
		"OpenDKIM, trusted": {traceOpenDKIM, strict, []string{"border ok mx.city.test says: dkim=pass", "sender ok proven"}},
		"Exchange Online": {traceExchange, nil, []string{"border warning Exchange Online",
			`border warning set trust: {authserv_ids: [none], borders: ["*.mail.protection.outlook.com"]}`, "sender ok proven"}},
		"Exchange Online, trusted": {traceExchange, &core.Mailbox{AuthservIDs: []string{"none"}, Borders: []string{"*.mail.protection.outlook.com"}, Policy: core.StrictPolicy},
			[]string{"border ok none says: spf=pass", "sender ok policy strict works"}},
		"Gmail": {traceGmail, &core.Mailbox{DKIM: true, Policy: core.StrictPolicy}, []string{"border warning below its own Received", "border warning {dkim: true}", "sender warning would be held"}},
		"Exchange Online, forged above": {strings.Replace(forgedStamp, "mx.city.test; ", "", 1) + traceExchange,
			&core.Mailbox{AuthservIDs: []string{"none"}, Borders: []string{"*.mail.protection.outlook.com"}, Policy: core.StrictPolicy}, []string{"forged results wrong DANGEROUS"}},
		"results of nobody, by nobody": {"Authentication-Results: dmarc=pass header.from=city.test\r\n" + traceSilent, nil, []string{"border warning name no server"}},
		"a border that says nothing of one's own people": {traceSilent, strict,
			[]string{"border warning also for mail of your own people", "sender warning solvers' mail like this one would be held"}},
		"the same with policy token": {traceSilent, trusting(core.TokenPolicy, "mx.city.test"), []string{"sender warning the reply address alone"}},
		"forged below the border":    {traceRspamd + forgedStamp, strict, []string{"forged results ok below the border's Received", "sender ok proven"}},
		"forged above the border":    {forgedStamp + traceRspamd, strict, []string{"forged results wrong DANGEROUS", "forged results wrong take authserv_ids"}},
		"forged, nothing known":      {forgedStamp, nil, []string{"forged results warning believes none"}},
		"a border that says fail":    {failing, strict, []string{"sender wrong not of city.test"}},
		"no Received":                {"", nil, []string{"way warning no Received"}},
	} {
		lines := ExplainBorder(traced(c.top), c.trust, "made-up", OwnCheck{})
		for _, want := range c.want {
			if !slices.ContainsFunc(lines, func(d core.Diagnosis) bool {
				rest, ok := strings.CutPrefix(want, d.Check+" "+string(d.Health)+" ")
				return ok && strings.Contains(d.Text+" "+d.Next, rest)
			}) {
				t.Errorf("%s: no line %q in %+v", name, want, lines)
			}
		}
	}
	gmail := &core.Mailbox{DKIM: true, Policy: core.StrictPolicy}
	for want, own := range map[string]OwnCheck{"signed by city.test; policy strict works": {Signer: "city.test"}, "own check: no key": {Err: errors.New("no key")}} {
		lines := ExplainBorder(traced(traceGmail), gmail, "", own)
		if last := lines[len(lines)-1]; !strings.Contains(last.Text, want) || (own.Err == nil) != (last.Health == core.HealthOK) {
			t.Errorf("own check %+v: %+v", own, last)
		}
	}
	for _, d := range ExplainBorder(traced(traceRspamd), strict, "", OwnCheck{}) {
		if d.Check == "forged results" {
			t.Error("a mail that nobody forged anything in is told of as if")
		}
	}
}

// TestDoctorChecksTheSignatureOfASavedMail: as of the time when the mail was written, and only of the sender's domain.
func TestDoctorChecksTheSignatureOfASavedMail(t *testing.T) {
	t.Parallel()
	lookup := func(context.Context, string) ([]string, error) { return []string{dkimRecord()}, nil }
	for what, c := range map[string]struct {
		raw    string
		signer string
		fails  bool
	}{
		"signed":              {sign(dkimMail(nil), "city.test", usualFields, ""), "city.test", false},
		"changed":             {sign(dkimMail(nil), "city.test", usualFields, "") + "More.\r\n", "", true},
		"signed by a list":    {sign(dkimMail(nil), "list.test", usualFields, ""), "", false},
		"not signed":          {dkimMail(nil), "", false},
		"signed, but no date": {sign(dkimMail(func(s string) string { return strings.Replace(s, "Date:", "X-Date:", 1) }), "city.test", usualFields, ""), "", false},
	} {
		got := CheckOwn(t.Context(), []byte(c.raw), Read(strings.NewReader(c.raw), Options{}), lookup)
		if got.Signer != c.signer || (got.Err != nil) != c.fails {
			t.Errorf("%s: %+v", what, got)
		}
	}
}
