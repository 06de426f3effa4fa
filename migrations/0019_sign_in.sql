-- Signing in: whose a session is and where it comes from, the second factor, sign-ins at identity providers.

-- +goose Up
delete from sessions; -- they say of nobody whose they are: everybody signs in once more
alter table sessions
    add column id         uuid not null default gen_random_uuid() unique,
    add column person_id  bigint references person, -- null = nobody has signed in yet
    add column created_at timestamptz not null default now(),
    add column seen_at    timestamptz not null default now(),
    add column address    text not null default '',
    add column browser    text not null default '';
create index sessions_person on sessions (person_id) where person_id is not null;

alter table desk
    drop constraint desk_second_factor_check,
    add constraint desk_second_factor_check check (second_factor in ('off', 'administrators', 'everybody')),
    add column oidc         jsonb not null default '[]',
    add column oidc_secrets bytea; -- sealed

create table second_factor (
    person_id    bigint primary key references person,
    secret       bytea  not null, -- sealed; of RFC 6238
    confirmed_at timestamptz,     -- null = being set up: a first code has not been typed yet
    last_step    bigint not null default 0, -- of the last code that was taken: none is taken twice
    created_at   timestamptz not null
);
create table recovery_code (
    person_id bigint not null references person,
    hash      bytea  not null, -- SHA-256
    used_at   timestamptz,
    primary key (person_id, hash)
);
create table identity ( -- a person's account at a provider (OpenID Connect Core 1.0 section 5.7)
    issuer    text   not null,
    subject   text   not null,
    id        uuid   not null default gen_random_uuid() unique,
    person_id bigint not null references person,
    label     text   not null default '', -- how the provider calls the account, for its owner to know it by
    linked_at timestamptz not null,
    used_at   timestamptz,
    primary key (issuer, subject)
);
create index identity_person on identity (person_id);

-- +goose Down
drop table identity, recovery_code, second_factor;
update desk set second_factor = 'administrators' where second_factor = 'everybody';
alter table desk
    drop column oidc_secrets, drop column oidc,
    drop constraint desk_second_factor_check,
    add constraint desk_second_factor_check check (second_factor in ('off', 'administrators'));
drop index sessions_person;
alter table sessions drop column browser, drop column address, drop column seen_at, drop column created_at, drop column person_id, drop column id;
