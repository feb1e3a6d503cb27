-- Why: a new pair that HubEE refuses must not take the place of one that it has accepted: it
-- stands beside it, on the same row, until HubEE says yes.
-- +goose Up
ALTER TABLE hub_accounts
    ADD COLUMN next_state text CONSTRAINT hub_accounts_next_state_check CHECK (next_state IN ('depose', 'refuse', 'test_impossible')),
    ADD COLUMN next_state_at timestamptz,
    ADD COLUMN next_client_id text,
    ADD COLUMN next_sealed bytea, -- the secret, which is of no use any more once it is refused
    ADD COLUMN next_by_id text,
    ADD COLUMN next_by_name text,
    ADD COLUMN next_kept_at timestamptz,
    ADD COLUMN next_batch bigint,
    ADD CONSTRAINT hub_accounts_next_beside_check CHECK (next_state IS NULL OR state = 'teste'),
    ADD CONSTRAINT hub_accounts_next_pair_check CHECK (
        num_nonnulls(next_state, next_state_at, next_client_id, next_by_id, next_by_name, next_kept_at) IN (0, 6)
        AND (next_sealed IS NOT NULL) = COALESCE(next_state <> 'refuse', false)
        AND (next_batch IS NULL OR next_state IS NOT NULL));
CREATE INDEX hub_accounts_of_next_batch ON hub_accounts (next_batch) WHERE next_batch IS NOT NULL;
