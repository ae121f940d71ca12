-- A kind of version is one row, and versions and destinations have titles beside them.

CREATE TABLE version_kinds (
    kind text CONSTRAINT version_kinds_pkey PRIMARY KEY,
    approvers text[] NOT NULL CONSTRAINT version_kinds_are_approved CHECK (cardinality(approvers) > 0)
);
COMMENT ON TABLE version_kinds IS 'What a version can be a version of; the program has the same rows.';
COMMENT ON COLUMN version_kinds.approvers IS 'The roles that approve every change of the kind, each by another person.';
INSERT INTO version_kinds (kind, approvers) VALUES
    ('catalogue', '{enablement, revops}'),
    ('map', '{enablement, rep_leader}'),
    ('rule_set', '{revops}'),
    ('list', '{revops}'),
    ('pool', '{revops}');

ALTER TABLE versions DROP CONSTRAINT versions_kind_exists;
ALTER TABLE versions ADD CONSTRAINT versions_kind_fkey FOREIGN KEY (kind) REFERENCES version_kinds;
ALTER TABLE changes DROP CONSTRAINT changes_kind_exists;
ALTER TABLE changes ADD CONSTRAINT changes_kind_fkey FOREIGN KEY (kind) REFERENCES version_kinds;

-- A check cannot read another table, so a trigger asks for the roles. It keeps the check's name.
ALTER TABLE changes DROP CONSTRAINT changes_roles_that_sign;
CREATE FUNCTION check_approvers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM version_kinds k WHERE k.kind = NEW.kind AND NEW.required @> k.approvers) THEN
        RAISE EXCEPTION 'a % is approved by more roles than this', NEW.kind
            USING ERRCODE = 'check_violation', CONSTRAINT = 'changes_roles_that_sign', TABLE = 'changes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER changes_roles_that_sign BEFORE INSERT OR UPDATE ON changes
    FOR EACH ROW WHEN (NEW.state NOT IN ('draft', 'withdrawn')) EXECUTE FUNCTION check_approvers();
-- Always, as a check is.
ALTER TABLE changes ENABLE ALWAYS TRIGGER changes_roles_that_sign;

CREATE TABLE version_titles (
    kind text NOT NULL CONSTRAINT version_titles_kind_fkey REFERENCES version_kinds,
    name text NOT NULL CONSTRAINT version_titles_name_length CHECK (length(name) BETWEEN 1 AND 100),
    title text NOT NULL CONSTRAINT version_titles_title_length CHECK (length(title) BETWEEN 1 AND 100),
    CONSTRAINT version_titles_pkey PRIMARY KEY (kind, name)
);
COMMENT ON TABLE version_titles IS 'What people call something that has versions. A title decides nothing and is part of no version, hash or bundle.';

ALTER TABLE destinations ADD COLUMN title text CONSTRAINT destinations_title_length CHECK (length(title) BETWEEN 1 AND 100);
COMMENT ON COLUMN destinations.title IS 'What people call it; null for its name in words.';

GRANT SELECT ON version_kinds TO meshline_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON version_titles TO meshline_app;
