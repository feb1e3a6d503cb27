-- Why: what the existing system granted goes on here: who writes the mails meanwhile, until when
-- its word counts about a token, and how a requester whom it knew finds the habilitation again.
-- +goose Up
ALTER TABLE requests ADD mails_by text NOT NULL DEFAULT 'portail'
    CONSTRAINT requests_mails_by_check CHECK (mails_by IN ('portail', 'ancien'));

-- The revision that the last import left; nobody acted on the token here while it is the
-- present one. Null for a token issued here.
ALTER TABLE tokens ADD imported_revision integer;

-- The links by which requesters find their habilitation again: one at a time opens it.
CREATE TABLE holder_links (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    request    bigint NOT NULL REFERENCES requests (number),
    sent_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz, -- it was used, or another one took its place
    replaced   boolean NOT NULL DEFAULT false,
    used_by    bigint REFERENCES accounts (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX holder_links_open ON holder_links (request) WHERE ended_at IS NULL;
CREATE INDEX holder_links_of_request ON holder_links (request, sent_at);

GRANT SELECT, INSERT, UPDATE ON holder_links TO portal_app;
