-- Why: whatever DataPass sends with its signature is kept, so that nothing is applied twice
-- and what could not be used is not lost.
-- +goose Up
CREATE TABLE datapass_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest      bytea NOT NULL UNIQUE CHECK (length(digest) = 32), -- SHA-256 of the body
    received_at timestamptz NOT NULL,
    last_at     timestamptz NOT NULL, -- of its last arrival
    arrivals    integer NOT NULL DEFAULT 1,
    event       text NOT NULL DEFAULT '',
    model_type  text NOT NULL DEFAULT '',
    request     bigint,
    fired_at    bigint, -- seconds since 1970, DataPass's clock
    state       text NOT NULL CONSTRAINT datapass_events_state_check CHECK (state IN
        ('appliquee', 'sans_effet', 'quarantaine', 'essai')),
    reason      text NOT NULL DEFAULT '', -- code of a sentence
    applied_at  timestamptz,
    content     bytea -- sealed; erased some time after it was applied
);
-- The same event counts once, however its body is written.
CREATE UNIQUE INDEX datapass_events_once ON datapass_events (request, event, fired_at) WHERE state = 'appliquee';
CREATE INDEX datapass_events_by_date ON datapass_events (received_at, id);
CREATE INDEX datapass_events_of_request ON datapass_events (request, id);
CREATE INDEX datapass_events_quarantined ON datapass_events (received_at) WHERE state = 'quarantaine';

GRANT SELECT, INSERT, UPDATE, DELETE ON datapass_events TO portal_app;
