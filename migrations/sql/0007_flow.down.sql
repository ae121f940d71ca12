DROP TABLE jobs;
DROP INDEX outbox_dead_idx;
ALTER TABLE outbox DROP COLUMN workflow_id;
DROP TABLE kill_switches;
DROP TABLE destination_flows;
ALTER TABLE destinations DROP COLUMN pace;
