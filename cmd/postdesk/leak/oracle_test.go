package leak_test

import (
	"fmt"
	"strings"
	"testing"
)

// The people, as columns: the team of Printers (mia main solver, sol and vic solvers, vic of another organization, gus in
// the solver group, man manager, rea reader, del who stands in for mia), fol the ticket's follower, par main solver of the
// service of the ticket above; exa the exceptional solver, ada the approver, dan who stands in for her; req the requester,
// eva and ken participants, ken of vic's organization, pat who takes part since her own ticket was merged into this one;
// net main solver of the service of the linked ticket and of the one below, amy who asked for those, cop solver for the
// police only, joe of the police, tre ticket reporter, root administrator.
//
// The marks: ● is shown it · never is ◐ is at times, while the ticket is theirs or their decision is waited for, say
// ○ is where the service shows the field to requesters (A76) ~ may be shown it, on some ways.
const oracle = `
              mia sol vic gus man rea del fol par exa ada dan req eva ken pat net amy cop joe tre root
note          ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
filename      ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
filecontent   ●   ●   ●   ●   ●   ●   ●   ~   ●   ~   ~   ~   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
priority      ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ○   ○   ○   ○   ·   ·   ·   ·   ·   ·
target        ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ○   ○   ○   ○   ·   ·   ·   ·   ·   ·
work          ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ○   ○   ○   ○   ·   ·   ·   ·   ·   ·
reqfield      ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ○   ○   ○   ○   ·   ·   ·   ·   ·   ·
solfield      ●   ●   ●   ●   ●   ●   ●   ◐   ●   ~   ◐   ◐   ○   ○   ○   ○   ·   ·   ·   ·   ·   ·
orgfield      ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ○   ○   ○   ○   ·   ·   ·   ·   ·   ·
teamfield     ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
openfield     ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ●   ●   ●   ●   ·   ·   ·   ·   ·   ·
otherfield    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
solver        ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ○   ○   ●   ○   ·   ·   ~   ·   ·   ~
organization  ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ○   ○   ●   ○   ·   ·   ·   ·   ·   ·
group         ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ~   ~   ·   ·   ·   ·   ·   ·   ~   ·   ·   ~
follower      ●   ●   ●   ●   ●   ●   ●   ●   ●   ◐   ◐   ◐   ·   ·   ·   ·   ·   ·   ·   ·   ·   ~
approval      ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
approver      ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ●   ●   ·   ·   ·   ·   ·   ·   ·   ·   ·   ~
verdict       ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ~   ~   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
parent        ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ·   ·   ·   ·   ·   ●   ·   ·   ·   ~
linked        ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ·   ·   ·   ·   ●   ●   ·   ·   ·   ~
child         ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ·   ·   ·   ·   ●   ●   ·   ·   ·   ~
merged        ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ·   ·   ·   ~   ·   ·   ·   ·   ·   ~
parenttext    ·   ·   ·   ·   ·   ·   ·   ·   ●   ·   ·   ·   ·   ·   ·   ·   ·   ●   ·   ·   ·   ·
linkedtext    ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ●   ●   ·   ·   ·   ·
childtext     ●   ●   ●   ●   ●   ·   ●   ·   ●   ·   ·   ·   ·   ·   ·   ·   ●   ●   ·   ·   ·   ·
mergedtext    ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ·   ·   ·   ◐   ·   ·   ·   ·   ·   ·
folded        ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
messageid     ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
late          ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
earlier       ●   ●   ●   ●   ●   ●   ●   ◐   ●   ◐   ◐   ◐   ●   ●   ●   ·   ·   ·   ·   ·   ·   ·
subteam       ●   ●   ●   ●   ●   ●   ●   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ●   ●   ·   ·
spam          ●   ●   ●   ●   ●   ●   ●   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ●   ·   ·   ·
spamtext      ●   ●   ●   ●   ●   ●   ●   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ●   ●   ·   ·
held          ●   ●   ●   ●   ●   ·   ●   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·
undelivered   ●   ●   ●   ●   ●   ●   ●   ◐   ●   ~   ~   ~   ·   ·   ·   ·   ·   ·   ·   ·   ·   ~
unserved      ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ●   ·   ·
reported      ●   ●   ●   ●   ●   ●   ●   ·   ·   ·   ·   ·   ·   ●   ·   ·   ·   ·   ·   ·   ·   ·
teamknowledge ●   ●   ●   ●   ●   ●   ●   ·   ·   ●   ·   ·   ·   ·   ·   ·   ·   ·   ●   ·   ·   ·
openknowledge ●   ●   ●   ●   ●   ●   ●   ·   ●   ●   ·   ·   ●   ●   ●   ●   ●   ●   ●   ●   ·   ·
teamnews      ●   ●   ●   ●   ●   ·   ●   ·   ·   ●   ·   ·   ·   ·   ·   ·   ·   ·   ●   ·   ·   ·
opennews      ●   ●   ●   ●   ●   ●   ●   ·   ●   ●   ·   ·   ●   ●   ●   ●   ●   ●   ●   ●   ·   ·
template      ●   ●   ●   ●   ●   ·   ●   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ·   ●   ·   ·   ·
`

