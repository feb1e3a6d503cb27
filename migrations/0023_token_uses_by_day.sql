-- Why: counts of calls are erased by their day, in a table of millions of rows that come in the
-- order of the days.
-- +goose Up
CREATE INDEX token_uses_by_day ON token_uses USING brin (day);
