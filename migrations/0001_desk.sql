-- What is configured: the desk, people, services, roles, mailboxes. Changes bump desk.version, so that the running
-- daemons see in their next transaction that their picture of it is old.

-- +goose Up
create table desk (
    only_row       boolean primary key default true check (only_row),
    installation   uuid    not null default gen_random_uuid(),
    version        bigint  not null default 1,
    name           text    not null default 'IT',
    languages      text[]  not null default '{en,es}',
    timezone       text    not null default 'UTC',
    second_factor  text    not null default 'off' check (second_factor in ('off', 'administrators')),
    limits         jsonb   not null default '{}',
    automatic_paused boolean not null default false
);
insert into desk default values;

create table organization (
    id       bigint generated always as identity primary key,
    name     text   not null unique,
    domains  text[] not null default '{}',
    archived_at timestamptz
);

create table person (
    id              bigint generated always as identity primary key,
    email           text   not null unique check (email = lower(email) and email <> ''),
    domain          text   not null generated always as (split_part(email, '@', 2)) stored,
    name            text   not null default '',
    organization_id bigint references organization,
    language        text   check (language in ('en', 'es')),
    administrator   boolean not null default false,
    origin          text   not null default 'configured' check (origin in ('configured', 'contact', 'guest')),
    password_hash   text,
    password_env    text,
    disabled_at     timestamptz,
    created_at      timestamptz not null default now()
);
create index person_domain on person (domain);

-- Other confirmed addresses of a person; the primary one stands in person.email.
create table person_address (
    address    text   primary key check (address = lower(address)),
    person_id  bigint not null references person
);
create index person_address_person on person_address (person_id);

create table requester_group (
    id      bigint generated always as identity primary key,
    name    text   not null unique,
    domains text[] not null default '{}',
    archived_at timestamptz
);
create table requester_group_member (
    group_id  bigint not null references requester_group,
    person_id bigint not null references person,
    primary key (group_id, person_id)
);
create index requester_group_member_person on requester_group_member (person_id);

-- Who is in which requester group: by name or by the domain of the address.
create view requester_group_person as
    select group_id, person_id from requester_group_member
    union
    select g.id, p.id from requester_group g join person p on p.domain = any (g.domains);

create table calendar (
    id       bigint generated always as identity primary key,
    name     text  not null unique,
    timezone text  not null,
    hours    jsonb not null default '{}',
    holidays date[] not null default '{}',
    archived_at timestamptz
);
create table sla (
    id             bigint generated always as identity primary key,
    name           text   not null unique,
    calendar_id    bigint references calendar,
    first_response bigint not null default 0, -- seconds inside operating hours; 0 = none
    resolution     bigint not null default 0,
    priorities     jsonb  not null default '{}',
    archived_at    timestamptz
);

create table mailbox (
    id             bigint generated always as identity primary key,
    address        text    not null unique check (address = lower(address)),
    imap           jsonb   not null default '{}', -- host, port, tls, username, folder, names of the variables of secrets
    smtp           jsonb   not null default '{}',
    auth           jsonb,                          -- OAuth: method, token_url, client_id, scope, names of variables
    secrets        bytea,                          -- sealed with the key file
    plus_addresses boolean not null default true,
    reply_domain   text,
    start_setting  text    not null default 'now',
    start_at       timestamptz,                    -- null = everything in the mailbox is taken
    after          text    not null default 'keep',
    opens_id       bigint,
    authserv_ids   text[]  not null default '{}',
    borders        text[]  not null default '{}',
    dkim           boolean not null default true,
    policy         text    not null default 'strict' check (policy in ('strict', 'token')),
    archived_at    timestamptz
);

create table service (
    id               bigint generated always as identity primary key,
    parent_id        bigint references service,
    name             text    not null,
    folder           boolean not null default false,
    mailbox_id       bigint  references mailbox,
    language         text    not null default 'en' check (language in ('en', 'es')),
    reopen_days      int     not null default 7 check (reopen_days >= 0),
    close_after_days int     not null default 5 check (close_after_days >= 0),
    unknown_senders  text    not null default 'hold' check (unknown_senders in ('hold', 'guest', 'refuse')),
    requester_sees   text[]  not null default '{}',
    inherit          boolean not null default true,
    position         int     not null default 0,
    archived_at      timestamptz
);
create unique index service_name on service (coalesce(parent_id, 0), lower(name)) where archived_at is null;
alter table mailbox add constraint mailbox_opens foreign key (opens_id) references service;

create table service_sla (
    service_id bigint not null references service,
    position   int    not null,
    group_id   bigint not null references requester_group,
    sla_id     bigint not null references sla,
    primary key (service_id, position)
);
create table solver_group (
    id         bigint generated always as identity primary key,
    service_id bigint not null references service,
    name       text   not null,
    archived_at timestamptz
);
create unique index solver_group_name on solver_group (service_id, lower(name));
create table service_category (
    service_id bigint not null references service,
    category   text   not null,
    group_id   bigint references solver_group,
    target_id  bigint references service,
    primary key (service_id, category)
);
-- position keeps the order of the desk file, so that an export reads as it was written.
create table role_grant (
    id              bigint generated always as identity primary key,
    service_id      bigint not null references service,
    role            text   not null check (role in ('main_solver', 'solver', 'solver_group', 'exceptional_solver', 'manager', 'reader', 'ticket_reporter')),
    person_id       bigint references person,
    members_of      bigint references requester_group,
    solver_group_id bigint references solver_group,
    for_group_id    bigint references requester_group,
    position        int    not null default 0,
    check (num_nonnulls(person_id, members_of) = 1),
    check ((role = 'solver_group') = (solver_group_id is not null)),
    unique nulls not distinct (service_id, role, person_id, members_of, solver_group_id, for_group_id)
);
create index role_grant_person on role_grant (person_id);

create table api_token (
    id         bigint generated always as identity primary key,
    person_id  bigint not null references person,
    name       text   not null,
    hash       bytea  not null unique, -- SHA-256 of the token; the token itself is shown once
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at timestamptz
);
create table sign_in_link (
    hash       bytea  primary key,
    person_id  bigint not null references person,
    expires_at timestamptz not null,
    used_at    timestamptz
);
create table sessions ( -- the columns that scs expects
    token  text  primary key,
    data   bytea not null,
    expiry timestamptz not null
);
create index sessions_expiry on sessions (expiry);

-- +goose Down
drop table sessions, sign_in_link, api_token, role_grant, service_category, solver_group, service_sla cascade;
drop table service cascade;
drop table mailbox, sla, calendar cascade;
drop view requester_group_person;
drop table requester_group_member, requester_group, person_address, person, organization, desk cascade;
