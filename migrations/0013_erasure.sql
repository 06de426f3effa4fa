-- Erasing a person.
-- +goose Up
alter table person add column erased_at timestamptz;

-- +goose Down
alter table person drop column erased_at;
