-- What a service is for, by language, for people who choose one.
-- +goose Up
alter table service add column description jsonb not null default '{}';

-- +goose Down
alter table service drop column description;
