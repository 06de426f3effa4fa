package rights_test

// cells is the table: operations | the state of the ticket | who gets which answer. The answers are ok, no (seen, and not
// allowed), gone (not seen), over (allowed, and not possible now) and bad (what is asked for is not). A plain ticket is
// ben's, in Printers, new. More cells follow from these by rule: see derived.
//
// mia is main solver, sol and vic solvers, gus in the solver group, exa exceptional solver, man manager, rea reader, tre
// ticket reporter, ken approver where asked and follower where named, ben requester, pat participant where named; eva is
// solver for the police alone, net in the team of the service above a child, root administrator.
const cells = `
take | plain | mia sol gus=ok man rea ben=no
take | solver:exa | sol=ok exa=no
take | solver:sol | sol=over gus=ok
take | group | gus=ok man=no
take | status:resolved | sol=over man=no
take | status:closed | sol=over rea=no
take | with:pat | pat=no
take | asked:ken | ken=no
take | follow:ken | ken=no
take | status:waiting | sol=ok man=no

assign | plain | mia sol gus man=ok rea ben=no
assign | solver:exa | exa man=ok rea=no
assign | solver:sol | gus=ok ben=no
assign | status:resolved | man=over rea=no
assign | asked:ken | ken=no
assign | follow:ken | ken=no
assign | with:pat | pat=no
return | group | mia sol man=ok rea ben=no
return | solver:exa | exa=ok rea=no
return | plain | mia=over rea=no
return | group status:closed | sol=over rea=no
return | asked:ken | ken=no

status resolve priority category due link parent merge | plain | mia sol gus man=ok rea ben=no
edit | plain | mia sol gus man ben=ok rea=no
split | plain | mia sol gus=ok man rea ben=no
status resolve priority category due edit link parent merge | group | gus man=ok rea=no
split | group | gus=ok man=no
status resolve priority category due edit link parent merge | solver:sol | sol gus man=ok rea=no
split | solver:sol | gus=ok man=no
status resolve priority category due edit | solver:exa | exa man=ok rea=no
link parent merge | solver:exa | exa=bad man=ok rea=no
split | solver:exa | exa=no sol=ok
status resolve priority category due edit link parent merge | solver:man | sol=ok man=no
status resolve priority category due edit link parent merge split | with:pat | pat=no
status resolve priority category due edit link parent merge split | asked:ken | ken=no
status resolve priority category due edit link parent merge split | follow:ken | ken=no
status resolve priority category due edit | status:resolved | sol=over rea=no
link merge split | status:resolved | sol=ok rea=no
status resolve priority category due edit | status:closed | sol=over rea=no
edit | status:resolved | ben=over
unlink | linked | sol man=ok rea ben=no
unlink | plain | sol=over rea=no
unparent | under | sol man=ok rea ben=no
unparent | plain | sol=over rea=no

reopen | status:resolved | mia man ben=ok rea=no
reopen | status:closed | sol ben=ok rea=no
reopen | status:resolved late | mia man=ok ben=over rea=no
reopen | status:resolved with:pat | pat=ok
reopen | status:resolved late with:pat | pat=over
reopen | status:resolved solver:man | man=ok
reopen | status:resolved late solver:exa | exa=ok rea=no
reopen | status:resolved follow:ken | ken=no
reopen | plain | mia ben=over rea=no
close | status:resolved | sol man ben=ok rea=no
close | status:resolved with:pat | pat=ok
close | status:resolved solver:man | sol=ok man=no
close | status:resolved solver:exa | exa=ok rea=no
close | status:resolved above | sol ben=over rea=no
close | plain | sol ben=over rea=no
withdraw | plain | ben=ok mia rea=no
withdraw | with:pat | pat=no
withdraw | status:resolved | ben=over mia=no

move | plain | gus=ok sol mia=bad rea ben=no
move | solver:exa | exa=ok rea=no
move | status:resolved | gus=over rea=no
move | follow:ken | ken=no

record | plain | mia sol gus man rea ben=ok
record | with:pat | pat=ok
record | asked:ken | ken=ok
record | follow:ken | ken=ok
record | solver:exa | exa=ok
record | status:closed | sol ben=ok
record | spam | mia ben=ok
reply | plain | sol man ben=ok rea=no
reply | solver:man | man=no
reply | asked:ken | ken=no
reply | follow:ken | ken=no
reply | with:pat | pat=ok
reply | solver:exa | exa=ok
note | plain | sol rea=ok ben=no
note | with:pat | pat=no
note | asked:ken | ken=ok
note | follow:ken | ken=ok

participant | plain | mia rea ben=ok
participant | asked:ken | ken=ok
participant | follow:ken | ken=ok
participant | solver:exa | exa=ok
participant | with:pat | ben=over
unparticipant | with:pat | mia pat ben=ok
unparticipant | plain | ben=over
follower | plain | mia man rea=ok ben=no
follower | solver:exa | exa=no rea=ok
follower | asked:ken | ken=no
follower | follow:ken | ken=ok
follower | with:pat | pat=no
follower | follow:root | rea=over
unfollower | follow:root | mia rea root=ok ben=no
unfollower | plain | mia=over ben=no

spam | plain | mia=ok sol man rea ben=no
unspam | spam | mia=ok sol ben=no
unspam | spam:old | mia=over sol=no
unspam | plain | mia=over sol=no

ask | plain | mia sol gus man=ok rea ben=no
ask | solver:exa | man=ok exa=no
ask | status:resolved | man=over rea=no
ask | asked:ken | ken=no
cancel_ask | asked:ken | sol man=ok rea ken ben=no
cancel_ask | plain | sol=over rea=no
approve reject | asked:ken | ken=ok mia ben=no
approve reject | asked:mia | mia=ok sol=no
approve reject | asked:pat | net=ok
approve reject | decided:mia | mia=over sol=no
approve reject | plain | mia rea=no
approve reject | asked:ken with:pat | pat=no

open | - | ben sol pat=ok tre ken vic root=no
open_for | - | mia sol gus tre=ok man rea exa eva ken root=no
open_police | - | mia tre eva=ok man=no
`

