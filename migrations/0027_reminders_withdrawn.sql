-- Why: a reminder that was withdrawn before anybody got it is none: its row goes, and the stage
-- is written of again should the token open again.
-- +goose Up
GRANT DELETE ON reminders TO portal_app;
