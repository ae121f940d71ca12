DROP TABLE import_runs;
DROP TABLE outbox;
DROP TABLE effect_keys;
DROP TABLE effects;
DELETE FROM partitioned_tables WHERE name = 'effects';
