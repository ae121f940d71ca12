-- A server whose login only holds the application's role: it makes partitions through the owner's function and compares
-- the schema with the one it was built for.

CREATE FUNCTION make_coming_partitions() RETURNS integer LANGUAGE sql SECURITY DEFINER
    SET search_path = public, pg_temp
    -- Queues behind long reads of the log for a moment only, because everything else queues behind it.
    SET lock_timeout = '3s'
AS $$
    SELECT make_month_partitions((now() AT TIME ZONE 'UTC')::date, 4)
$$;
COMMENT ON FUNCTION make_coming_partitions() IS 'Makes the missing partitions of this month and the next three, with the rights of the owner.';
REVOKE ALL ON FUNCTION make_coming_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_coming_partitions() TO meshline_app;

-- The functions with the rights of the owner look names up in this schema, so no one else may add to it. Databases made by Postgres 14
-- or older allow everyone to.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

GRANT SELECT ON seaql_migrations TO meshline_app;

-- Only some rows of the audit log are about a lead. A foreign key would open the table of leads for all of them, so that signing in
-- would wait while that table is locked.
ALTER TABLE audit_log DROP CONSTRAINT audit_log_lead_fkey;
CREATE FUNCTION check_audited_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Nothing deletes leads.
    IF NOT EXISTS (SELECT 1 FROM leads WHERE id = NEW.lead_id) THEN
        RAISE EXCEPTION 'there is no lead %', NEW.lead_id USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'audit_log_lead_fkey';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_log_lead AFTER INSERT ON audit_log FOR EACH ROW WHEN (NEW.lead_id IS NOT NULL) EXECUTE FUNCTION check_audited_lead();
