-- Why: the programs of an editor call us by a secret that is shown once and replaced without a
-- break, and by access tokens that whatever cuts the secret cuts too.
-- +goose Up
CREATE TABLE api_clients (
    id           text PRIMARY KEY CHECK (id ~ '^qf_client_[0-9A-Za-z]{16}$'),
    editor_siret text NOT NULL REFERENCES editors (siret),
    name         text NOT NULL CHECK (name <> '' AND length(name) <= 60),
    folded_name  text NOT NULL, -- as names are told apart
    scopes       text[] NOT NULL CONSTRAINT api_clients_scopes_check
        CHECK (scopes <> '{}' AND scopes <@ ARRAY['clients', 'jetons', 'jetons:ecriture', 'dossiers', 'hubee:ecriture']),
    networks     cidr[] NOT NULL CHECK (cardinality(networks) <= 50), -- empty: from anywhere
    created_at   timestamptz NOT NULL,
    created_by   text NOT NULL, -- as displayed then
    revoked_at   timestamptz,
    revoked_by   text NOT NULL DEFAULT '',
    last_used_at timestamptz,
    revision     integer NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX api_clients_name ON api_clients (editor_siret, folded_name) WHERE revoked_at IS NULL;
CREATE INDEX api_clients_of_editor ON api_clients (editor_siret, revoked_at);

CREATE TABLE api_client_secrets (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client       text NOT NULL REFERENCES api_clients (id),
    -- Two places: no race gives a client a third secret.
    place        smallint NOT NULL CHECK (place IN (1, 2)),
    digest       bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    pepper       text NOT NULL CHECK (pepper <> ''), -- name of the key of the digest
    created_at   timestamptz NOT NULL,
    created_by   text NOT NULL,
    last_used_at timestamptz,
    ended_at     timestamptz
);
CREATE UNIQUE INDEX api_client_secrets_place ON api_client_secrets (client, place) WHERE ended_at IS NULL;
CREATE INDEX api_client_secrets_of_client ON api_client_secrets (client);

CREATE TABLE api_accesses (
    digest     bytea PRIMARY KEY CHECK (length(digest) = 32), -- of 256 random bits: no key is needed
    client     text NOT NULL REFERENCES api_clients (id),
    secret     bigint NOT NULL REFERENCES api_client_secrets (id),
    scopes     text[] NOT NULL,
    issued_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX api_accesses_of_client ON api_accesses (client, issued_at);
CREATE INDEX api_accesses_by_expiry ON api_accesses (expires_at);

-- How often something happened in the present second or minute: every instance counts here.
-- Nothing of it is worth keeping.
CREATE UNLOGGED TABLE api_counts (
    what  text PRIMARY KEY, -- "call" and a client, "failure" and a hash of who tries
    span  bigint NOT NULL,  -- seconds or minutes since 1970
    times integer NOT NULL,
    at    timestamptz NOT NULL
) WITH (fillfactor = 50);

GRANT SELECT, INSERT, UPDATE ON api_clients, api_client_secrets TO portal_app;
GRANT SELECT, INSERT, DELETE ON api_accesses TO portal_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON api_counts TO portal_app;
