-- Records every claim, because Meshline itself forgets it once an effect is finished.
CREATE SCHEMA torture;
CREATE TABLE torture.claims (effect_id uuid, run_lease bigint, destination_id uuid, who text, at timestamptz DEFAULT clock_timestamp(),
    PRIMARY KEY (effect_id, run_lease));
CREATE FUNCTION torture.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO torture.claims (effect_id, run_lease, destination_id, who)
    VALUES (NEW.effect_id, NEW.run_lease, NEW.destination_id, current_setting('torture.who', true));
    RETURN NULL;
END $$;
CREATE TRIGGER torture_note AFTER UPDATE OF run_lease ON outbox FOR EACH ROW WHEN (NEW.run_lease <> OLD.run_lease)
    EXECUTE FUNCTION torture.note()
