-- Custom fields of tickets (D27), and how long raw mail and files are kept.
-- +goose Up
alter table service
    add column ticket_fields        jsonb not null default '[]',
    add column keep_mail_days       int check (keep_mail_days >= 0),       -- null = as the service above; 0 = for ever
    add column keep_attachment_days int check (keep_attachment_days >= 0);
-- What is dropped loses its content and keeps the rest: hash, state and reason of mail (mail.md 1), name and size of files.
alter table inbound add column raw_dropped_at timestamptz;
alter table outbox add column content_dropped_at timestamptz;
-- What still has something to lose, oldest first: a run of the job sees what is dropped no more.
create index inbound_kept on inbound (finished_at, id) where raw_dropped_at is null and state in ('applied', 'duplicate', 'suppressed') and length(sha256) > 0;
create index outbox_kept on outbox (finished_at, seq) where content_dropped_at is null and state in ('accepted', 'rejected', 'cancelled', 'bounced');
-- No hash is left of a file: so the foreign key still keeps every content that somebody needs, and no other.
alter table attachment
    add column dropped_at timestamptz,
    alter column sha256 drop not null,
    add constraint attachment_content check ((sha256 is null) = (dropped_at is not null));
create index attachment_kept on attachment (id) where dropped_at is null;

-- +goose Down
drop index attachment_kept, outbox_kept, inbound_kept;
delete from attachment where sha256 is null; -- there is nothing behind them
alter table attachment drop constraint attachment_content, alter column sha256 set not null, drop column dropped_at;
alter table outbox drop column content_dropped_at;
alter table inbound drop column raw_dropped_at;
alter table service drop column keep_attachment_days, drop column keep_mail_days, drop column ticket_fields;
