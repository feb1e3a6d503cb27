-- Why: a token is known by its keyed hash alone once it is collected, and no habilitation has
-- two that would go on: the keys of the table say both.
-- +goose Up
CREATE TABLE tokens (
    id              uuid PRIMARY KEY, -- the jti of one that another system issued
    public_id       text UNIQUE CHECK (public_id ~ '^[0-9A-Za-z]{12}$'),
    digest          bytea CHECK (length(digest) = 32),
    pepper          text NOT NULL DEFAULT '', -- name of the key of the digest
    -- Exactly one of a text of ours and a text that another system signed.
    CONSTRAINT tokens_origin_check CHECK ((public_id IS NULL) = (digest IS NULL) AND (digest IS NULL) = (pepper = '')),
    sealed          bytea, -- the text, until whoever collected it has it safe
    request         bigint NOT NULL REFERENCES requests (number),
    habilitation    bigint NOT NULL REFERENCES habilitations (number),
    -- What follows the habilitation, copied: a check reads one row.
    siret           text NOT NULL CHECK (siret ~ '^[0-9]{14}$'),
    organisation    text NOT NULL DEFAULT '',
    editor_siret    text REFERENCES editors (siret),
    scopes          text[] NOT NULL,
    barred_at       timestamptz, -- the habilitation does not hold at present
    issued_at       timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    replaces        uuid UNIQUE REFERENCES tokens (id), -- a token is replaced once
    replacement_key bytea, -- of the call that asked for the replacement
    replaced_at     timestamptz,
    ends_at         timestamptz, -- end of the overlap
    collected_at    timestamptz,
    collected_side  text NOT NULL DEFAULT '' CONSTRAINT tokens_side_check CHECK (collected_side IN ('', 'editeur', 'collectivite')),
    collected_by    text NOT NULL DEFAULT '', -- id of the author, as the journal has it
    collector       text NOT NULL DEFAULT '', -- as displayed then
    collection_key  bytea, -- of the call that collected
    confirmed_at    timestamptz,
    first_used_at   timestamptz,
    last_used_at    timestamptz,
    suspended_at    timestamptz,
    suspended_by    text NOT NULL DEFAULT '', -- the side, 'operateur' included
    suspender       text NOT NULL DEFAULT '',
    suspended_for   text NOT NULL DEFAULT '',
    revoked_at      timestamptz,
    revoker         text NOT NULL DEFAULT '',
    revoked_for     text NOT NULL DEFAULT '',
    revision        integer NOT NULL DEFAULT 1,
    CONSTRAINT tokens_collected_check CHECK ((collected_at IS NULL) = (collected_side = '')),
    CONSTRAINT tokens_confirmed_check CHECK (confirmed_at IS NULL OR collected_at IS NOT NULL AND sealed IS NULL),
    CONSTRAINT tokens_overlap_check CHECK (replaced_at IS NOT NULL OR ends_at IS NULL)
);
-- The one of a habilitation that goes on.
CREATE UNIQUE INDEX tokens_current ON tokens (request) WHERE replaced_at IS NULL AND revoked_at IS NULL;
CREATE INDEX tokens_of_request ON tokens (request, issued_at);
CREATE INDEX tokens_of_editor ON tokens (editor_siret, id);
CREATE INDEX tokens_of_town ON tokens (siret, issued_at);
CREATE INDEX tokens_by_expiry ON tokens (expires_at) WHERE replaced_at IS NULL AND revoked_at IS NULL;
CREATE INDEX tokens_sealed ON tokens (collected_at) WHERE sealed IS NOT NULL;

-- How often a token was shown, by day and by what was answered; nothing of whom it was about.
CREATE TABLE token_uses (
    token   uuid NOT NULL REFERENCES tokens (id),
    day     date NOT NULL, -- in Paris
    outcome text NOT NULL, -- status of the answer, and the code of a refusal: '200', '401 00103'
    uses    bigint NOT NULL CHECK (uses > 0),
    PRIMARY KEY (token, day, outcome)
);

-- The calls of the present second, by habilitation: every instance counts here. Nothing of it
-- is worth keeping.
CREATE UNLOGGED TABLE call_allowances (
    request bigint PRIMARY KEY,
    second  bigint NOT NULL,
    calls   integer NOT NULL
) WITH (fillfactor = 50);

GRANT SELECT, INSERT, UPDATE ON tokens TO portal_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON token_uses, call_allowances TO portal_app;
