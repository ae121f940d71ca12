DROP TRIGGER audit_log_lead ON audit_log;
DROP FUNCTION check_audited_lead();
ALTER TABLE audit_log ADD CONSTRAINT audit_log_lead_fkey FOREIGN KEY (lead_id) REFERENCES leads;
REVOKE SELECT ON seaql_migrations FROM meshline_app;
DROP FUNCTION make_coming_partitions();
