-- Tells whether the database went back in time: to a backup, or to a replica that had not received the last commits.
--
-- Processes raise the high-water mark every few seconds and keep the last value outside of the database. A lower one in
-- the database means that commits are missing. An incarnation begins when the database continues at another place or
-- after a loss; destinations order decisions by it before they look at a lead's sequence.

CREATE FUNCTION database_timeline() RETURNS integer LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer;
-- Some hosted servers offer no access to the log. A restore of a dump is still recognised by the table's OID.
EXCEPTION WHEN insufficient_privilege OR undefined_function OR feature_not_supported THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION database_timeline() IS 'Timeline of the write-ahead log, which changes when a replica is promoted and when an archive is replayed to a point in time.';

CREATE FUNCTION database_system() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT system_identifier FROM pg_control_system());
EXCEPTION WHEN insufficient_privilege OR undefined_function OR feature_not_supported OR internal_error OR data_corrupted THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION database_system() IS 'Identifier that initdb gave the cluster; null if it cannot be read at this moment.';

CREATE TABLE installation (
    id uuid NOT NULL CONSTRAINT installation_pkey PRIMARY KEY,
    high_water_mark bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
CREATE UNIQUE INDEX installation_is_one ON installation ((true));
COMMENT ON TABLE installation IS 'The installation that this database belongs to; one row.';
COMMENT ON COLUMN installation.high_water_mark IS 'Number of heartbeats. Each follows every commit before it, so a database that has it has those too.';

CREATE TABLE incarnations (
    incarnation bigint NOT NULL CONSTRAINT incarnations_pkey PRIMARY KEY,
    began_at timestamptz NOT NULL DEFAULT now(),
    high_water_mark bigint NOT NULL,
    is_acknowledged boolean NOT NULL,
    timeline integer,
    system bigint,
    table_oid bigint NOT NULL
);
COMMENT ON TABLE incarnations IS 'Lives of the database; the highest number is the current one. 0 is the first, later ones are named after the second they began in, so that no backup can repeat one.';
COMMENT ON COLUMN incarnations.high_water_mark IS 'The installation''s high-water mark when the incarnation began.';
COMMENT ON COLUMN incarnations.is_acknowledged IS 'Whether a person ran `meshline recovered`; otherwise a process found the database at another place without a loss.';
COMMENT ON COLUMN incarnations.table_oid IS 'OID of this table. A restored dump gets another one.';

CREATE FUNCTION refuse_going_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.high_water_mark < OLD.high_water_mark THEN
        RAISE EXCEPTION 'the high-water mark of an installation only rises'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'high_water_mark_rises', TABLE = 'installation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER high_water_mark_rises BEFORE UPDATE ON installation FOR EACH ROW EXECUTE FUNCTION refuse_going_back();

-- The same installation gets the same id again if a backup from before this step is restored.
INSERT INTO installation (id)
SELECT coalesce(
    (SELECT md5(s.value::text || (SELECT min(applied_at) FROM seaql_migrations))::uuid FROM settings s WHERE s.name = 'key_fingerprint'),
    gen_random_uuid());
INSERT INTO incarnations (incarnation, high_water_mark, is_acknowledged, timeline, system, table_oid)
VALUES (0, 0, false, database_timeline(), database_system(), 'incarnations'::regclass::oid::bigint);

GRANT SELECT, UPDATE ON installation TO meshline_app;
GRANT SELECT, INSERT ON incarnations TO meshline_app;
