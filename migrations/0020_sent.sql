-- +goose Up
-- The log shows each record's mails, whatever became of them.
drop index outbox_record_failed;
create index outbox_record on outbox (record_id) where record_id is not null;

-- There is no way down: the way back from a release is a back-up (docs/operations.md).
