-- The list and its counts are asked for status by status: a page and the counts up to a thousand are then read from the end
-- of an index each, however many tickets there are. What is merged or spam is in no list but its own.

-- +goose Up
drop index ticket_open;
create index ticket_status on ticket (service_id, status, number desc) where merged_into is null and spam_at is null;
create index ticket_requester_status on ticket (requester_id, status, number desc) where merged_into is null and spam_at is null;
create index ticket_solver_status on ticket (solver_id, status, number desc)
    where solver_id is not null and merged_into is null and spam_at is null;
drop index ticket_group;
create index ticket_group_status on ticket (group_id, status, number desc)
    where group_id is not null and merged_into is null and spam_at is null;
create index ticket_unassigned on ticket (service_id, status, number desc)
    where solver_id is null and group_id is null and status not in ('resolved', 'closed') and merged_into is null and spam_at is null;
create index ticket_requester_due on ticket (requester_id, due_at) where due_at is not null;
create index ticket_priority on ticket (service_id, priority, status, number desc) where merged_into is null and spam_at is null;
create index ticket_category on ticket (service_id, category, status, number desc) where merged_into is null and spam_at is null;
drop index ticket_service;
create index ticket_service on ticket (service_id, number desc) include (merged_into, spam_at);

-- +goose Down
drop index ticket_category, ticket_priority, ticket_requester_due, ticket_unassigned, ticket_group_status, ticket_solver_status,
    ticket_requester_status, ticket_status;
drop index ticket_service;
create index ticket_service on ticket (service_id, number desc);
create index ticket_group on ticket (group_id, number desc) where group_id is not null and solver_id is null;
create index ticket_open on ticket (service_id, status, number desc) where status not in ('resolved', 'closed');
