ALTER TABLE import_runs
    DROP COLUMN imported,
    DROP COLUMN repeated,
    DROP COLUMN rejected,
    DROP COLUMN outcomes,
    DROP COLUMN rejects_bytes;
DROP TABLE uploads;
DROP TABLE runs;
