-- Why: what stands behind the form of a town is one subscription at HubEE: the key of the
-- table makes a second one impossible.
-- +goose Up
CREATE TABLE subscriptions (
    siret            text PRIMARY KEY CHECK (siret ~ '^[0-9]{14}$'),
    request          bigint REFERENCES requests (number),
    organisation     text NOT NULL DEFAULT '',
    editor_siret     text REFERENCES editors (siret),
    contender        bigint REFERENCES requests (number), -- whose editor would receive the dossiers instead
    administrator    jsonb NOT NULL,
    want             text NOT NULL CONSTRAINT subscriptions_want_check CHECK (want IN ('actif', 'suspendu')),
    wanted_at        timestamptz NOT NULL,
    state            text NOT NULL CONSTRAINT subscriptions_state_check CHECK (state IN
        ('a_creer', 'organisation_creee', 'inactif', 'en_attente', 'actif', 'en_erreur', 'suspendu')),
    code_cog         text NOT NULL DEFAULT '', -- the branch code of HubEE's key, kept for ever
    hub_id           text UNIQUE,
    at_hub           text NOT NULL DEFAULT '', -- HubEE's last word: its status, 'Absent', or '' for none yet
    suspended_at_hub boolean NOT NULL DEFAULT false,
    failure_code     text NOT NULL DEFAULT '',
    failure_field    text NOT NULL DEFAULT '',
    failure_trace    text NOT NULL DEFAULT '',
    failed_at        timestamptz,
    active_at        timestamptz,
    seen_at          timestamptz,
    revision         integer NOT NULL DEFAULT 1
);
CREATE INDEX subscriptions_by_state ON subscriptions (state, wanted_at);
CREATE INDEX subscriptions_contended ON subscriptions (contender) WHERE contender IS NOT NULL;
CREATE INDEX subscriptions_of_request ON subscriptions (request);

-- What was asked of the register and of HubEE, and what came of it.
CREATE TABLE subscription_calls (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    siret   text NOT NULL REFERENCES subscriptions (siret) ON DELETE CASCADE,
    at      timestamptz NOT NULL,
    step    text NOT NULL,
    outcome text NOT NULL,            -- 'done', 'found', or the code of a failure
    trace   text NOT NULL DEFAULT ''  -- the technical side, nothing personal
);
CREATE INDEX subscription_calls_of_town ON subscription_calls (siret, id);

GRANT SELECT, INSERT, UPDATE, DELETE ON subscriptions, subscription_calls TO portal_app;
