-- What a person has read of a ticket, and who has it open just now.

-- +goose Up
-- Rows older than 30 days say nothing, for by then what they do not cover counts as read too; a sweep takes them away.
create table ticket_seen (
    person_id     bigint  not null references person,
    ticket_number bigint  not null references ticket,
    at            timestamptz not null,            -- when it was last on the person's screen
    unread        boolean not null default false,  -- the person wants it to count as unread
    primary key (person_id, ticket_number)
);
-- Written each few seconds and worth nothing after a minute: a crash may empty it.
create unlogged table presence (
    ticket_number bigint  not null references ticket,
    person_id     bigint  not null references person,
    writing       boolean not null,
    at            timestamptz not null,
    primary key (ticket_number, person_id)
);

-- +goose Down
drop table presence, ticket_seen;
