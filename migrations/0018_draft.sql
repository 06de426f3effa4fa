-- What somebody is writing, and what they have sent and may still take back.
-- +goose Up
create table draft (
    id            uuid        primary key,
    person_id     bigint      not null references person,
    ticket_number bigint      references ticket,          -- null = a ticket that is not opened yet
    kind          text        not null check (kind in ('reply', 'note', 'ticket')),
    text          text        not null default '',
    fields        jsonb       not null default '{}',      -- what else the form of a new ticket says
    status        text        not null default '',        -- what the ticket is set to when this is sent; '' = as it is
    updated_at    timestamptz not null,
    send_at       timestamptz,                            -- null = it is being written
    failure       jsonb,                                  -- why it was not sent
    check ((kind = 'ticket') = (ticket_number is null))
);
-- One of each kind is being written; any number may be on their way.
create unique index draft_written on draft (person_id, coalesce(ticket_number, 0), kind) where send_at is null;
create index draft_person on draft (person_id, ticket_number);
create index draft_ticket on draft (ticket_number);
create index draft_due on draft (send_at) where send_at is not null;
create table draft_file (
    id           uuid   primary key,                      -- in the order in which they came
    draft_id     uuid   not null references draft on delete cascade,
    name         text   not null,
    content_type text   not null,
    size         bigint not null,
    sha256       bytea  not null references blob
);
create index draft_file_draft on draft_file (draft_id);
create index draft_file_blob on draft_file (sha256);

-- +goose Down
drop table draft_file, draft;
