-- Why: DataPass repeats its requester with every event, and so took a request back from the colleague
-- to whom it was given here. Only whom it named before tells a repetition from a change.
-- +goose Up
ALTER TABLE requests ADD COLUMN datapass_requester text NOT NULL DEFAULT ''; -- address of whom DataPass named last

-- Of a request that was given to somebody here, the newest approval tells.
UPDATE requests r SET datapass_requester = COALESCE(
    CASE WHEN EXISTS (SELECT FROM audit_events e
        WHERE e.object_kind = 'habilitation' AND e.object_id = r.number::text AND e.act = 'habilitation.transferred' AND e.author_id <> 'datapass')
    THEN (SELECT h.contacts -> 'demandeur' ->> 'mail' FROM habilitations h WHERE h.request = r.number ORDER BY h.number DESC LIMIT 1)
    ELSE r.requester ->> 'mail' END, '')
WHERE r.number < 10000000; -- DataPass's own
