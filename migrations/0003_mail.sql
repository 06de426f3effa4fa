-- The ledger of what came in and the outbox of what goes out. Both are queues that people can read; bodies are kept
-- apart, so that the many small updates of their states stay cheap.

-- +goose Up
-- Where a mailbox stands on its server, and which daemon works on it.
create table mailbox_state (
    mailbox_id   bigint primary key references mailbox,
    uidvalidity  bigint not null default 0,
    cursor       bigint not null default 0, -- the highest UID accepted in this epoch
    epoch        int    not null default 0, -- grows when UIDVALIDITY changes or UIDNEXT falls
    lease_token  uuid,
    lease_until  timestamptz,
    last_ok_at   timestamptz,               -- last complete round with the server
    failing_since timestamptz,
    failure      text not null default '',
    reconciled_at timestamptz,
    missing      int not null default 0     -- listed by the server, not in the ledger, at the last reconcile
);

create table inbound (
    id           bigint generated always as identity primary key,
    mailbox_id   bigint not null references mailbox,
    epoch        int    not null,
    uidvalidity  bigint not null,
    uid          bigint not null,
    sha256       bytea  not null,
    size         bigint not null,
    received_at  timestamptz not null,      -- INTERNALDATE of the server
    accepted_at  timestamptz not null,
    state        text   not null default 'received' check (state in ('received', 'applied', 'duplicate', 'suppressed', 'quarantined', 'parked')),
    reason       text   not null default '',
    attempts     int    not null default 0,
    ticket_number bigint references ticket,
    service_id   bigint references service, -- of quarantined mail: whose triage sees it
    message_id   text   not null default '',
    sender       text   not null default '',
    subject      text   not null default '',
    class        text   not null default '',
    evidence     text   not null default '',
    content_key  bytea,
    finished_at  timestamptz,
    filed        boolean not null default false, -- the mailbox's after-action (seen, move, delete) is done
    old          boolean not null default false, -- listed again after a new epoch: no acknowledgement
    unique (mailbox_id, uidvalidity, uid, epoch)
) with (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.02); -- each row's attempt is counted soon: room for that beside it
create index inbound_waiting on inbound (mailbox_id, epoch, uid) where state = 'received';
create index inbound_unfiled on inbound (mailbox_id, uid) where not filed;
create index inbound_state on inbound (state, id desc);
create index inbound_quarantine on inbound (service_id, id desc) where state = 'quarantined';
-- The same content is applied once (mail.md 1); what is a duplicate carries no key of its own.
create unique index inbound_content on inbound (content_key) where content_key is not null;
create index inbound_sha on inbound (sha256);

-- Which ticket a Message-ID leads to: the ids of the mails applied to it and those they refer to. Threading gives a
-- candidate, never a right.
create table thread (
    message_id    text   not null,
    ticket_number bigint not null references ticket,
    own           boolean not null, -- the id of a mail in the ticket, not only referred to
    primary key (message_id, ticket_number)
);

create table outbox (
    id            uuid   primary key,
    seq           bigint generated always as identity, -- order per ticket and person: taken under the ticket's lock
    ticket_number bigint references ticket,
    record_id     uuid   references log_record,
    mailbox_id    bigint not null references mailbox,
    person_id     bigint references person,
    address       text   not null,          -- frozen when queued
    event         text   not null,
    role          text   not null,
    reason        text   not null,
    language      text   not null,
    automatic     boolean not null,
    message_id    text   not null unique,   -- with its angle brackets' content only
    state         text   not null default 'queued' check (state in ('queued', 'sending', 'accepted', 'rejected', 'uncertain', 'parked', 'cancelled', 'bounced')),
    attempts      int    not null default 0,
    next_at       timestamptz not null,
    lease_token   uuid,
    lease_until   timestamptz,
    data_phase    boolean not null default false, -- the closing dot may have been written
    resent        boolean not null default false,
    response      text   not null default '',
    created_at    timestamptz not null,
    finished_at   timestamptz
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create index outbox_due on outbox (next_at, seq) where state in ('queued', 'sending', 'uncertain');
create index outbox_order on outbox (ticket_number, address, seq) where state in ('queued', 'sending');
create index outbox_ticket on outbox (ticket_number, seq desc);
create index outbox_state on outbox (state, seq desc);
create index outbox_person on outbox (person_id);

-- What a mail says: the redacted view as data when queued, the rendered bytes from the first attempt on.
create table outbox_content (
    outbox_id uuid  primary key references outbox,
    content   jsonb not null,
    raw       bytea,                 -- the bytes of the first attempt; null = not rendered yet, or…
    raw_sha256 bytea references blob -- …too large for a row
);
create index outbox_content_raw on outbox_content (raw_sha256) where raw_sha256 is not null;

-- The row is the truth about a reply address: who may use it, on which ticket, for what (mail.md 4).
create table reply_token (
    token         bytea  primary key check (length(token) = 16),
    person_id     bigint not null references person,
    ticket_number bigint not null references ticket,
    purpose       text   not null check (purpose in ('reply', 'note')),
    outbox_id     uuid   not null references outbox,
    expires_at    timestamptz not null,
    uses          int    not null default 0,
    revoked_at    timestamptz
);
create index reply_token_person on reply_token (person_id, ticket_number);
create index reply_token_outbox on reply_token (outbox_id);

-- +goose Down
drop table reply_token, outbox_content, outbox, thread, inbound, mailbox_state cascade;
