-- Why: people look for the orders that were given up, and for what became of one thing.
-- +goose Up
CREATE INDEX outbox_abandoned ON outbox (abandoned_at) WHERE abandoned_at IS NOT NULL;
CREATE INDEX outbox_by_subject ON outbox (subject);
