-- Working by mail: addresses that decide or confirm, what is to be confirmed, the guards of automatic mail, what became of
-- a mail after it was accepted, and who may be added.

-- +goose Up
alter table reply_token alter column ticket_number drop not null; -- an address is confirmed without a ticket
alter table reply_token drop constraint reply_token_purpose_check;
alter table reply_token add constraint reply_token_purpose_check check (purpose in ('reply', 'note', 'internal', 'approve', 'confirm'));
alter table reply_token add column approval_id uuid references approval; -- of approve: which question, …
alter table reply_token add column digest bytea;                         -- …asked of which request (E13)
alter table reply_token add column address text;                         -- of confirm: which address becomes the person's

-- What somebody wrote and could not be proven to have written: a signed-in person carries it out with one button.
create table confirmation (
    id            uuid   primary key,
    inbound_id    bigint not null references inbound,
    person_id     bigint not null references person, -- who it claims to be from, and who alone may confirm it
    ticket_number bigint references ticket,
    created_at    timestamptz not null,
    expires_at    timestamptz not null,
    outcome       text not null default '' check (outcome in ('', 'confirmed', 'denied', 'overtaken')), -- overtaken: a triager decided first
    ended_at      timestamptz,
    unique (inbound_id, person_id)
);

-- mail.md 2: what automatic mail waits for, or is not sent for, at an address.
create table address_guard (
    address         text primary key check (address = lower(address)),
    frozen_until    timestamptz,       -- ping-pong
    suspended_at    timestamptz,       -- three hard bounces in seven days, …
    lifted_at       timestamptz,       -- …but none from before somebody wrote from there again
    reason          text not null default ''
);

alter table outbox
    add column note      text not null default '',        -- what was heard of it after it was accepted: delayed, delivered, read
    add column soft      boolean not null default false,   -- it failed for a reason that may pass
    add column digest_id uuid references outbox,           -- the digest that carries what this mail says
    add column bundled   boolean not null default false,   -- a digest carries it: it does not go by itself
    add column limited   boolean not null default false;   -- waits for a limit, and lets people's replies pass
alter table outbox_content add column text_key bytea;     -- SHA-256 of its words: our own mail is known again without its headers
create index outbox_content_text on outbox_content (text_key) where text_key is not null;
create index outbox_bundled on outbox (digest_id) where bundled and state = 'queued';
create index outbox_gathering on outbox (address) where event = 'digest' and state = 'queued';
create index outbox_limited on outbox (address) where limited and state = 'queued';
drop index outbox_due;
create index outbox_due on outbox (next_at, seq) where state in ('queued', 'sending', 'uncertain') and not bundled;
create index outbox_record_failed on outbox (record_id) where state in ('rejected', 'bounced', 'parked', 'uncertain');
create index outbox_address on outbox (address, finished_at) where state in ('accepted', 'bounced'); -- what an address got of late

alter table inbound add column likeness bigint; -- similar texts have similar bits (ping-pong)
alter table inbound
    add column held_for  text   not null default '',        -- why it waits for a person: the key of a sentence, …
    add column held_args text[] not null default '{}';      -- …and what stands in it
create index inbound_sender on inbound (lower(sender), accepted_at desc);
create index inbound_accepted on inbound (accepted_at) where not old and (class <> '' or state <> 'suppressed'); -- a flood is of new mail

alter table log_record add column copied text[] not null default '{}'; -- in Cc, and not added (D15)
alter table service add column machine_senders text[] not null default '{}'; -- robots that may open tickets (mail.md 2)

-- What `postdesk doctor --send` proved of a mailbox's border, and of which trust settings.
alter table mailbox add column probed_at timestamptz, add column probed bytea;
-- The person confirmed it by answering from there; the others stand in the desk file, which does not touch this one.
alter table person_address add column confirmed_at timestamptz;

-- +goose Down
alter table person_address drop column confirmed_at;
alter table mailbox drop column probed, drop column probed_at;
alter table service drop column machine_senders;
alter table log_record drop column copied;
drop index inbound_accepted, inbound_sender, outbox_address, outbox_record_failed, outbox_bundled, outbox_gathering, outbox_limited, outbox_due;
alter table outbox_content drop column text_key;
create index outbox_due on outbox (next_at, seq) where state in ('queued', 'sending', 'uncertain');
alter table inbound drop column held_args, drop column held_for, drop column likeness;
alter table outbox drop column limited, drop column bundled, drop column digest_id, drop column soft, drop column note;
drop table address_guard, confirmation;
delete from reply_token where purpose in ('internal', 'approve', 'confirm');
alter table reply_token drop column address, drop column digest, drop column approval_id;
alter table reply_token drop constraint reply_token_purpose_check;
alter table reply_token add constraint reply_token_purpose_check check (purpose in ('reply', 'note'));
alter table reply_token alter column ticket_number set not null;
