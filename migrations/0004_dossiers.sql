-- Why: a dossier is recorded once per attempt and followed for 90 days; its payload is
-- apart, under a key of its own, so that erasing it leaves the state.
-- +goose Up
CREATE TABLE dossiers (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference            text NOT NULL UNIQUE CHECK (reference ~ '^[2-9A-HJKMNP-Z]{13}$'),
    attempt_id           uuid NOT NULL UNIQUE, -- no foreign key: the attempt is erased first
    siret                text NOT NULL REFERENCES collectivities (siret),
    code_cog             text NOT NULL, -- HubEE's key at the time of recording
    state                text NOT NULL CONSTRAINT dossiers_state_check CHECK (state IN
        ('enregistre', 'transmis', 'recu', 'en_cours', 'traite', 'refuse', 'echec', 'quarantaine')),
    recorded_at          timestamptz NOT NULL,
    state_at             timestamptz NOT NULL,
    transmitted_at       timestamptz,
    received_at          timestamptz,
    integration_error_at timestamptz, -- the town's software could not take it in
    looked_at            timestamptz, -- last reading of the case at HubEE
    folder_id            text UNIQUE,
    case_id              text UNIQUE
);
CREATE INDEX dossiers_by_age ON dossiers (recorded_at);
CREATE INDEX dossiers_of_collectivity ON dossiers (siret, recorded_at);
CREATE INDEX dossiers_silent ON dossiers (COALESCE(looked_at, state_at)) WHERE state IN ('transmis', 'recu', 'en_cours');
CREATE INDEX dossiers_undelivered ON dossiers (recorded_at) WHERE state IN ('enregistre', 'quarantaine');

CREATE TABLE dossier_payloads (
    dossier_id bigint PRIMARY KEY REFERENCES dossiers (id) ON DELETE CASCADE,
    key        bytea NOT NULL, -- sealed by the ring; deleting the row destroys it
    content    bytea NOT NULL,
    files      bytea
);

-- The technical trace: what was tried and what HubEE said, never what the dossier holds.
CREATE TABLE dossier_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dossier_id bigint NOT NULL REFERENCES dossiers (id) ON DELETE CASCADE,
    at         timestamptz NOT NULL,
    kind       text NOT NULL,
    detail     text NOT NULL DEFAULT '',
    hub_event  text, -- HubEE's id: the same event counts once
    UNIQUE (dossier_id, hub_event)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON dossiers, dossier_payloads, dossier_events TO portal_app;
