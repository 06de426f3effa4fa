package desk

import (
	"net/url"
	"slices"
	"strings"

	"postdesk/admin/web"
	"postdesk/core"
	"postdesk/core/helpdesk"
)

// noticePart is what the reader says about mails (E4): everywhere, or for a service and those below it.
type noticePart struct {
	Path   string        // "" = everywhere
	Places []noticePlace // where something can be said
	Groups []noticeGroup
}

// noticePlace is a service in which the reader has a part. Own is how many words they have said there.
type noticePlace struct {
	Path string
	Own  int
}

// noticeGroup are reasons that come by the same part.
type noticeGroup struct {
	Key     string // of its heading
	Reasons []noticeRow
}

// noticeRow is a reason as it stands. Wanted is what counts where the reader says nothing, and Own what they say:
// "on", "off", or "" for nothing.
type noticeRow struct {
	Reason string
	Own    string
	Wanted bool
	From   core.NoticeSource // whose word counts where the reader says nothing
}

// noticeGroups are the reasons by the part through which they come, in the order of the page.
var noticeGroups = []struct {
	key     string
	reasons []string
}{
	{"profile.notices.yours", []string{"acknowledgement", "requester", "participant", "follower"}},
	{"profile.notices.solver", []string{"assigned_to_you", "solver", "sla_solver", "child_resolved", "moved_here", "passed_on"}},
	{"profile.notices.group", []string{"assigned_to_group", "group_member"}},
	{"profile.notices.main_solver", []string{"new_ticket", "main_solver", "unassigned", "returned", "also_sent"}},
	{"profile.notices.manager", []string{"sla_manager"}},
	{"profile.notices.news", []string{"news"}},
}

// noticePart shows what holds in the service of the address, or everywhere. A service in which the reader has no part is
// not found, like one that is not there (D28).
func (v *visit) noticePart() (p noticePart, err error) {
	p.Path = v.r.URL.Query().Get("service")
	id, err := v.noticeService(p.Path)
	if err != nil {
		return p, err
	}
	p.Places = v.noticePlaces()
	said := map[string]string{}
	others := *v.me // as if the reader said nothing here
	others.Settings = nil
	for _, s := range v.me.Settings {
		if s.Service != id {
			others.Settings = append(others.Settings, s)
			continue
		}
		said[s.Reason] = map[bool]string{true: "on", false: "off"}[s.Wanted]
	}
	states := v.dir.NoticeStates(&others, id)
	roles := v.dir.RolesBelow(v.me, id)
	for _, g := range noticeGroups {
		group := noticeGroup{Key: g.key}
		for _, reason := range g.reasons {
			i := slices.IndexFunc(states, func(s core.NoticeState) bool { return s.Reason == reason })
			if i >= 0 && (said[reason] != "" || core.Concerns(reason, roles)) {
				group.Reasons = append(group.Reasons, noticeRow{reason, said[reason], states[i].Wanted, states[i].From})
			}
		}
		if group.Reasons != nil {
			p.Groups = append(p.Groups, group)
		}
	}
	return p, nil
}

// noticeService finds one of the places by its path; 0 is everywhere.
func (v *visit) noticeService(path string) (core.ServiceID, error) {
	if path == "" {
		return 0, nil
	}
	for id := range v.dir.Services {
		if v.dir.Path(id) == path && v.noticesIn(id) {
			return id, nil
		}
	}
	return 0, core.Refuse(core.NotFound, "error.not_found")
}

// noticesIn tells whether the reader has a part in the service or below it.
func (v *visit) noticesIn(id core.ServiceID) bool {
	return !v.dir.Services[id].Archived && !v.dir.RolesBelow(v.me, id).Empty()
}

func (v *visit) noticePlaces() (list []noticePlace) {
	own := map[core.ServiceID]int{}
	for _, s := range v.me.Settings {
		own[s.Service]++
	}
	for id := range v.dir.Services {
		if v.noticesIn(id) {
			list = append(list, noticePlace{v.dir.Path(id), own[id]})
		}
	}
	slices.SortFunc(list, func(a, b noticePlace) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// Said are the places other than the one that is shown in which the reader has said something.
func (p noticePart) Said() (list []noticePlace) {
	for _, x := range p.Places {
		if x.Own > 0 && x.Path != p.Path {
			list = append(list, x)
		}
	}
	return list
}

// Address leads to what is said of the service.
func (noticePlace) Address(path string) string {
	return profile + "?" + url.Values{"service": {path}}.Encode() + "#" + sectionNotices
}

// changeNotices takes what the form says of each reason, and writes what differs.
func changeNotices(v *visit) error {
	known := []string{"service"}
	for _, reason := range core.SwitchableReasons() {
		known = append(known, "reason:"+reason)
	}
	form, err := web.ReadForm(v.r, known...)
	if err != nil {
		return err
	}
	id, err := v.noticeService(form.Get("service"))
	if err != nil {
		return err
	}
	said := map[string]string{}
	for _, s := range v.me.Settings {
		if s.Service == id {
			said[s.Reason] = map[bool]string{true: "on", false: "off"}[s.Wanted]
		}
	}
	var choices []helpdesk.NoticeChoice
	for _, reason := range core.SwitchableReasons() {
		if !form.Has("reason:"+reason) || form.Get("reason:"+reason) == said[reason] {
			continue
		}
		choice := helpdesk.NoticeChoice{Reason: reason, Service: id}
		switch form.Get("reason:" + reason) {
		case "on":
			choice.Wanted = new(true)
		case "off":
			choice.Wanted = new(false)
		case "":
		default:
			return web.ErrForm
		}
		choices = append(choices, choice)
	}
	if len(choices) > 0 {
		if err := v.Helpdesk.SetNotice(v.r.Context(), v.actor(), choices...); err != nil {
			return err
		}
	}
	v.say(v.printer.T("profile.notices.said"))
	if id == 0 {
		return v.redirect(profile + "#" + sectionNotices)
	}
	return v.redirect(noticePlace{}.Address(form.Get("service")))
}
