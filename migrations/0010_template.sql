-- Ticket templates, with schedules, and reply templates (E15).
-- +goose Up
create table template (
    id           uuid   primary key,
    kind         text   not null check (kind in ('ticket', 'reply')),
    service_id   bigint not null references service,
    title        text   not null,
    text         text   not null default '',
    language     text   not null check (language in ('en', 'es')),
    subject      text   not null default '',
    category     text   not null default '',
    priority     text   not null default '',
    fields       jsonb  not null default '{}',
    requester_id bigint references person,       -- of a periodic ticket
    schedule     jsonb,                          -- when tickets are made of it; null = only by hand
    next_at      timestamptz,                    -- the next one; null = none
    failure      jsonb,                          -- why the last one could not be made; null = it was made
    version      int    not null default 1,
    created_at   timestamptz not null,
    updated_at   timestamptz not null
);
create unique index template_title on template (service_id, kind, language, lower(title));
create index template_due on template (next_at) where next_at is not null;

-- +goose Down
drop table template;
