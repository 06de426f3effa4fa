package core

import "testing"

func TestPriorityAndSLASelectTheTargets(t *testing.T) {
	t.Parallel()
	for _, s := range []story{
		{"raised", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 priority urgent
			first Mon 2026-03-02 10:00
			resolution Mon 2026-03-02 14:00
			next Mon 2026-03-02 09:48`},
		{"raised beyond what is left", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 11:00 priority urgent
			first Mon 2026-03-02 10:00
			overdue yes
			tell first_response.breach
			told first_response.breach first_response.warning
			next Mon 2026-03-02 13:12`},
		{"lowered, and late no more", "standard", `Mon 2026-03-02 09:00 open urgent
			Mon 2026-03-02 10:30 look
			overdue yes
			tell first_response.breach
			Mon 2026-03-02 10:31 priority normal
			first Mon 2026-03-02 14:00
			resolution Wed 2026-03-04 09:00
			overdue no
			told nothing
			next Mon 2026-03-02 13:12
			Mon 2026-03-02 13:12 look
			tell first_response.warning`},
		{"lowered to one with one target of its own", "standard", `Mon 2026-03-02 09:00 open urgent
			Mon 2026-03-02 09:30 priority high
			first Mon 2026-03-02 14:00
			resolution Tue 2026-03-03 09:00`},
		{"lowered to one without", "standard", `Mon 2026-03-02 09:00 open urgent
			Mon 2026-03-02 09:30 priority low
			first Mon 2026-03-02 14:00
			resolution Wed 2026-03-04 09:00`},
		{"raised while it waits", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 wait
			Mon 2026-03-02 11:00 priority urgent
			first Mon 2026-03-02 10:00
			due none
			overdue no
			Mon 2026-03-02 13:00 user
			paused 2h30m
			first Mon 2026-03-02 13:30
			resolution Mon 2026-03-02 16:30
			overdue no`},
		{"raised after the first response", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 reply
			Mon 2026-03-02 11:00 priority urgent
			first Mon 2026-03-02 14:00
			resolution Mon 2026-03-02 14:00
			due Mon 2026-03-02 14:00`},
		{"another SLA on another continent", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 sla premium
			first Mon 2026-03-02 12:00
			resolution Tue 2026-03-03 11:30
			next Mon 2026-03-02 11:00`},
		{"what was paused goes along", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 wait
			Mon 2026-03-02 12:00 user
			Mon 2026-03-02 13:00 sla premium
			paused 2h
			first Tue 2026-03-03 02:30
			resolution Tue 2026-03-03 13:30`},
		{"no SLA any more, and back", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 15:00 look
			tell first_response.breach
			Mon 2026-03-02 15:30 sla none
			first none
			resolution none
			due none
			next none
			told nothing
			Mon 2026-03-02 16:00 sla standard
			first Mon 2026-03-02 14:00
			resolution Wed 2026-03-04 09:00
			overdue yes`},
		{"the first SLA late: what passed before is no news", "none", `Mon 2026-03-02 09:00 open
			Tue 2026-03-03 16:00 sla standard
			overdue yes
			due Mon 2026-03-02 14:00
			tell nothing
			told first_response.breach first_response.warning resolution.warning
			next Wed 2026-03-04 09:00
			Wed 2026-03-04 09:00 look
			tell resolution.breach`},
		{"an SLA without the other target", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 sla answer
			first Mon 2026-03-02 14:00
			resolution none`},
		{"a slower one, after the warning", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 13:30 look
			tell first_response.warning
			told first_response.warning
			Mon 2026-03-02 13:40 sla slow
			first Tue 2026-03-03 14:00
			resolution Mon 2026-03-09 09:00
			told nothing
			next Tue 2026-03-03 10:36`},
	} {
		s.play(t)
	}
}

func TestInternalTarget(t *testing.T) {
	t.Parallel()
	for _, s := range []story{
		{"comes next", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 09:40 target Tue 2026-03-03 10:00
			next Tue 2026-03-03 09:00
			due Wed 2026-03-04 09:00
			current internal_target Tue 2026-03-03 10:00
			requester resolution Wed 2026-03-04 09:00
			Tue 2026-03-03 09:10 look
			tell internal_target.warning
			next Tue 2026-03-03 10:00
			tell nothing
			Tue 2026-03-03 10:00 look
			tell internal_target.breach
			next Tue 2026-03-03 14:48`},
		{"missed is not overdue", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 09:40 target Tue 2026-03-03 10:00
			Tue 2026-03-03 10:30 look
			overdue no
			current internal_target Tue 2026-03-03 10:00 missed
			requester resolution Wed 2026-03-04 09:00
			tell internal_target.breach
			told internal_target.breach internal_target.warning`},
		{"comes after the others", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:40 target Fri 2026-03-06 10:00
			current first_response Mon 2026-03-02 14:00
			Mon 2026-03-02 10:00 reply
			current resolution Wed 2026-03-04 09:00`},
		{"set later, it is told again", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 09:40 target Tue 2026-03-03 10:00
			Tue 2026-03-03 10:30 look
			tell internal_target.breach
			Tue 2026-03-03 11:00 target Wed 2026-03-04 08:30
			told nothing
			next Tue 2026-03-03 14:48
			Tue 2026-03-03 16:30 look
			tell internal_target.warning resolution.warning`},
		{"set nearer than its warning, only its breach is told", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 09:40 target Mon 2026-03-02 10:20
			told internal_target.warning
			tell nothing
			next Mon 2026-03-02 10:20
			Mon 2026-03-02 10:00 look
			tell nothing
			Mon 2026-03-02 10:20 look
			tell internal_target.breach
			Mon 2026-03-02 10:30 target Mon 2026-03-02 11:30
			told internal_target.warning
			Mon 2026-03-02 10:40 target Mon 2026-03-02 12:00
			told nothing
			next Mon 2026-03-02 11:00`},
		{"set anew while the ticket waits, its breach is told again", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 09:40 target Mon 2026-03-02 10:20
			Mon 2026-03-02 10:20 look
			tell internal_target.breach
			Mon 2026-03-02 10:30 wait
			Mon 2026-03-02 10:40 target Mon 2026-03-02 12:40
			Mon 2026-03-02 13:00 user
			tell internal_target.breach`},
		{"cleared", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 09:40 target Tue 2026-03-03 10:00
			Tue 2026-03-03 10:30 look
			tell internal_target.breach
			Tue 2026-03-03 11:00 target none
			told nothing
			current resolution Wed 2026-03-04 09:00
			next Tue 2026-03-03 14:48`},
		{"on a Sunday, warned in operating hours", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 09:40 sla answer
			Mon 2026-03-02 09:40 target Sun 2026-03-08 12:00
			next Fri 2026-03-06 16:00`},
		{"warned as early as the SLA says", "premium", `Mon 2026-03-23 09:00 open
			Mon 2026-03-23 09:10 reply
			Mon 2026-03-23 09:20 target Mon 2026-03-23 17:30
			next Mon 2026-03-23 13:30`},
		{"without an SLA", "none", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:40 target Tue 2026-03-03 10:00
			next Tue 2026-03-03 09:00
			current internal_target Tue 2026-03-03 10:00
			requester none
			due none
			Tue 2026-03-03 11:00 look
			overdue no
			tell internal_target.breach
			next none`},
		{"while the ticket waits nothing is told, yet a date passes", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-02 09:40 target Tue 2026-03-03 10:00
			Mon 2026-03-02 10:00 wait
			next none
			current internal_target Tue 2026-03-03 10:00 paused
			Tue 2026-03-03 11:00 look
			tell nothing
			current internal_target Tue 2026-03-03 10:00 missed paused
			Tue 2026-03-03 12:00 user
			tell internal_target.breach`},
	} {
		s.play(t)
	}
}

func TestWarningsAndBreachesAreToldOnce(t *testing.T) {
	t.Parallel()
	for _, s := range []story{
		{"a fifth before, and at the end", "standard", `Mon 2026-03-02 09:00 open
			tell nothing
			Mon 2026-03-02 13:11 look
			tell nothing
			Mon 2026-03-02 13:12 look
			tell first_response.warning
			tell nothing
			next Mon 2026-03-02 14:00
			Mon 2026-03-02 13:59 look
			tell nothing
			Mon 2026-03-02 14:00 look
			tell first_response.breach
			next Tue 2026-03-03 14:48
			Mon 2026-03-02 18:00 look
			tell nothing
			Tue 2026-03-03 14:48 look
			tell resolution.warning
			next Wed 2026-03-04 09:00
			Wed 2026-03-04 09:30 look
			tell resolution.breach
			next none
			told first_response.breach first_response.warning resolution.breach resolution.warning`},
		{"the breach alone where both are due", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 15:00 look
			tell first_response.breach
			told first_response.breach first_response.warning`},
		{"both targets at once", "standard", `Mon 2026-03-02 09:00 open
			Thu 2026-03-05 08:00 look
			tell first_response.breach resolution.breach
			next none`},
		{"as early as the SLA says", "premium", `Mon 2026-03-23 09:00 open
			first Mon 2026-03-23 11:00
			next Mon 2026-03-23 10:00
			Mon 2026-03-23 10:30 reply
			resolution Tue 2026-03-24 10:30
			next Tue 2026-03-24 09:30`},
		{"a fifth where the SLA warns earlier than the target is long", "premium", `Mon 2026-03-23 09:00 open urgent
			first Mon 2026-03-23 09:30
			next Mon 2026-03-23 09:24`},
		{"no more of a first response that was given", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 13:12 look
			tell first_response.warning
			Mon 2026-03-02 13:30 reply
			told nothing
			Mon 2026-03-02 14:30 look
			tell nothing
			next Tue 2026-03-03 14:48`},
		{"not again after a pause", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 13:12 look
			tell first_response.warning
			Mon 2026-03-02 13:20 wait
			told first_response.warning
			Mon 2026-03-02 15:00 look
			tell nothing
			Mon 2026-03-02 16:00 user
			paused 2h40m
			first Mon 2026-03-02 16:40
			told first_response.warning
			next Mon 2026-03-02 16:40
			Mon 2026-03-02 16:40 look
			tell first_response.breach`},
		{"nothing of what is resolved", "standard", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 10:00 resolve
			Thu 2026-03-05 10:00 look
			tell nothing`},
		{"the breach again where reopening gives time", "slow", `Mon 2026-03-02 09:00 open
			Mon 2026-03-02 09:30 reply
			Mon 2026-03-09 09:00 look
			tell resolution.breach
			Mon 2026-03-09 10:00 resolve
			Mon 2026-03-09 15:00 reopen
			overdue yes
			tell nothing`},
	} {
		s.play(t)
	}
}
