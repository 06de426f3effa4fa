-- Numbers over time: what was opened, answered and resolved when, and which deadlines passed without. What reports never
-- count is in none of these indexes.
-- +goose Up
create index ticket_created_at on ticket (service_id, created_at) include (resolved_at)
    where merged_into is null and spam_at is null and not withdrawn;
create index ticket_resolved_at on ticket (service_id, resolved_at) include (created_at)
    where resolved_at is not null and merged_into is null and spam_at is null and not withdrawn;
create index ticket_answered_at on ticket (service_id, first_response_at)
    where first_response_at is not null and merged_into is null and spam_at is null and not withdrawn;
create index ticket_unanswered on ticket (service_id, first_response_due)
    where first_response_at is null and first_response_due is not null and merged_into is null and spam_at is null and not withdrawn;
create index ticket_unresolved on ticket (service_id, resolution_due)
    where resolved_at is null and merged_into is null and spam_at is null and not withdrawn;

-- +goose Down
drop index ticket_unresolved, ticket_unanswered, ticket_answered_at, ticket_resolved_at, ticket_created_at;
