-- Why: a reminder is one for a token, an expiry and a stage, and a prolongation one for a token
-- and the expiry that it moved, however many instances decide it and however often.
-- +goose Up
CREATE TABLE reminders (
    token       uuid NOT NULL REFERENCES tokens (id),
    expires_at  timestamptz NOT NULL, -- a new expiry begins a new cycle
    stage       smallint NOT NULL CONSTRAINT reminders_stage_check CHECK (stage IN (90, 60, 30, 15, 7, 0, -7, -30)),
    state       text NOT NULL CONSTRAINT reminders_state_check CHECK (state IN ('ecrit', 'passe', 'sans_adresse')),
    mail_key    text NOT NULL DEFAULT '', -- of the mail; mails are erased after a while
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (token, expires_at, stage),
    CHECK ((state = 'ecrit') = (mail_key <> ''))
);
CREATE INDEX reminders_by_day ON reminders (recorded_at);
CREATE UNIQUE INDEX reminders_mail ON reminders (mail_key) WHERE mail_key <> '';

CREATE TABLE prolongations (
    token      uuid NOT NULL REFERENCES tokens (id),
    from_at    timestamptz NOT NULL,
    until_at   timestamptz NOT NULL,
    way        text NOT NULL CONSTRAINT prolongations_way_check CHECK (way IN ('confirmee', 'modification')),
    author_id  text NOT NULL,
    author     text NOT NULL, -- as displayed then
    at         timestamptz NOT NULL,
    PRIMARY KEY (token, from_at),
    CHECK (until_at > from_at)
);
CREATE INDEX prolongations_by_age ON prolongations (at);

-- The modifications that prolong a token when they are approved.
CREATE TABLE amendments (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token          uuid NOT NULL REFERENCES tokens (id),
    request        bigint NOT NULL REFERENCES requests (number),
    expires_at     timestamptz NOT NULL, -- of the token
    same_purpose   boolean NOT NULL,
    right_contacts boolean NOT NULL,
    author         text NOT NULL, -- as displayed then
    begun_at       timestamptz NOT NULL,
    filed_at       timestamptz, -- its first deposit
    ended_at       timestamptz, -- decided, or given up
    outcome        text NOT NULL DEFAULT '' CONSTRAINT amendments_outcome_check CHECK (outcome IN ('', 'validee', 'refusee', 'abandonnee')),
    CHECK ((ended_at IS NULL) = (outcome = ''))
);
-- One is under way for a request.
CREATE UNIQUE INDEX amendments_under_way ON amendments (request) WHERE ended_at IS NULL;
CREATE INDEX amendments_by_expiry ON amendments (expires_at);

-- When an editor last asked that a token be prolonged.
CREATE TABLE nudges (
    token      uuid PRIMARY KEY REFERENCES tokens (id),
    expires_at timestamptz NOT NULL,
    author     text NOT NULL,
    at         timestamptz NOT NULL
);

-- The requesters who followed a reminder as far as the sign-in.
CREATE TABLE renewal_arrivals (
    token      uuid NOT NULL REFERENCES tokens (id),
    expires_at timestamptz NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (token, expires_at)
);

-- Read in lots, in this order, when the tokens of all the towns expire on one day.
DROP INDEX tokens_by_expiry;
CREATE INDEX tokens_by_expiry ON tokens (expires_at, id) WHERE replaced_at IS NULL AND revoked_at IS NULL;

-- Whether the technical contact wants a copy of each reminder, or the list of the week alone.
ALTER TABLE editors ADD COLUMN reminder_copies text NOT NULL DEFAULT 'chacun'
    CONSTRAINT editors_reminder_copies_check CHECK (reminder_copies IN ('chacun', 'semaine'));

-- A mail that lost its object before it left is withdrawn.
ALTER TABLE mail_recipients DROP CONSTRAINT mail_recipients_state_check;
ALTER TABLE mail_recipients ADD CONSTRAINT mail_recipients_state_check CHECK (state IN ('pending', 'sent', 'bounced', 'withdrawn'));

GRANT SELECT, INSERT, UPDATE ON reminders, amendments, nudges TO portal_app;
GRANT SELECT, INSERT ON prolongations, renewal_arrivals TO portal_app;
