-- Why: professionals sign in, hold roles for organisations, and invite one another.
-- +goose Up

-- Establishments as the company register told them, kept for when it does not answer.
CREATE TABLE organisations (
    siret          text PRIMARY KEY CHECK (siret ~ '^[0-9]{14}$'),
    name           text NOT NULL, -- '' when the register withholds it
    folded_name    text NOT NULL, -- as searched
    legal_category text NOT NULL DEFAULT '',
    code_cog       text NOT NULL DEFAULT '',
    postcode       text NOT NULL DEFAULT '',
    closed         boolean NOT NULL DEFAULT false,
    closed_on      date, -- null when open or not told
    told_at        timestamptz NOT NULL, -- when the register last told this
    asked_at       timestamptz NOT NULL, -- last question, answered or not
    last_answer    text NOT NULL CONSTRAINT organisations_last_answer_check CHECK (last_answer IN ('told', 'unknown', 'none')),
    created_at     timestamptz NOT NULL
);
CREATE INDEX organisations_by_question ON organisations (asked_at);

CREATE TABLE accounts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    issuer       text NOT NULL,
    subject      text NOT NULL,
    given_name   text NOT NULL,
    usual_name   text NOT NULL,
    folded_name  text NOT NULL, -- as searched
    mail         text NOT NULL,
    siret        text NOT NULL, -- of the last sign-in
    created_at   timestamptz NOT NULL,
    signed_in_at timestamptz NOT NULL,
    UNIQUE (issuer, subject)
);
CREATE INDEX accounts_by_mail ON accounts (mail);

CREATE TABLE memberships (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL REFERENCES accounts (id),
    role         text NOT NULL CONSTRAINT memberships_role_check CHECK (role IN
        ('admin', 'instructor', 'support', 'reader', 'editor_admin', 'editor_member', 'town', 'api_client')),
    organisation text NOT NULL CHECK (organisation ~ '^[0-9]{14}$'), -- for whom: the operator, an editor, a town
    signed_for   text NOT NULL CHECK (signed_for ~ '^[0-9]{14}$'),   -- establishment of the person when the role was taken
    granted_by   text NOT NULL, -- as displayed then
    granted_at   timestamptz NOT NULL,
    ended_by     text NOT NULL DEFAULT '',
    ended_at     timestamptz
);
CREATE UNIQUE INDEX memberships_once ON memberships (account_id, role, organisation) WHERE ended_at IS NULL;
CREATE INDEX memberships_of_organisation ON memberships (organisation, role) WHERE ended_at IS NULL;

CREATE TABLE sessions (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key           bytea NOT NULL UNIQUE CHECK (length(key) = 32), -- hash of the cookie
    account_id    bigint NOT NULL REFERENCES accounts (id),
    membership_id bigint REFERENCES memberships (id), -- the space chosen
    signed_for    text NOT NULL, -- establishment of this sign-in
    acr           text NOT NULL,
    strong_at     timestamptz,   -- last proof of a second factor, business time
    id_token      bytea NOT NULL, -- sealed, for the logout at the provider
    held          bytea,          -- sealed form that waited for a second factor
    created_at    timestamptz NOT NULL,
    seen_at       timestamptz NOT NULL
);
CREATE INDEX sessions_of_account ON sessions (account_id);
CREATE INDEX sessions_by_age ON sessions (created_at);

-- Between the departure of a browser for the provider and its return: half an hour at
-- most, in real time, and once.
CREATE TABLE sign_ins (
    state_hash  bytea PRIMARY KEY CHECK (length(state_hash) = 32),
    browser_key bytea NOT NULL CHECK (length(browser_key) = 32), -- hash of the cookie of the browser that left
    purpose     text NOT NULL CONSTRAINT sign_ins_purpose_check CHECK (purpose IN ('login', 'factor', 'stepup', 'logout')),
    nonce       text NOT NULL DEFAULT '',
    verifier    text NOT NULL DEFAULT '',
    -- Who must come back: the same person for the same establishment.
    subject     text NOT NULL DEFAULT '',
    signed_for  text NOT NULL DEFAULT '',
    session_id  bigint REFERENCES sessions (id) ON DELETE CASCADE,
    return_to   text NOT NULL DEFAULT '',
    held        bytea, -- sealed form that waits for a second factor
    created_at  timestamptz NOT NULL -- real time
);
CREATE INDEX sign_ins_by_age ON sign_ins (created_at);

CREATE TABLE invitations (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash   bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    mail         text NOT NULL, -- lower case
    role         text NOT NULL CONSTRAINT invitations_role_check CHECK (role IN
        ('admin', 'instructor', 'support', 'reader', 'editor_admin', 'editor_member', 'town', 'api_client')),
    organisation text NOT NULL CHECK (organisation ~ '^[0-9]{14}$'),
    inviter_id   text NOT NULL, -- as the journal names him
    inviter      text NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    accepted_at  timestamptz,
    accepted_by  bigint REFERENCES accounts (id),
    withdrawn_at timestamptz,
    CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
    CHECK (accepted_at IS NULL OR withdrawn_at IS NULL)
);
-- A second invitation of somebody to the same role replaces the first one.
CREATE UNIQUE INDEX invitations_waiting_once ON invitations (mail, role, organisation) WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX invitations_of_organisation ON invitations (organisation, created_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON organisations, accounts, memberships, sessions, sign_ins, invitations TO portal_app;
