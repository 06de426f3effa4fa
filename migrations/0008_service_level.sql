-- Service levels (E9, E11, E12, D19): deadlines are worked out when a ticket changes, and stored.
-- +goose Up
alter table ticket
    add column first_response_due timestamptz,
    add column resolution_due     timestamptz,
    add column clock_stopped_at   timestamptz,               -- since when the clock stands: waiting or done; null = it runs
    add column clock_paused       bigint not null default 0, -- operating time that did not count so far, in microseconds
    add column due_at             timestamptz,               -- the next deadline that is not met; past = the ticket is overdue (D19)
    add column clock_next_at      timestamptz,               -- when there is something to tell, or to work out again
    add column clock_told         text[] not null default '{}', -- warnings and breaches that were told
    add column fields             jsonb  not null default '{}'; -- custom fields (D27)
create index ticket_due on ticket (service_id, due_at) where due_at is not null;
create index ticket_clock on ticket (clock_next_at) where clock_next_at is not null;
update ticket set clock_next_at = now() where status not in ('resolved', 'closed') and merged_into is null;
update ticket set clock_told = '{internal_target.warning,internal_target.breach}' where internal_target <= now(); -- what passed before is not told
alter table sla add column warn_before bigint not null default 0; -- seconds inside operating hours; 0 = a fifth of the target

-- +goose Down
alter table sla drop column warn_before;
alter table ticket drop column fields, drop column clock_told, drop column clock_next_at, drop column due_at, drop column clock_paused,
    drop column clock_stopped_at, drop column resolution_due, drop column first_response_due;
