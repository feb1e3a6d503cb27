-- Why: whatever leaves the house leaves by the outbox, and jobs run once per tick.
-- +goose Up
CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL,
    -- What the order is about: the same order is never given twice while it waits.
    subject      text NOT NULL,
    due_at       timestamptz NOT NULL, -- business time
    leased_until timestamptz,          -- database time
    attempts     integer NOT NULL DEFAULT 0,
    last_error   text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    done_at      timestamptz,
    abandoned_at timestamptz
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL AND abandoned_at IS NULL;
CREATE UNIQUE INDEX outbox_waiting_once ON outbox (kind, subject) WHERE done_at IS NULL AND abandoned_at IS NULL;
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE job_runs (
    job           text NOT NULL,
    scheduled_for timestamptz NOT NULL, -- database time
    started_at    timestamptz NOT NULL DEFAULT now(),
    finished_at   timestamptz,
    report        text NOT NULL DEFAULT '',
    failed        boolean NOT NULL DEFAULT false,
    PRIMARY KEY (job, scheduled_for)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON outbox, job_runs TO portal_app;
