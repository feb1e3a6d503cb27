-- Why: a second click comes from the session of the first one. The same account elsewhere, within
-- the same minutes, is somebody's second look, which asks for the second factor.
-- +goose Up
ALTER TABLE tokens ADD collected_session bigint; -- id, long after the session is gone; null for a program
