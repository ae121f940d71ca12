-- Recomputes the hash of every row of the log and reports the rows whose stored hash differs.
--
--   psql --no-psqlrc --file deploy/verify-log.sql "$OWNER_URL"
--
-- Exit code 0 means that every hash matches, 3 that rows differ; those are listed. Nothing is written to the database,
-- and the master key is not needed: hashes cover ciphertexts as they are stored.
--
-- The script shares no code with Meshline, so that it can serve as independent evidence. A hash is SHA-256 over the
-- canonical JSON (RFC 8785) of {"row": …, "table": …}, where `row` has every column except `hash` and `xact`.

\set ON_ERROR_STOP on
\set QUIET on

BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ;

-- An instant in UTC with six digits, as hashes contain it.
CREATE FUNCTION pg_temp.stamp(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- RFC 8785 sorts keys by UTF-16 code units. That is the order of code points, except that characters beyond U+FFFF
-- come before U+E000.
CREATE FUNCTION pg_temp.sort_key(key text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN octet_length(key) = char_length(key) THEN key
        ELSE regexp_replace(key, '[\U00010000-\U0010FFFF]', E'\uD7FF\U0010FFFF\\&', 'g') END
$$;

-- A number as ECMAScript writes the nearest double.
CREATE FUNCTION pg_temp.canonical_number(number numeric) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    -- Postgres writes the shortest digits that identify the double, as ECMAScript does; only their layout differs.
    parts text[] := regexp_match(abs(number)::double precision::text, '^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$');
    digits text := parts[1] || coalesce(parts[2], '');
    -- The number is 0.DIGITS × 10^point.
    point integer := length(parts[1]) + coalesce(parts[3]::integer, 0);
    sign text := CASE WHEN number < 0 THEN '-' ELSE '' END;
    stripped text := ltrim(digits, '0');
    count integer;
BEGIN
    point := point - (length(digits) - length(stripped));
    digits := rtrim(stripped, '0');
    count := length(digits);
    RETURN CASE
        WHEN count = 0 THEN '0'
        WHEN point BETWEEN count AND 21 THEN sign || digits || repeat('0', point - count)
        WHEN point BETWEEN 1 AND 21 THEN sign || left(digits, point) || '.' || substr(digits, point + 1)
        WHEN point BETWEEN -5 AND 0 THEN sign || '0.' || repeat('0', -point) || digits
        ELSE sign || left(digits, 1) || CASE WHEN count > 1 THEN '.' || substr(digits, 2) ELSE '' END
            || 'e' || CASE WHEN point > 0 THEN '+' ELSE '-' END || abs(point - 1)
    END;
END
$$;

-- Canonical JSON. Postgres escapes strings as RFC 8785 asks.
CREATE FUNCTION pg_temp.canonical(value jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    CASE jsonb_typeof(value)
        WHEN 'object' THEN
            RETURN (SELECT '{' || coalesce(string_agg(to_json(m.key)::text || ':' || pg_temp.canonical(m.value), ','
                ORDER BY pg_temp.sort_key(m.key) COLLATE "C"), '') || '}' FROM jsonb_each(value) m);
        WHEN 'array' THEN
            RETURN (SELECT '[' || coalesce(string_agg(pg_temp.canonical(e.value), ',' ORDER BY e.place), '') || ']'
                FROM jsonb_array_elements(value) WITH ORDINALITY e (value, place));
        WHEN 'number' THEN
            RETURN CASE WHEN value::text ~ '^-?[1-9]\d{0,14}$' THEN value::text ELSE pg_temp.canonical_number(value::numeric) END;
        ELSE
            RETURN value::text;
    END CASE;
END
$$;

CREATE FUNCTION pg_temp.row_hash(table_name text, log_row jsonb) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(pg_temp.canonical(jsonb_build_object('table', table_name, 'row', log_row - '{hash,xact}'::text[])), 'UTF8'))
$$;

CREATE TEMPORARY TABLE log_rows ON COMMIT DROP AS
    SELECT 'events' AS table_name, e.id, e.hash, pg_temp.row_hash('events', to_jsonb(e) || jsonb_build_object(
        'body', encode(e.body, 'hex'), 'occurred_at', pg_temp.stamp(e.occurred_at), 'received_at', pg_temp.stamp(e.received_at))) AS recomputed
    FROM events e
    UNION ALL
    -- Columns that older decisions did not have yet are left out where they are null.
    SELECT 'decisions', d.id, d.hash, pg_temp.row_hash('decisions', (to_jsonb(d) || jsonb_build_object(
        'bundle', encode(d.bundle, 'hex'), 'snapshot', encode(d.snapshot, 'hex'),
        'as_of', pg_temp.stamp(d.as_of), 'decided_at', pg_temp.stamp(d.decided_at)))
        - array_remove(ARRAY[
            CASE WHEN d.release_id IS NULL THEN 'release_id' END,
            CASE WHEN d.trigger IS NULL THEN 'trigger' END,
            CASE WHEN d.selection_probability IS NULL THEN 'selection_probability' END,
            CASE WHEN d.conditions IS NULL THEN 'conditions' END], NULL))
    FROM decisions d
    UNION ALL
    SELECT 'deliveries', d.id, d.hash, pg_temp.row_hash('deliveries', to_jsonb(d) || jsonb_build_object(
        'request', encode(d.request, 'hex'), 'response', encode(d.response, 'hex'),
        'started_at', pg_temp.stamp(d.started_at), 'finished_at', pg_temp.stamp(d.finished_at)))
    FROM deliveries d
    UNION ALL
    SELECT 'outcomes', o.id, o.hash, pg_temp.row_hash('outcomes', to_jsonb(o) || jsonb_build_object(
        'amount', o.amount::text, 'reason', encode(o.reason, 'hex'), 'at', pg_temp.stamp(o.at), 'received_at', pg_temp.stamp(o.received_at)))
    FROM outcomes o
    UNION ALL
    SELECT 'overrides', o.id, o.hash, pg_temp.row_hash('overrides', to_jsonb(o) || jsonb_build_object(
        'reason', encode(o.reason, 'hex'), 'at', pg_temp.stamp(o.at)))
    FROM overrides o
    UNION ALL
    SELECT 'audit_log', a.id, a.hash, pg_temp.row_hash('audit_log', to_jsonb(a) || jsonb_build_object(
        'at', pg_temp.stamp(a.at), 'personal_detail', encode(a.personal_detail, 'hex')))
    FROM audit_log a;

SELECT table_name AS "table", count(*) AS rows, count(*) FILTER (WHERE hash IS DISTINCT FROM recomputed) AS differing
    FROM log_rows GROUP BY table_name ORDER BY table_name;

SELECT table_name AS "table", id, encode(hash, 'hex') AS stored, encode(recomputed, 'hex') AS recomputed
    FROM log_rows WHERE hash IS DISTINCT FROM recomputed ORDER BY table_name, id LIMIT 100;

DO $$
DECLARE
    differing bigint := (SELECT count(*) FROM log_rows WHERE hash IS DISTINCT FROM recomputed);
BEGIN
    IF differing > 0 THEN
        RAISE EXCEPTION '% rows of the log do not match their hash', differing;
    END IF;
END
$$;

ROLLBACK;
