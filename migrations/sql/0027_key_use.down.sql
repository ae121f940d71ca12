ALTER TABLE api_keys DROP COLUMN prefix, DROP COLUMN created_by, DROP COLUMN last_used_at;
