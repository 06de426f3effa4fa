-- Numbers over time are counted by when tickets were opened and resolved.
-- +goose Up
create index ticket_created_at on ticket (service_id, created_at);
create index ticket_resolved_at on ticket (service_id, resolved_at) where resolved_at is not null;

-- +goose Down
drop index ticket_resolved_at, ticket_created_at;
