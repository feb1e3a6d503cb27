-- Why: the form is opened by a collectivity's SIRET, so the collectivities come first.
-- +goose Up
CREATE TABLE editors (
    siret      text PRIMARY KEY CHECK (siret ~ '^[0-9]{14}$'),
    name       text NOT NULL CHECK (name <> ''),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE collectivities (
    siret         text PRIMARY KEY CHECK (siret ~ '^[0-9]{14}$'),
    name          text NOT NULL CHECK (name <> ''),
    -- The name as searched: lower case, without accents nor punctuation.
    folded_name   text NOT NULL,
    code_cog      text NOT NULL CHECK (code_cog ~ '^[0-9A-Z]{5}$'),
    departement   text NOT NULL CHECK (departement ~ '^([0-9]{2,3}|2[AB])$'),
    postcode      text NOT NULL DEFAULT '' CHECK (postcode ~ '^([0-9]{5})?$'),
    form          text NOT NULL CONSTRAINT collectivities_form_check CHECK (form IN ('ouvert', 'bientot', 'ferme')),
    contact_label text NOT NULL DEFAULT '',
    contact_mail  text NOT NULL DEFAULT '',
    contact_phone text NOT NULL DEFAULT '',
    contact_url   text NOT NULL DEFAULT '',
    editor_siret  text REFERENCES editors (siret),
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
);
CREATE INDEX collectivities_by_departement ON collectivities (departement, folded_name);
CREATE INDEX collectivities_by_postcode ON collectivities (postcode text_pattern_ops);
CREATE INDEX collectivities_by_name ON collectivities (folded_name text_pattern_ops);

-- Addresses to which citizens may be sent back, declared by an editor or by a town.
CREATE TABLE return_addresses (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    editor_siret       text REFERENCES editors (siret) ON DELETE CASCADE,
    collectivity_siret text REFERENCES collectivities (siret) ON DELETE CASCADE,
    address            text NOT NULL CHECK (address LIKE 'https://%'),
    CHECK (num_nonnulls(editor_siret, collectivity_siret) = 1),
    UNIQUE NULLS NOT DISTINCT (editor_siret, collectivity_siret, address)
);
CREATE INDEX return_addresses_of_collectivity ON return_addresses (collectivity_siret);

-- The portal refuses to start on an older schema.
GRANT SELECT ON goose_db_version TO portal_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON editors, collectivities, return_addresses TO portal_app;
