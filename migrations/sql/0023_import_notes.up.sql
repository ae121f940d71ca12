-- What an import reports beside its counts.
ALTER TABLE import_runs
    ADD COLUMN notes jsonb NOT NULL DEFAULT '{}' CONSTRAINT import_runs_notes_object CHECK (jsonb_typeof(notes) = 'object');
COMMENT ON COLUMN import_runs.notes IS 'How the file was read, and of the rows that are done: how many were blank, which IDs were not used, and which values meant no outcome.';
