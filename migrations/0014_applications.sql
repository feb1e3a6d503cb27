-- Why: a town asks for its habilitation here, through a form that its editor had pre-filled, and
-- the instructors answer here.
-- +goose Up

-- What a form says is data, published version by version: a request keeps its own.
CREATE TABLE form_versions (
    form_uid     text NOT NULL,
    version      integer NOT NULL CHECK (version > 0),
    content      jsonb NOT NULL,
    withdrawn    boolean NOT NULL DEFAULT false,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (form_uid, version)
);

-- Our own requests: DataPass's numbers are far below.
CREATE SEQUENCE request_numbers START 10000000;

ALTER TABLE requests ADD holder bigint REFERENCES accounts (id) ON DELETE SET NULL;
-- The name as it is searched: to fold it line by line takes too long for a queue.
ALTER TABLE requests ADD folded_name text GENERATED ALWAYS AS (
    translate(replace(replace(lower(organisation), 'œ', 'oe'), 'æ', 'ae'), 'àâäáçéèêëíîïñóôöùúûüÿ', 'aaaaceeeeiiinooouuuuy')) STORED;
-- A click that is sent twice begins one request.
CREATE UNIQUE INDEX requests_draft_once ON requests (siret, form_uid, holder) WHERE state = 'brouillon' AND source = 'portail';

-- What was written and approved; null where another system keeps it.
ALTER TABLE habilitations ADD answers jsonb;

CREATE TABLE applications (
    request        bigint PRIMARY KEY REFERENCES requests (number),
    form_uid       text NOT NULL,
    form_version   integer NOT NULL,
    phase          text NOT NULL CONSTRAINT applications_phase_check CHECK (phase IN ('redaction', 'deposee', 'a_modifier', 'close')),
    answers        jsonb NOT NULL,
    -- What another system granted, as far as it said, to come back to; null where we granted it.
    carried        jsonb,
    edition        integer NOT NULL DEFAULT 1,
    edited_at      timestamptz NOT NULL,
    filed_at       timestamptz,
    first_filed_at timestamptz,
    decided_at     timestamptz,  -- the last approval or refusal
    asked          jsonb NOT NULL DEFAULT '{}', -- the changes that an instructor asks for
    departement    text NOT NULL DEFAULT '',
    assignee       bigint REFERENCES accounts (id) ON DELETE SET NULL,
    warned_stage   smallint NOT NULL DEFAULT 0, -- days of notice of the last warning before an erasure
    warned_at      timestamptz,
    is_erased      boolean NOT NULL DEFAULT false, -- what it said came to nothing, and is gone
    FOREIGN KEY (form_uid, form_version) REFERENCES form_versions (form_uid, version),
    CHECK (phase NOT IN ('deposee', 'a_modifier') OR filed_at IS NOT NULL AND first_filed_at IS NOT NULL)
);
CREATE INDEX applications_queue ON applications (phase, first_filed_at);
CREATE INDEX applications_idle ON applications (edited_at) WHERE phase = 'redaction';
CREATE INDEX applications_decided ON applications (decided_at) WHERE decided_at IS NOT NULL;
-- What instructors compare a request with: the domain of a mail, a data protection officer.
CREATE INDEX requests_by_mail_domain ON requests (lower(split_part(requester ->> 'mail', '@', 2)));
CREATE INDEX habilitations_by_dpd ON habilitations (lower(contacts -> 'dpd' ->> 'mail'));
CREATE INDEX applications_by_dpd ON applications (lower(answers -> 'dpd' ->> 'mail'));

-- Each deposit, as it was sent.
CREATE TABLE deposits (
    request    bigint NOT NULL REFERENCES applications (request),
    rank       integer NOT NULL CHECK (rank > 0),
    answers    jsonb NOT NULL,
    terms      text NOT NULL, -- version of the general terms that were accepted
    account_id bigint REFERENCES accounts (id) ON DELETE SET NULL,
    author     text NOT NULL, -- as displayed then
    at         timestamptz NOT NULL,
    PRIMARY KEY (request, rank)
);

-- Files never change: an answer that comes back brings its document along.
CREATE TABLE documents (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request    bigint NOT NULL REFERENCES applications (request),
    name       text NOT NULL CHECK (name <> '' AND length(name) <= 200),
    size       integer NOT NULL CHECK (size > 0),
    pages      integer NOT NULL CHECK (pages > 0),
    state      text NOT NULL CONSTRAINT documents_state_check CHECK (state IN ('en_attente', 'saine', 'infectee', 'non_analysee')),
    scanned_at timestamptz,
    added_at   timestamptz NOT NULL,
    added_by   text NOT NULL
);
CREATE INDEX documents_of_request ON documents (request);
CREATE TABLE document_contents (
    document bigint PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    content  bytea NOT NULL
);

CREATE TABLE request_messages (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request    bigint NOT NULL REFERENCES applications (request),
    side       text NOT NULL CONSTRAINT request_messages_side_check CHECK (side IN ('collectivite', 'instruction')),
    account_id bigint REFERENCES accounts (id) ON DELETE SET NULL,
    author     text NOT NULL, -- as displayed then
    body       text NOT NULL CHECK (body <> ''),
    at         timestamptz NOT NULL,
    read_at    timestamptz -- by the other side
);
CREATE INDEX request_messages_of_request ON request_messages (request, id);
CREATE INDEX request_messages_unread ON request_messages (side, request) WHERE read_at IS NULL;

-- A colleague of the holder asks to hold the request; the holder answers, else an instructor.
CREATE TABLE request_claims (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request     bigint NOT NULL REFERENCES requests (number),
    account_id  bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    state       text NOT NULL CONSTRAINT request_claims_state_check CHECK (state IN ('en_attente', 'acceptee', 'refusee', 'retiree')),
    at          timestamptz NOT NULL,
    answered_at timestamptz,
    answered_by text NOT NULL DEFAULT '',
    CHECK ((state = 'en_attente') = (answered_at IS NULL))
);
CREATE UNIQUE INDEX request_claims_waiting_once ON request_claims (request) WHERE state = 'en_attente';

-- What an instructor is writing, until it is confirmed.
CREATE TABLE instruction_notes (
    request    bigint NOT NULL REFERENCES applications (request) ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    act        text NOT NULL CONSTRAINT instruction_notes_act_check CHECK (act IN ('approve', 'request_changes', 'refuse')),
    revision   integer NOT NULL, -- of the request as it was read
    body       text NOT NULL,
    comments   jsonb NOT NULL DEFAULT '[]',
    editor     text NOT NULL DEFAULT '', -- confirmed on the generic form
    number     bigint NOT NULL DEFAULT 0, -- of the habilitation to come
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (request, account_id, act)
);

CREATE TABLE saved_filters (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name       text NOT NULL CHECK (name <> '' AND length(name) <= 40),
    query      text NOT NULL,
    UNIQUE (account_id, name)
);

CREATE TABLE reason_templates (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    act   text NOT NULL CONSTRAINT reason_templates_act_check CHECK (act IN ('approve', 'request_changes', 'refuse')),
    title text NOT NULL CHECK (title <> '' AND length(title) <= 60),
    body  text NOT NULL CHECK (body <> '')
);

GRANT SELECT, INSERT ON form_versions TO portal_app;
GRANT SELECT, INSERT, UPDATE ON applications TO portal_app;
GRANT SELECT, INSERT, DELETE ON deposits TO portal_app;
GRANT SELECT, INSERT, DELETE ON document_contents TO portal_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON documents, request_messages, request_claims, instruction_notes, saved_filters, reason_templates TO portal_app;
GRANT USAGE ON SEQUENCE request_numbers TO portal_app;
