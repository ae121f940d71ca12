-- A change can be started from an earlier one, whose discussion and editors it keeps.

ALTER TABLE changes ADD COLUMN started_from_id uuid CONSTRAINT changes_started_from_fkey REFERENCES changes;
COMMENT ON COLUMN changes.started_from_id IS 'The change whose text it started from, for example one that was withdrawn or outdated; null for most.';
CREATE INDEX changes_started_from_idx ON changes (started_from_id) WHERE started_from_id IS NOT NULL;

-- Takes back what the way down kept.
DO $$
BEGIN
    IF to_regclass('kept_started_from') IS NOT NULL THEN
        ALTER TABLE changes DISABLE TRIGGER USER;
        UPDATE changes c SET started_from_id = k.started_from_id FROM kept_started_from k WHERE k.id = c.id;
        ALTER TABLE changes ENABLE TRIGGER USER;
        -- Enabling all of them does not bring back that this one always fires.
        ALTER TABLE changes ENABLE ALWAYS TRIGGER changes_roles_that_sign;
        DROP TABLE kept_started_from;
    END IF;
END $$;

-- As before, and a change stays started from what it was.
CREATE OR REPLACE FUNCTION check_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a change begins as a draft' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.number, NEW.kind, NEW.name, NEW.created_at, NEW.created_by, NEW.started_from_id)
            IS DISTINCT FROM (OLD.id, OLD.number, OLD.kind, OLD.name, OLD.created_at, OLD.created_by, OLD.started_from_id) THEN
        RAISE EXCEPTION 'a change stays the change it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT ((OLD.state = 'draft' AND NEW.state IN ('draft', 'submitted', 'withdrawn'))
            OR (OLD.state = 'submitted' AND NEW.state IN ('approved', 'returned', 'withdrawn'))) THEN
        RAISE EXCEPTION 'a change that is % does not become %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'submitted' AND (NEW.base_version, NEW.title, NEW.why, NEW.source, NEW.body, NEW.hash, NEW.required, NEW.author_id)
            IS DISTINCT FROM (OLD.base_version, OLD.title, OLD.why, OLD.source, OLD.body, OLD.hash, OLD.required, OLD.author_id) THEN
        RAISE EXCEPTION 'what was submitted never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'submitted' AND NOT EXISTS (SELECT 1 FROM change_editors WHERE change_id = NEW.id AND person_id = NEW.author_id) THEN
        RAISE EXCEPTION 'the author of a change has to be one of its editors' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'approved' AND NOT change_is_signed(NEW.id) THEN
        RAISE EXCEPTION 'not every role that has to sign has signed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- Four eyes: whoever wrote a text does not approve it under another number.
CREATE FUNCTION inherit_editors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change_editors (change_id, person_id)
        SELECT NEW.id, e.person_id FROM change_editors e WHERE e.change_id = NEW.started_from_id
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER changes_inherit_editors AFTER INSERT ON changes
    FOR EACH ROW WHEN (NEW.started_from_id IS NOT NULL) EXECUTE FUNCTION inherit_editors();
