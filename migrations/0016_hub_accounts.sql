-- Why: the pair by which a town's software reads HubEE is its editor's alone, and goes when the
-- town's dossiers pass to another one: a row without the editor that receives them cannot be.
-- +goose Up
CREATE UNIQUE INDEX subscriptions_receiver ON subscriptions (siret, editor_siret);

CREATE SEQUENCE hub_deposit_numbers;

CREATE TABLE hub_accounts (
    siret        text PRIMARY KEY,
    editor_siret text NOT NULL,
    state        text NOT NULL CONSTRAINT hub_accounts_state_check CHECK (state IN
        ('recupere', 'depose', 'teste', 'refuse', 'test_impossible')),
    state_at     timestamptz NOT NULL, -- of a test, its time
    client_id    text NOT NULL DEFAULT '',
    sealed       bytea, -- the secret
    by_id        text NOT NULL, -- who deposited it, or said that it is fetched, as the journal has it
    by_name      text NOT NULL,
    kept_at      timestamptz NOT NULL,
    batch        bigint, -- of a list, which has its report
    revision     integer NOT NULL DEFAULT 1,
    CONSTRAINT hub_accounts_pair_check CHECK ((state = 'recupere') = (sealed IS NULL) AND (sealed IS NULL) = (client_id = '')),
    -- Deferred: whoever gives the dossiers to another editor erases the row after that.
    CONSTRAINT hub_accounts_receiver FOREIGN KEY (siret, editor_siret) REFERENCES subscriptions (siret, editor_siret)
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX hub_accounts_of_editor ON hub_accounts (editor_siret, state);
CREATE INDEX hub_accounts_of_batch ON hub_accounts (batch) WHERE batch IS NOT NULL;
CREATE INDEX subscriptions_of_editor ON subscriptions (editor_siret, siret);

GRANT SELECT, INSERT, UPDATE, DELETE ON hub_accounts TO portal_app;
GRANT USAGE ON SEQUENCE hub_deposit_numbers TO portal_app;
