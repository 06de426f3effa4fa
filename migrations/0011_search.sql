-- Search in tickets and their logs.
-- +goose Up
select 1;

-- +goose Down
select 1;
