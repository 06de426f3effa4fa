-- Tickets, their log, and the contents of files and raw messages.

-- +goose Up
create sequence ticket_number start 1001; -- gaps are allowed: a gap-free number would serialise all mail
create table ticket (
    number          bigint primary key default nextval('ticket_number'),
    version         int    not null default 1,
    service_id      bigint not null references service,
    subject         text   not null,
    status          text   not null default 'open' check (status in ('open', 'triaged', 'in_progress', 'waiting', 'resolved', 'closed')),
    category        text   not null default 'other',
    priority        text   not null default 'normal' check (priority in ('low', 'normal', 'high', 'urgent')),
    requester_id    bigint not null references person,
    organization_id bigint references organization,
    solver_id       bigint references person,
    group_id        bigint references solver_group,
    parent_number   bigint references ticket,
    merged_into     bigint references ticket,
    opened_via      text   not null,
    sla_id          bigint references sla,
    root_message_id text   not null,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    resolved_at     timestamptz,
    closed_at       timestamptz,
    first_response_at timestamptz
) with (fillfactor = 80);
create index ticket_service on ticket (service_id, number desc);
create index ticket_open on ticket (service_id, status, number desc) where status not in ('resolved', 'closed');
create index ticket_requester on ticket (requester_id, number desc);
create index ticket_solver on ticket (solver_id, number desc) where solver_id is not null;
create index ticket_group on ticket (group_id, number desc) where group_id is not null and solver_id is null;
create index ticket_parent on ticket (parent_number) where parent_number is not null;
create index ticket_merged on ticket (merged_into) where merged_into is not null;
create index ticket_resolved on ticket (resolved_at) where status = 'resolved';

create table ticket_person (
    ticket_number bigint not null references ticket,
    person_id     bigint not null references person,
    part          text   not null check (part in ('participant', 'follower')),
    added_at      timestamptz not null,
    primary key (ticket_number, person_id, part)
);
create index ticket_person_person on ticket_person (person_id, ticket_number desc);

create table log_record (
    id                uuid   primary key,
    ticket_number     bigint not null references ticket,
    at                timestamptz not null, -- grows strictly within a ticket
    kind              text   not null,
    author_id         bigint references person,
    author_address    text   not null default '',
    via               text   not null,
    text              text   not null default '',
    folded            text   not null default '',
    show_to_requester boolean not null,
    verified          boolean,
    message_id        text   not null default '',
    inbound_id        bigint,
    change            jsonb,
    unique (ticket_number, at)
);

-- Contents by their SHA-256: small ones inline, larger ones in chunks that stream in and out. What nothing refers to
-- is swept a day later.
create table blob (
    sha256     bytea  primary key,
    size       bigint not null,
    data       bytea,                     -- null = in chunks
    created_at timestamptz not null default now()
);
alter table blob alter column data set storage external;
create table blob_chunk (
    sha256 bytea not null references blob on delete cascade,
    seq    int   not null,
    data   bytea not null,
    primary key (sha256, seq)
);
alter table blob_chunk alter column data set storage external;

create table attachment (
    id            uuid   primary key,
    record_id     uuid   not null references log_record,
    position      int    not null,
    name          text   not null,
    content_type  text   not null,
    size          bigint not null,
    sha256        bytea  not null references blob,
    inline        boolean not null default false,
    content_id    text   not null default ''
);
create index attachment_record on attachment (record_id, position);
create index attachment_blob on attachment (sha256);

-- +goose Down
drop table attachment, blob_chunk, blob, log_record, ticket_person, ticket cascade;
drop sequence ticket_number;
