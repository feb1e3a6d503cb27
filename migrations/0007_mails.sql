-- Why: a mail is recorded once, whoever decides it and however often, then sent until each recipient has it.
-- +goose Up
CREATE TABLE mails (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL,
    key         text NOT NULL UNIQUE, -- the same key is the same mail
    message_id  text UNIQUE,          -- of the first attempt, and of all others
    subject     text NOT NULL DEFAULT '', -- until first written
    content     bytea,                -- sealed; NULL once nobody needs it any more
    created_at  timestamptz NOT NULL, -- business time, like the others
    finished_at timestamptz           -- nobody waits any more
);
CREATE INDEX mails_by_age ON mails (created_at, id);
CREATE INDEX mails_finished ON mails (finished_at);
CREATE INDEX mails_to_erase ON mails (finished_at) WHERE content IS NOT NULL;

CREATE TABLE mail_recipients (
    mail_id        bigint NOT NULL REFERENCES mails (id) ON DELETE CASCADE,
    position       integer NOT NULL CHECK (position > 0),
    field          text NOT NULL CONSTRAINT mail_recipients_field_check CHECK (field IN ('to', 'cc')),
    address        text NOT NULL CHECK (address <> ''),
    state          text NOT NULL DEFAULT 'pending' CONSTRAINT mail_recipients_state_check CHECK (state IN ('pending', 'sent', 'bounced')),
    code           text NOT NULL DEFAULT '', -- what the relay answered: 550 5.1.1, never its words
    told_at        timestamptz,
    corrected_from text NOT NULL DEFAULT '',
    PRIMARY KEY (mail_id, position),
    CHECK ((state = 'pending') = (told_at IS NULL)),
    CHECK ((state = 'bounced') = (code <> ''))
);
-- The few that are not sent, and whatever an address or a domain begins with.
CREATE INDEX mail_recipients_unsent ON mail_recipients (state, mail_id) WHERE state <> 'sent';
CREATE INDEX mail_recipients_by_address ON mail_recipients (lower(address) text_pattern_ops);
CREATE INDEX mail_recipients_by_domain ON mail_recipients (split_part(lower(address), '@', 2) text_pattern_ops);

GRANT SELECT, INSERT, UPDATE, DELETE ON mails, mail_recipients TO portal_app;
