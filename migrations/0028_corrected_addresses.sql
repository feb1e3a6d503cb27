-- Why: an address that a relay refused is corrected once, and not at each reminder. What the
-- requester gave stays as it is: whoever decides of a request, or tells us of it, compares with it.
-- +goose Up
ALTER TABLE requests
    ADD COLUMN refused_mail   text NOT NULL DEFAULT '', -- of the requester, as long as it is that one
    ADD COLUMN corrected_mail text NOT NULL DEFAULT '', -- where to write instead
    ADD CONSTRAINT requests_corrected_check CHECK ((refused_mail = '') = (corrected_mail = ''));
