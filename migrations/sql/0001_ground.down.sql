-- The role stays: it belongs to the cluster, and another database may use it.
DROP TABLE settings;
DROP FUNCTION partition_by_month(text, boolean);
DROP FUNCTION make_month_partitions(date, integer);
DROP TABLE partitioned_tables;
DROP FUNCTION uuid_v7_floor(timestamptz);
DROP FUNCTION refuse_change();
REVOKE USAGE ON SCHEMA public FROM meshline_app;