// words are what is planted, in lower case. Numbers of tickets join them when they are known.
func words() map[string][]string {
	return map[string][]string{
		"note": {"zznote"}, "filename": {"zzfilename"}, "filecontent": {"zzfilecontent"}, "priority": {"urgent"},
		"target": {"2031-07-19", "jul 19, 2031", "19 jul 2031"}, "work": {`"work":`}, "reqfield": {"zzreqfield"},
		"solfield": {"zzsolfield"}, "orgfield": {"zzorgfield"}, "otherfield": {"zzotherfield"}, "teamfield": {"zzteamfield"}, "openfield": {"zzopenfield"}, "solver": {"zzvicmail"},
		"organization": {"zzorgname"}, "group": {"zzgroup"}, "follower": {"zzfollow"}, "approval": {"zzapprtext"},
		"approver": {"zzasked"}, "verdict": {"zzverdict"}, "parenttext": {"zzparent"}, "linkedtext": {"zzlinked"},
		"childtext": {"zzchild"}, "mergedtext": {"zzmerged"}, "folded": {"zzfolded"}, "messageid": {"zzmsgid"},
		"earlier": {"zzearlier"}, "subteam": {"zzsubteam"}, "spam": {`"spam":true`}, "spamtext": {"zzspam"}, "held": {"zzheld"},
		"undelivered": {"zzsmtp"}, "unserved": {"zzunserved"}, "reported": {"zzreported"},
		"teamknowledge": {"zzteamknowledge"}, "openknowledge": {"zzopenknowledge"}, "teamnews": {"zzteamnews"}, "opennews": {"zzopennews"}, "template": {"zztemplate"},
		"parent": nil, "linked": nil, "child": nil, "merged": nil, "late": nil,
	}
}

// searchable are the secrets that stand in subjects and texts, where a search finds them.
var searchable = map[string]bool{"note": true, "parenttext": true, "linkedtext": true, "childtext": true, "mergedtext": true,
	"earlier": true, "subteam": true, "unserved": true, "reported": true, "approval": true, "verdict": true, "filename": true, "openfield": true, "teamfield": true}

// table is the oracle read, with what was found.
type table struct {
	testing.TB
	marks  map[string]map[string]string // by secret and person
	people []string
	words  map[string][]string
	times  map[string]bool // who sees what ◐ says at present: a person, or person/secret
	on     bool            // the service shows requesters all optional fields
	found  map[string]map[string]bool
	told   map[string]bool
	looks  int
}

func newTable(t testing.TB, on bool) *table {
	t.Helper()
	o := &table{TB: t, marks: map[string]map[string]string{}, words: words(), times: map[string]bool{}, on: on,
		found: map[string]map[string]bool{}, told: map[string]bool{}}
	lines := strings.Split(strings.TrimSpace(oracle), "\n")
	o.people = strings.Fields(lines[0])
	for _, line := range lines[1:] {
		f := strings.Fields(line)
		if len(f) != len(o.people)+1 {
			t.Fatalf("%d marks in %q", len(f)-1, line)
		}
		o.marks[f[0]], o.found[f[0]] = map[string]string{}, map[string]bool{}
		for i, who := range o.people {
			o.marks[f[0]][who] = f[i+1]
		}
		if _, planted := o.words[f[0]]; !planted {
			t.Fatalf("nothing is planted for %s", f[0])
		}
	}
	if len(o.marks) != len(o.words) {
		t.Fatal("something is planted that the oracle does not speak of")
	}
	return o
}

// allows tells whether somebody may be shown the secret now.
func (o *table) allows(who, secret string) bool {
	switch o.marks[secret][who] {
	case "●", "~":
		return true
	case "◐":
		return o.times[who] || o.times[who+"/"+secret]
	case "○":
		return o.on
	}
	return false
}

// must tells whether somebody has to have been shown it in the end; otherwise the test could find nothing.
func (o *table) must(who, secret string) bool {
	mark := o.marks[secret][who]
	return mark == "●" || mark == "◐" || mark == "○" && o.on
}

// look searches what somebody got for what was planted.
func (o *table) look(who, where, what string) {
	o.Helper()
	if o.marks["note"][who] == "" {
		o.Errorf("%s: %s is nobody of the oracle", where, who)
	}
	o.looks++
	what = strings.ToLower(what)
	for secret, words := range o.words {
		for _, w := range words {
			i := strings.Index(what, w)
			if i < 0 {
				continue
			}
			o.found[secret][who] = true
			if key := who + " " + secret; !o.allows(who, secret) && !o.told[key] {
				o.told[key] = true
				o.Errorf("%s is shown %s (%s) in %s: …%s…", who, secret, w, where, what[max(0, i-80):min(len(what), i+80)])
			}
		}
	}
}

// complete tells what those who asked for all did not find though they had to.
func (o *table) complete(asked []string) {
	o.Helper()
	for secret := range o.marks {
		var missing []string
		for _, who := range asked {
			if o.must(who, secret) && !o.found[secret][who] {
				missing = append(missing, who)
			}
		}
		if len(missing) > 0 {
			o.Errorf("%s is never shown to %s: the test would find no leak of it", secret, fmt.Sprint(missing))
		}
	}
}
