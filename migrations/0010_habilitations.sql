-- Why: an approval gives a right, whatever becomes of it afterwards: each is a version that
-- nobody changes, the portal included.
-- +goose Up
CREATE TABLE requests (
    number       bigint PRIMARY KEY CHECK (number > 0), -- DataPass's own, or ours from 10,000,000 on
    source       text NOT NULL CONSTRAINT requests_source_check CHECK (source IN ('datapass', 'portail')),
    siret        text NOT NULL CHECK (siret ~ '^[0-9]{14}$'),
    organisation text NOT NULL DEFAULT '',
    form_uid     text NOT NULL DEFAULT '',
    state        text NOT NULL CONSTRAINT requests_state_check CHECK (state IN
        ('brouillon', 'deposee', 'modifications_demandees', 'validee', 'refusee', 'reouverte', 'suspendue', 'revoquee', 'archivee')),
    state_at     timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    requester    jsonb NOT NULL,
    suspended_by text NOT NULL DEFAULT '', -- the id of its author: another person revokes
    suspender    text NOT NULL DEFAULT '', -- as displayed then
    suspended_for text NOT NULL DEFAULT '', -- the reason: whoever restores or revokes reads it
    revision     integer NOT NULL DEFAULT 1,
    -- The last events of DataPass that counted, in seconds of its clock: an older one changes
    -- nothing, whatever the order of arrival (SETTLED.md, rules).
    decided_at     bigint NOT NULL DEFAULT 0, -- approve or revoke
    decided_rank   smallint NOT NULL DEFAULT 0,
    filed_at       bigint NOT NULL DEFAULT 0, -- what became of the file itself
    filed_rank     smallint NOT NULL DEFAULT 0,
    filing         text NOT NULL DEFAULT '',
    requester_at   bigint NOT NULL DEFAULT 0, -- who named the requester
    requester_rank smallint NOT NULL DEFAULT 0
);
CREATE INDEX requests_of_town ON requests (siret);

CREATE SEQUENCE habilitation_numbers START 10000000;

CREATE TABLE habilitations (
    number       bigint PRIMARY KEY CHECK (number >= 10000000),
    request      bigint NOT NULL REFERENCES requests (number),
    siret        text NOT NULL,
    organisation text NOT NULL,
    token        boolean NOT NULL,
    form         boolean NOT NULL,
    scopes       text[] NOT NULL,
    editor_siret text REFERENCES editors (siret),
    editor       text NOT NULL DEFAULT '', -- its name then
    form_uid     text NOT NULL,
    title        text NOT NULL,
    terms        text NOT NULL, -- version of the general terms that were accepted
    contacts     jsonb NOT NULL,
    approved_by  text NOT NULL,
    approved_at  timestamptz NOT NULL
);
CREATE INDEX habilitations_of_request ON habilitations (request, number);
CREATE INDEX habilitations_of_editor ON habilitations (editor_siret, number);
CREATE INDEX habilitations_by_date ON habilitations (approved_at, number);

GRANT SELECT, INSERT, UPDATE ON requests TO portal_app;
-- Neither UPDATE nor DELETE: immutable.
GRANT SELECT, INSERT ON habilitations TO portal_app;
GRANT USAGE ON SEQUENCE habilitation_numbers TO portal_app;