// reading is who is shown what, by path of the API and of the desk.
const reading = `
ticket | plain | mia sol gus vic man rea ben=ok eva exa tre net root ken=gone
ticket | solver:exa | exa=ok
ticket | solver:sol | exa=gone
ticket | from:pat | eva pat=ok ben=gone
ticket | with:pat | pat=ok
ticket | follow:ken | ken=ok
ticket | asked:ken | ken=ok
ticket | asked:pat | net=ok
ticket | decided:ken | ken=gone
ticket | child | net=ok exa root=gone
ticket | spam | sol ben=ok eva=gone
ticket | merged | sol ben=ok eva=gone
file | plain | sol rea ben=ok eva exa tre root=gone
file | child | net=ok
file | decided:ken | ken=gone
internal file | plain | sol rea=ok ben eva root=gone
internal file | asked:ken | ken=ok
internal file | with:pat | pat=gone
internal file | follow:ken | ken=ok
internal file | child | net=ok
who | plain | mia sol rea man=ok ben=no eva tre root=gone
who | asked:ken | ken=ok
who | with:pat | pat=no
who | child | net=ok
`

// others are the routes that are no business of a ticket: who gets which answer.
const others = `
GET  /api/v1/admin/mail/inbound              root=ok mia ben=no
GET  /api/v1/admin/mail/outbound             root=ok mia ben=no
POST /api/v1/admin/mail/inbound/{id}/replay  root=gone mia ben=no
POST /api/v1/admin/mail/outbound/{id}/replay root=gone mia ben=no
GET  /api/v1/admin/audit                     root=ok mia ben=gone
GET  /api/v1/quarantine                      mia man=ok
POST /api/v1/quarantine/{id}/accept          mia ben=gone
POST /api/v1/quarantine/{id}/attach          mia ben=gone
POST /api/v1/quarantine/{id}/refuse          mia ben=gone
GET  /api/v1/services                        root ben mia=ok
GET  /api/v1/people                          root ben mia=ok
GET  /api/v1/reports                         mia man net gus=ok sol vic exa rea tre ben ken root=no
GET  /api/v1/reports.csv                     mia man net gus=ok sol vic exa rea tre ben ken root=no
GET  /api/v1/approvals                       root ben mia=ok
GET  /api/v1/tickets                         root ben mia=ok
GET  /api/v1/me                              root ben mia=ok
GET  /api/v1/me/absence                      pat=ok root ben=gone
PUT  /api/v1/me/absence                      root ben mia=bad
DELETE /api/v1/me/absence                    root ben=over
GET  /api/v1/me/addresses                    root ben mia=ok
POST /api/v1/me/addresses                    root ben mia=bad
DELETE /api/v1/me/addresses/{address}        root ben mia=gone
GET  /api/v1/me/notifications                root ben mia=ok
PUT  /api/v1/me/notifications                root ben mia=bad
GET  /confirm/{id}                           root ben sol=gone mia=ok
POST /confirm/{id}                           root ben sol=gone mia=ok
GET  /quarantine                             mia man=ok ben rea root=gone
GET  /quarantine/{id}                        mia man=ok ben rea root net=gone
POST /quarantine/{id}/{decision}             ben rea root net=gone mia=ok
GET  /dashboard/ithelpdesk                   root ben mia=ok
GET  /dashboard/ithelpdesk/new               root ben mia=ok
`
