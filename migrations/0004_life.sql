-- The life of a ticket: absences and delegates, approvals, links and parents, waiting, spam, work, and what each person
-- wants to be told.

-- +goose Up
-- One absence a person, now or to come (E14). Without a delegate the person is just away.
create table absence (
    person_id   bigint primary key references person,
    from_at     timestamptz not null,
    until_at    timestamptz not null,
    delegate_id bigint references person,
    check (from_at < until_at),
    check (delegate_id is distinct from person_id)
);

alter table person add column fields jsonb not null default '{}';       -- A72
alter table organization add column fields jsonb not null default '{}'; -- A74

alter table service
    add column after_deadline text not null default 'refuse' check (after_deadline in ('refuse', 'new_ticket')), -- E8
    add column remind_days int[] not null default '{}',         -- E9: days of waiting
    add column resolve_waiting_days int not null default 0 check (resolve_waiting_days >= 0),
    add column notifications jsonb not null default '{}';       -- E4: reason → wanted

alter table desk add column alerted_at timestamptz; -- the last configuration alert (D18)

-- What a person wants to be told (E4); service null = everywhere.
create table notification_setting (
    person_id  bigint  not null references person,
    service_id bigint  references service,
    reason     text    not null,
    wanted     boolean not null,
    unique nulls not distinct (person_id, service_id, reason)
);

alter table ticket
    add column waiting_since   timestamptz,               -- null = not waiting (E9)
    add column reminded        int not null default 0,    -- reminders sent since then
    add column withdrawn       boolean not null default false, -- D25
    add column spam_at         timestamptz,               -- D25
    add column internal_target timestamptz;               -- A71
create index ticket_waiting on ticket (waiting_since) where status = 'waiting';
create index ticket_spam on ticket (service_id, number desc) where spam_at is not null;

alter table log_record add column work int check (work > 0); -- minutes (A70)
create index log_record_work on log_record (ticket_number) include (work) where work is not null;

-- A participant who came by Cc, or by a merge of different people's tickets, sees what is later only (D15).
alter table ticket_person add column since timestamptz;

-- Two tickets that have to do with each other; each pair once.
create table ticket_link (
    low  bigint not null references ticket,
    high bigint not null references ticket,
    primary key (low, high),
    check (low < high)
);
create index ticket_link_high on ticket_link (high);

-- All tickets above a ticket, so that lists can ask whether one is visible through a parent (A54, D10).
create table ticket_ancestor (
    ticket_number   bigint not null references ticket,
    ancestor_number bigint not null references ticket,
    primary key (ticket_number, ancestor_number)
);
create index ticket_ancestor_above on ticket_ancestor (ancestor_number);

create table approval (
    id            uuid   primary key,
    ticket_number bigint not null references ticket,
    rule          text   not null check (rule in ('all', 'any')),
    state         text   not null check (state in ('pending', 'approved', 'rejected', 'cancelled', 'expired')),
    text          text   not null default '',
    digest        bytea  not null check (length(digest) = 32), -- of the request as the approvers were shown it
    asked_by      bigint not null references person,
    asked_at      timestamptz not null,
    expires_at    timestamptz
);
create index approval_ticket on approval (ticket_number);
create index approval_due on approval (expires_at) where state = 'pending';
create table approver (
    approval_id uuid   not null references approval,
    person_id   bigint not null references person,
    position    int    not null,
    state       text   not null check (state in ('pending', 'approved', 'rejected', 'cancelled', 'expired')),
    decided_by  bigint references person, -- the delegate, where one decided
    decided_at  timestamptz,
    text        text   not null default '',
    primary key (approval_id, person_id)
);
create index approver_pending on approver (person_id) where state = 'pending';

-- +goose Down
drop table approver, approval, ticket_ancestor, ticket_link, notification_setting, absence cascade;
alter table ticket_person drop column since;
alter table log_record drop column work;
alter table ticket drop column waiting_since, drop column reminded, drop column withdrawn, drop column spam_at, drop column internal_target;
alter table desk drop column alerted_at;
alter table service drop column after_deadline, drop column remind_days, drop column resolve_waiting_days, drop column notifications;
alter table organization drop column fields;
alter table person drop column fields;
