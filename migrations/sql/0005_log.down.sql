DROP TABLE IF EXISTS kept_decisions, kept_shadow_verdicts, kept_pool_availability;
DROP TABLE features;
DROP TABLE audit_log;
DROP TABLE overrides;
DROP TABLE outcomes;
DROP TABLE deliveries;
DROP TABLE decisions;
DROP TABLE events;
DELETE FROM partitioned_tables;
