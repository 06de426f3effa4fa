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
-- What is of somebody is found without going through everything, for everybody waits while an erasure begins.
create index log_record_author on log_record (author_id) where author_id is not null;
create index outbox_stranger on outbox (address) where person_id is null;
create index reply_token_address on reply_token (address) where address is not null;

-- +goose Down
drop index reply_token_address, outbox_stranger, log_record_author;
drop table erasure_ticket, erasure;
alter table person drop column erased_at;
