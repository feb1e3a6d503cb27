-- Why: a key that has the right name and other bytes opens nothing and recognises nobody; the
-- portal knows its keys again before it serves anything.
-- +goose Up
CREATE TABLE key_checks (
    variable text NOT NULL, -- of the environment: KEYS, PEPPER
    name     text NOT NULL,
    digest   bytea NOT NULL CHECK (length(digest) = 32), -- by the key, of a text that is always the same
    PRIMARY KEY (variable, name)
);

GRANT SELECT, INSERT ON key_checks TO portal_app;
