-- What the jobs look for each minute and hour is found by an index, however many tickets and mails there are: per service,
-- for each has days of its own.

-- +goose Up
drop index ticket_waiting;
create index ticket_waiting on ticket (service_id, reminded, waiting_since) where status = 'waiting';   -- E9
drop index ticket_resolved;
create index ticket_resolved on ticket (service_id, resolved_at) where status = 'resolved';             -- E7
create index outbox_failed on outbox (finished_at) where state in ('rejected', 'bounced');              -- D18: dead addresses
drop index outbox_person;
create index outbox_person on outbox (person_id, finished_at); -- what somebody got of late

-- +goose Down
drop index outbox_person;
create index outbox_person on outbox (person_id);
drop index outbox_failed;
drop index ticket_resolved;
create index ticket_resolved on ticket (resolved_at) where status = 'resolved';
drop index ticket_waiting;
create index ticket_waiting on ticket (waiting_since) where status = 'waiting';
