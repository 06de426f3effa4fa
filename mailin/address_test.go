package mailin

import (
	"slices"
	"strings"
	"testing"
)

func TestAddressLists(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]Address{
		`ana@city.test`:                                     {{"", "ana@city.test"}},
		`Ana Ruiz <ana@city.test>`:                          {{"Ana Ruiz", "ana@city.test"}},
		`"Ruiz, Ana" <ana@city.test>, luis@vendor.test`:     {{"Ruiz, Ana", "ana@city.test"}, {"", "luis@vendor.test"}},
		`ana@city.test (Ana (IT) Ruiz)`:                     {{"Ana (IT) Ruiz", "ana@city.test"}},
		`=?utf-8?Q?Jos=C3=A9_Mu=C3=B1oz?= <j@city.test>`:    {{"José Muñoz", "j@city.test"}},
		`"=?utf-8?Q?Jos=C3=A9?=" <j@city.test>`:             {{"José", "j@city.test"}},
		`=?utf-8?Q?Ruiz=2C_Ana?= <a@city.test>`:             {{"Ruiz, Ana", "a@city.test"}},
		`Team: ana@city.test, Luis <luis@vendor.test>;`:     {{"", "ana@city.test"}, {"Luis", "luis@vendor.test"}},
		`undisclosed-recipients:;`:                          nil,
		`<@relay.test:ana@city.test>`:                       {{"", "ana@city.test"}},
		`ana@city.test; luis@vendor.test`:                   {{"", "ana@city.test"}, {"", "luis@vendor.test"}},
		`Ana Ruiz ana@city.test`:                            {{"Ana Ruiz", "ana@city.test"}},
		`Ana <ana@city.test`:                                {{"Ana", "ana@city.test"}},
		`<mailto:ana@city.test>`:                            {{"", "ana@city.test"}},
		`"boss@city.test" <evil@x.test>`:                    {{"boss@city.test", "evil@x.test"}},
		`MAILER-DAEMON <>`:                                  {{"MAILER-DAEMON", ""}},
		`<MAILER-DAEMON>`:                                   {{"", "MAILER-DAEMON"}},
		`all colleagues`:                                    nil,
		`ana@[192.0.2.1]`:                                   {{"", "ana@[192.0.2.1]"}},
		`"unclosed <ana@city.test>`:                         {{"unclosed", "ana@city.test"}},
		"Ana\u202e <ana@city.test>":                         {{"Ana", "ana@city.test"}},
		`=?utf-8?Q?x=0D=0ABcc:_evil@x.test?= <a@city.test>`: {{"x Bcc: evil@x.test", "a@city.test"}},
		``:    nil,
		`,;,`: nil,
	} {
		if have := appendAddresses(nil, cleanHeader(value)); !slices.Equal(have, want) {
			t.Errorf("%s gives %q, want %q", value, have, want)
		}
	}
}

// TestSingleFromRefusesAmbiguity is the rule that an identity is exactly one
// From field with exactly one plain mailbox.
func TestSingleFromRefusesAmbiguity(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"From: Ana <ana@City.TEST>\n":                        "ana@city.test",
		"From: ana.ruiz+x@city.test\n":                       "ana.ruiz+x@city.test",
		"From: =?utf-8?Q?Jos=C3=A9?= <jose@city.test>\n":     "jose@city.test",
		"From: =?x-none?Q?a?= <jose@city.test>\n":            "jose@city.test",
		"From: José <jose@city.test>\n":                      "jose@city.test",
		"From: \"boss@city.test\" <eve@x.test>\n":            "eve@x.test",
		"From: a@city.test\nFrom: b@city.test\n":             "",
		"From: a@city.test\nfrom : a@city.test\n":            "",
		"From: a@city.test, b@city.test\n":                   "",
		"From: boss: a@city.test;\n":                         "",
		"From: b\u043Ess@city.test\n":                        "", // Cyrillic o
		"From: boss@c\u0456ty.test\n":                        "", // Cyrillic i
		"From: boss@xn--cty-ppa.test\n":                      "boss@xn--cty-ppa.test",
		"From: \"a b\"@city.test\n":                          "",
		"From: a@[192.0.2.1]\n":                              "",
		"From: a..b@city.test\n":                             "",
		"From: a@-city.test\n":                               "",
		"From: boss@city.test eve@x.test\n":                  "",
		"From: <boss@city.test> <eve@x.test>\n":              "",
		"From: boss@city.test <eve@x.test\n":                 "",
		"From: eve@x.test (boss@city.test\n":                 "",
		"From: =?utf-8?Q?boss=40city.test=2C?= eve@x.test\n": "",
		"From: <@relay.test:boss@city.test>\n":               "",
		"From: =?utf-8?Q?boss@city.test?=\n":                 "",
		"From: \n":                                           "",
		"Sender: a@city.test\nReply-To: a@city.test\n":       "",
	} {
		m := Read(strings.NewReader(header+"To: it@city.test\n\nx"), Options{})
		have, ok := m.SingleFrom()
		if have.Address != want || ok != (want != "") {
			t.Errorf("%q gives %q, want %q (From %q)", header, have.Address, want, m.From)
		}
	}
}

func TestRecipientsBeginWithWhatServersRecorded(t *testing.T) {
	t.Parallel()
	m := Read(strings.NewReader("Received: from a by mx.city.test with ESMTPS id 1\n\tfor <it+tok2@city.test>; Tue, 3 Mar 2026 10:15:00 +0100\nDelivered-To: IT+tok@city.test\nX-Original-To: it@city.test\nTo: all@city.test, IT@city.test\nCc: Ana <ana@city.test>\n\nx"), Options{})
	if want := []string{"it+tok@city.test", "it@city.test", "it+tok2@city.test", "all@city.test", "ana@city.test"}; !slices.Equal(m.Recipients(), want) {
		t.Errorf("%q, want %q", m.Recipients(), want)
	}
}
