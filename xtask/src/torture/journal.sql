-- Records every change of the warehouse in order, by any client.
CREATE SCHEMA torture;
CREATE TABLE torture.journal (n bigserial PRIMARY KEY, written_to text, effect_key text, remote_key text, lead_sequence bigint);
CREATE FUNCTION torture.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO torture.journal (written_to, effect_key, remote_key, lead_sequence)
    VALUES (TG_TABLE_NAME, NEW.effect_key, NEW.remote_key, NEW.lead_sequence);
    RETURN NULL;
END $$;
CREATE TRIGGER torture_note AFTER INSERT OR UPDATE ON meshline.decision_events FOR EACH ROW EXECUTE FUNCTION torture.note();
CREATE TRIGGER torture_note AFTER INSERT OR UPDATE ON meshline.lead_current FOR EACH ROW EXECUTE FUNCTION torture.note()
