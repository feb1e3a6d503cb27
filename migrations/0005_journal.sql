-- Why: what people decide is written down, and the portal itself cannot unwrite it.
-- +goose Up

-- The words of a text as they are searched: small letters without accents, and digits.
-- Independent of the collation, so that a copy of the database finds the same.
CREATE FUNCTION audit_words(said text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_remove(regexp_split_to_array(
    lower(regexp_replace(
        normalize(replace(replace(translate(said, 'ŒÆłŁøØđĐ', 'œælloodd'), 'œ', 'oe'), 'æ', 'ae'), NFKD),
        '[\u0300-\u036f]' COLLATE "C", '', 'g') COLLATE "C"),
    '[^a-z0-9]+' COLLATE "C"), '');

CREATE TABLE audit_events (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Business time. A date that is not finite would have no canonical text.
    at           timestamptz NOT NULL CHECK (isfinite(at)),
    author_id    text NOT NULL CHECK (length(author_id) <= 256),
    author       text NOT NULL CHECK (length(author) <= 256),
    role         text NOT NULL CHECK (length(role) <= 256),
    act          text NOT NULL CHECK (length(act) <= 256),
    object_kind  text NOT NULL CHECK (length(object_kind) <= 256),
    object_id    text NOT NULL CHECK (length(object_id) <= 256),
    object       text NOT NULL CHECK (length(object) <= 256),
    organisation text NOT NULL DEFAULT '' CHECK (length(organisation) <= 256),
    detail       text NOT NULL DEFAULT '' CHECK (length(detail) <= 256),
    request_id   text NOT NULL DEFAULT '' CHECK (length(request_id) <= 256),
    tx           xid8 NOT NULL DEFAULT pg_current_xact_id(),
    batch        bigint CHECK (batch > 0), -- of the seal; null until then
    object_words tsvector NOT NULL GENERATED ALWAYS AS (array_to_tsvector(audit_words(object || ' ' || object_id))) STORED
);

-- The journal is sealed by batches. Each seal holds the digest of the one before, so that
-- changing an old batch means changing every seal since, and the digests that the log kept
-- elsewhere tell. The digest is of what the seal itself keeps, the moment of the sealing
-- included: it can be made again when the events are gone, and whoever erases young events
-- cannot pass them off as old.
CREATE TABLE audit_seals (
    batch            bigint PRIMARY KEY CHECK (batch > 0),
    first_id         bigint NOT NULL,
    last_id          bigint NOT NULL,
    events           integer NOT NULL CHECK (events > 0),
    lines_digest     bytea NOT NULL CHECK (length(lines_digest) = 32), -- audit_lines_digest
    digest           bytea NOT NULL CHECK (length(digest) = 32),       -- audit_digest
    previous         bytea NOT NULL CHECK (length(previous) = CASE batch WHEN 1 THEN 0 ELSE 32 END),
    sealed_at        timestamptz NOT NULL CHECK (isfinite(sealed_at)), -- database time
    -- Database time; the seal outlives its events. Alone outside the digest: it comes later.
    events_purged_at timestamptz CHECK (isfinite(events_purged_at))
);

-- What somebody typed, as a search for words that begin so; null when it holds no word.
CREATE FUNCTION audit_query(typed text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT string_agg(quote_literal(word) || ':*', ' & ')::tsquery FROM unnest(audit_words(typed)) AS word);

-- Newest first by every criterion.
CREATE INDEX audit_events_by_time ON audit_events (at, id);
CREATE INDEX audit_events_by_author_id ON audit_events (author_id, at, id);
CREATE INDEX audit_events_by_author ON audit_events (author, at, id);
CREATE INDEX audit_events_by_object ON audit_events (object_kind, object_id, at, id);
CREATE INDEX audit_events_by_act ON audit_events (act, at, id);
CREATE INDEX audit_events_by_organisation ON audit_events (organisation, at, id) WHERE organisation <> '';
CREATE INDEX audit_events_by_object_words ON audit_events USING gin (object_words);
CREATE INDEX audit_events_by_batch ON audit_events (batch, id);

-- The canonical text of an event: what a seal seals. Fields are quoted, so that no two
-- events have one text. Never change it for events that are there: a column added later is
-- appended only where it is not empty.
CREATE FUNCTION audit_line(e audit_events) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (e).id::text || ' ' || ((extract(epoch FROM (e).at AT TIME ZONE 'UTC') * 1000000)::bigint)::text
    || ' ' || quote_literal((e).author_id) || ' ' || quote_literal((e).author) || ' ' || quote_literal((e).role)
    || ' ' || quote_literal((e).act)
    || ' ' || quote_literal((e).object_kind) || ' ' || quote_literal((e).object_id) || ' ' || quote_literal((e).object)
    || ' ' || quote_literal((e).organisation) || ' ' || quote_literal((e).detail) || ' ' || quote_literal((e).request_id);

-- The digest of the lines of a batch: SHA-256 of those lines, in the order of their ids,
-- each ended by a line feed. Null when the batch has no event.
CREATE FUNCTION audit_lines_digest(sealed bigint) RETURNS bytea LANGUAGE sql STABLE
RETURN (SELECT sha256(convert_to(string_agg(audit_line(e) || chr(10), '' ORDER BY e.id), 'UTF8'))
        FROM audit_events e WHERE e.batch = sealed);

-- The digest of a seal: SHA-256, end to end, of the digest of the seal before, of its own
-- canonical text (batch, first id, last id, number of events, microseconds since 1970 at the
-- sealing, with a space between two) and of the digest of its lines. Never change it for
-- seals that are there.
CREATE FUNCTION audit_digest(s audit_seals) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256((s).previous
    || convert_to((s).batch::text || ' ' || (s).first_id::text || ' ' || (s).last_id::text || ' ' || (s).events::text
        || ' ' || ((extract(epoch FROM (s).sealed_at AT TIME ZONE 'UTC') * 1000000)::bigint)::text, 'UTF8')
    || (s).lines_digest);

-- seal_journal closes the next batch and returns its seal; no row when nothing waits. It
-- takes the events of the transactions that ended before every one still open: an event
-- committed later goes to a later batch, whatever its id. A transaction number from the
-- future is another cluster's, from which the row was restored. A batch is bounded, so
-- that it fits in memory; the caller goes on while there is one.
-- +goose StatementBegin
CREATE FUNCTION seal_journal() RETURNS SETOF audit_seals LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    seal public.audit_seals;
BEGIN
    -- One at a time. The application's role has no other way to this lock.
    LOCK TABLE public.audit_seals IN SHARE ROW EXCLUSIVE MODE;
    seal.previous := COALESCE((SELECT s.digest FROM public.audit_seals s ORDER BY s.batch DESC LIMIT 1), '');
    -- The number of a batch whose seal was taken away is not given again.
    seal.batch := 1 + GREATEST((SELECT COALESCE(max(s.batch), 0) FROM public.audit_seals s),
                               (SELECT COALESCE(max(e.batch), 0) FROM public.audit_events e));
    -- In the order of audit_events_by_batch, which alone leaps over what is sealed already.
    WITH closed AS MATERIALIZED (
        SELECT id FROM public.audit_events
        WHERE batch IS NULL
          AND (tx < pg_snapshot_xmin(pg_current_snapshot()) OR tx >= pg_snapshot_xmax(pg_current_snapshot()))
        ORDER BY batch, id LIMIT 10000)
    UPDATE public.audit_events e SET batch = seal.batch FROM closed WHERE e.id = closed.id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT min(e.id), max(e.id), count(*) INTO seal.first_id, seal.last_id, seal.events
    FROM public.audit_events e WHERE e.batch = seal.batch;
    seal.lines_digest := public.audit_lines_digest(seal.batch);
    seal.sealed_at := now();
    seal.digest := public.audit_digest(seal);
    INSERT INTO public.audit_seals (batch, first_id, last_id, events, lines_digest, digest, previous, sealed_at)
    VALUES (seal.batch, seal.first_id, seal.last_id, seal.events, seal.lines_digest, seal.digest, seal.previous, seal.sealed_at);
    RETURN NEXT seal;
END
$$;
-- +goose StatementEnd

-- purge_journal erases the events of whole batches, all older than a moment that is itself
-- older than the retention (audit.RetentionYears), and leaves their seals. A batch that is
-- not as it was sealed stays: it is a proof.
-- +goose StatementBegin
CREATE FUNCTION purge_journal(before timestamptz, OUT batches bigint, OUT events bigint) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
BEGIN
    IF before IS NULL OR before > now() - interval '5 years' THEN
        RAISE EXCEPTION 'the journal is kept for 5 years';
    END IF;
    LOCK TABLE public.audit_seals IN SHARE ROW EXCLUSIVE MODE;
    WITH due AS MATERIALIZED (
        SELECT s.batch FROM public.audit_seals s
        WHERE s.events_purged_at IS NULL AND s.sealed_at < before
          AND NOT EXISTS (SELECT FROM public.audit_events e WHERE e.batch = s.batch AND e.at >= before)
          AND s.digest = public.audit_digest(s)
          AND s.lines_digest = public.audit_lines_digest(s.batch)
    ), erased AS (
        DELETE FROM public.audit_events e USING due WHERE e.batch = due.batch
    ), purged AS (
        UPDATE public.audit_seals s SET events_purged_at = now() FROM due WHERE s.batch = due.batch RETURNING s.events
    )
    SELECT count(*), COALESCE(sum(purged.events), 0) INTO batches, events FROM purged;
END
$$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION audit_lines_digest(bigint), audit_digest(audit_seals), seal_journal(), purge_journal(timestamptz) FROM PUBLIC;

-- The portal adds and reads. It chooses neither the id, nor the transaction, nor the batch.
GRANT SELECT ON audit_events, audit_seals TO portal_app;
GRANT INSERT (at, author_id, author, role, act, object_kind, object_id, object, organisation, detail, request_id)
    ON audit_events TO portal_app;
GRANT EXECUTE ON FUNCTION seal_journal(), purge_journal(timestamptz) TO portal_app;
