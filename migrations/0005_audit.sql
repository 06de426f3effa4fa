-- Who changed which people, roles, services and settings, and how. Rows are only ever added: the trigger refuses
-- everything else, whoever asks, so that nobody who can change the configuration can also change what it tells of them.

-- +goose Up
create table audit (
    id         bigint generated always as identity primary key,
    at         timestamptz not null,
    actor_id   bigint references person, -- null = whoever ran a command on the machine
    actor_name text   not null,          -- the address at that time, or the operator's name
    via        text   not null,
    noun       text   not null,
    name       text   not null,
    action     text   not null,
    before     jsonb,                    -- the fields that changed, never a secret
    after      jsonb
);

-- +goose StatementBegin
create function refuse_change_of_audit() returns trigger language plpgsql as $$
begin
    raise exception 'the audit is append-only: % refused', tg_op;
end $$;
-- +goose StatementEnd
create trigger audit_append_only before update or delete or truncate on audit
    for each statement execute function refuse_change_of_audit();

-- +goose Down
drop table audit;
drop function refuse_change_of_audit();
