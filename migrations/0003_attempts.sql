-- Why: what a citizen reviews before transmitting lives here, sealed, for an hour at most.
-- +goose Up
CREATE TABLE citizen_sessions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        bytea NOT NULL UNIQUE CHECK (length(key) = 32), -- hash of the cookie
    created_at timestamptz NOT NULL
);
CREATE INDEX citizen_sessions_by_age ON citizen_sessions (created_at);

CREATE TABLE attempts (
    id         uuid PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES citizen_sessions (id) ON DELETE CASCADE,
    siret      text NOT NULL REFERENCES collectivities (siret),
    step       text NOT NULL CONSTRAINT attempts_step_check CHECK (step IN ('commencee', 'identifiee', 'transmise')),
    state_hash bytea UNIQUE CHECK (length(state_hash) = 32), -- waits for a sign-in while not null
    nonce      text NOT NULL DEFAULT '',
    sealed     bytea NOT NULL,
    reference  text CHECK (length(reference) = 13),
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    CHECK ((step = 'transmise') = (reference IS NOT NULL)),
    -- A second link for the same town replaces the first one: nothing is inherited.
    UNIQUE (session_id, siret)
);
CREATE INDEX attempts_by_age ON attempts (created_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON citizen_sessions, attempts TO portal_app;
