-- Why: what people decide is written down, and the portal itself cannot unwrite it.
-- +goose Up
CREATE TABLE audit_events (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at             timestamptz NOT NULL, -- business time
    author_id      text NOT NULL,
    author         text NOT NULL,
    role           text NOT NULL,
    act            text NOT NULL,
    object_kind    text NOT NULL,
    object_id      text NOT NULL,
    object         text NOT NULL,
    organisation   text NOT NULL DEFAULT '',
    detail         text NOT NULL DEFAULT '',
    request_id     text NOT NULL DEFAULT ''
);
