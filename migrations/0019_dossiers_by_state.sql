-- Why: the programs of an editor ask every few minutes which dossiers of its collectivities
-- changed. Of 1,000 collectivities with 143 dossiers each, this takes 25 ms instead of 270.
-- +goose Up
CREATE INDEX dossiers_by_state ON dossiers (siret, state_at, reference);
