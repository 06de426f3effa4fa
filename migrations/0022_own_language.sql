-- The language that people choose for themselves. It stands beside the desk file's word, which applying it changes.
-- +goose Up
alter table person add column own_language text check (own_language in ('en', 'es'));

-- +goose Down
alter table person drop column own_language;
