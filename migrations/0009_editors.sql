-- Why: an editor is found by its form, told to HubEE by its commune, and written to.
-- +goose Up
ALTER TABLE editors
    ADD code_cog          text NOT NULL DEFAULT '' CHECK (code_cog ~ '^([0-9A-Z]{5})?$'),
    -- The present, verified address of its technical contact.
    ADD technical_contact text NOT NULL DEFAULT '' CHECK (length(technical_contact) <= 254);

CREATE TABLE editor_forms (
    form_uid     text PRIMARY KEY CHECK (form_uid <> ''),
    editor_siret text NOT NULL REFERENCES editors (siret) ON DELETE CASCADE
);
CREATE INDEX editor_forms_of_editor ON editor_forms (editor_siret);

-- What happened to the clients of an editor, for its space and its webhooks.
CREATE TABLE editor_events (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL,
    kind         text NOT NULL,
    editor_siret text NOT NULL REFERENCES editors (siret),
    siret        text NOT NULL,
    subject      text NOT NULL
);
CREATE INDEX editor_events_of_editor ON editor_events (editor_siret, at, id);

GRANT SELECT, INSERT, UPDATE, DELETE ON editor_forms TO portal_app;
GRANT SELECT, INSERT, DELETE ON editor_events TO portal_app;
