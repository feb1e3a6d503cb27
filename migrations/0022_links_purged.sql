-- Why: the links by which requesters found their habilitation again are forgotten a year after
-- they stopped opening anything, as invitations are.
-- +goose Up
GRANT DELETE ON holder_links TO portal_app;
