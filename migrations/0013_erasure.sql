-- Erasing a person: the row stays, for tickets refer to it, and says nothing any more.
-- +goose Up
alter table person add column erased_at timestamptz;

-- What is under way, with the words by which the person is still to be found; gone when it is done.
create table erasure (
    person_id bigint primary key references person,
    addresses text[] not null,
    names     text[] not null,
    begun_at  timestamptz not null,            -- what came later is somebody else's, also from the same address
    scanned   bigint not null default 0,       -- tickets up to this number were looked through
    tickets   int    not null default 0        -- how many of them name the person
);
-- Tickets that still name the person.
create table erasure_ticket (
    person_id     bigint not null references erasure on delete cascade,
    ticket_number bigint not null references ticket,
    primary key (person_id, ticket_number)
);

-- +goose Down
drop table erasure_ticket, erasure;
alter table person drop column erased_at;
