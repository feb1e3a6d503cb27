-- Why: a mail is recorded once, whoever decides it and however often, then sent until each recipient has it.
-- +goose Up
CREATE TABLE mails (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);
