DROP TABLE features;
DROP TABLE audit_log;
DROP TABLE overrides;
DROP TABLE outcomes;
DROP TABLE deliveries;
DROP TABLE decisions;
DROP TABLE events;
DELETE FROM partitioned_tables;
