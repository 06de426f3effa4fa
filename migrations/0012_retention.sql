-- Custom fields of tickets (D27), and how long raw mail and files are kept.
-- +goose Up
alter table service
    add column ticket_fields        jsonb not null default '[]',
    add column keep_mail_days       int check (keep_mail_days >= 0),       -- null = as the service above; 0 = for ever
    add column keep_attachment_days int check (keep_attachment_days >= 0);
alter table inbound add column raw_dropped_at timestamptz;    -- the bytes are gone; hash, state and reason stay (mail.md 1)
alter table attachment add column dropped_at timestamptz;     -- the content is gone; name and size stay

-- +goose Down
alter table attachment drop column dropped_at;
alter table inbound drop column raw_dropped_at;
alter table service drop column keep_attachment_days, drop column keep_mail_days, drop column ticket_fields;
