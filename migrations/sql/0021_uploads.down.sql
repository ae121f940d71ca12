ALTER TABLE import_runs
    DROP COLUMN rejects_left_out,
    DROP COLUMN outcomes_rejected;
DROP TABLE unfinished_uploads;
