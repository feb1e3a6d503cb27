-- Why: a token is in use as soon as a software shows it, whatever the answer; that it obtained
-- the data once is another fact, which counts of calls do not keep for long.
-- +goose Up
ALTER TABLE tokens ADD COLUMN first_answered_at timestamptz; -- the data were given
UPDATE tokens SET first_answered_at = first_used_at WHERE first_used_at IS NOT NULL; -- so far the same
