-- The ground: the application's role, the guards of the log, and monthly partitions.

-- Roles belong to the whole cluster: another database, or another process at this very moment, may have made it.
DO $$
BEGIN
    CREATE ROLE meshline_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'meshline_app', 'MEMBER') THEN
        EXECUTE format('GRANT meshline_app TO %I', current_user);
    END IF;
EXCEPTION WHEN unique_violation THEN
    NULL;
END
$$;

GRANT USAGE ON SCHEMA public TO meshline_app;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its rows are written once', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'rows_are_written_once', TABLE = TG_TABLE_NAME;
END
$$;
COMMENT ON FUNCTION refuse_change() IS 'Trigger of the log tables and of submitted versions: nothing of them ever changes.';

CREATE FUNCTION uuid_v7_floor(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
COMMENT ON FUNCTION uuid_v7_floor(timestamptz) IS 'Below every UUIDv7 minted at or after this instant (RFC 9562); the bound between partitions.';

CREATE TABLE partitioned_tables (
    name text CONSTRAINT partitioned_tables_pkey PRIMARY KEY,
    is_log boolean NOT NULL
);
COMMENT ON TABLE partitioned_tables IS 'Tables partitioned by month of their UUIDv7 id.';
COMMENT ON COLUMN partitioned_tables.is_log IS 'Rows are written once: each partition refuses UPDATE, DELETE and TRUNCATE.';

CREATE FUNCTION make_month_partitions(first_month date, months integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    parent record;
    lower_month timestamptz;
    partition text;
    made integer := 0;
BEGIN
    -- One maker at a time: processes that start together would otherwise race for the same names.
    PERFORM pg_advisory_xact_lock(hashtext('make_month_partitions'));
    FOR parent IN SELECT name, is_log FROM partitioned_tables ORDER BY name LOOP
        FOR i IN 0 .. months - 1 LOOP
            lower_month := (date_trunc('month', first_month) + make_interval(months => i))::timestamp AT TIME ZONE 'UTC';
            partition := parent.name || to_char(lower_month AT TIME ZONE 'UTC', '_YYYY_MM');
            CONTINUE WHEN to_regclass(quote_ident(partition)) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', partition, parent.name,
                uuid_v7_floor(lower_month),
                uuid_v7_floor((lower_month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'));
            IF parent.is_log THEN
                EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                    partition || '_no_truncate', partition);
            END IF;
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION make_month_partitions(date, integer) IS 'Makes the missing partitions of every partitioned table for so many months; run by the owner, never by the application role.';

CREATE FUNCTION partition_by_month(parent text, log boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO partitioned_tables (name, is_log) VALUES (parent, log);
    IF log THEN
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', parent || '_no_change', parent);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', parent || '_no_truncate', parent);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO meshline_app', parent);
    ELSE
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO meshline_app', parent);
    END IF;
END
$$;
COMMENT ON FUNCTION partition_by_month(text, boolean) IS 'Registers a table partitioned by its UUIDv7 id, with the guards of a log table where it is one.';

CREATE TABLE settings (
    name text CONSTRAINT settings_pkey PRIMARY KEY,
    value jsonb NOT NULL
);
COMMENT ON TABLE settings IS 'What belongs to this database as a whole, for example the fingerprint of its master key.';
GRANT SELECT, INSERT, UPDATE ON settings TO meshline_app;
GRANT SELECT ON partitioned_tables TO meshline_app;
