-- Why: programs look towns up by the code of their commune.
-- +goose Up
CREATE INDEX collectivities_by_commune ON collectivities (code_cog);
