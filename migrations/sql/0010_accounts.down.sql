DELETE FROM sessions;
ALTER TABLE sessions
    DROP COLUMN person_id,
    DROP COLUMN address,
    DROP COLUMN agent,
    DROP COLUMN signed_in_at,
    DROP COLUMN seen_at,
    ADD COLUMN data jsonb NOT NULL;
DROP INDEX people_name_id_idx;
ALTER TABLE people DROP COLUMN number_format, DROP COLUMN single_keys;
