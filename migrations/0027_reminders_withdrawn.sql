-- Why: a reminder that was withdrawn before anybody got it is none: its row goes, and the stage
-- is written of again should the token open again. Nothing reads reminders or prolongations by
-- their age alone: each was one more index to write when the tokens of all the towns expire.
-- +goose Up
GRANT DELETE ON reminders TO portal_app;
DROP INDEX reminders_by_day;
DROP INDEX prolongations_by_age;
