-- Knowledge and news (E15).
-- +goose Up
create table article (
    id             uuid    primary key,
    seq            bigint  not null generated always as identity,
    -- Lists go down it: what is pinned, then the newest.
    place          bigint  not null generated always as (seq + case when pinned then 4611686018427387904 else 0 end) stored,
    kind           text    not null check (kind in ('knowledge', 'news')),
    service_id     bigint  not null references service,
    title          text    not null,
    text           text    not null,
    language       text    not null check (language in ('en', 'es')),
    for_requesters boolean not null,
    pinned         boolean not null default false,
    expires_at     timestamptz,                 -- of news; null = never
    author_id      bigint  references person,
    version        int     not null default 1,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    -- Being mailed (news): to everybody whom it is for, a step at a time, in the order of their ids.
    mail_at        timestamptz,                 -- when it was asked for; null = not at all
    mail_by        bigint  references person,   -- who asked, and gets none (E3)
    mailed_to      bigint  not null default 0,  -- the last person who was looked at
    mailed_at      timestamptz                  -- when the last one was; null = not finished
);
create index article_list on article (kind, place desc);
create index article_mail on article (mail_at) where mail_at is not null and mailed_at is null;

-- +goose Down
drop table article;
