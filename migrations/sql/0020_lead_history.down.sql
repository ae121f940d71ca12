COMMENT ON COLUMN lead_states.last_as_of IS NULL;
ALTER TABLE leads
    DROP COLUMN email_at,
    DROP COLUMN name_at,
    DROP COLUMN company_at,
    DROP COLUMN domain_at,
    DROP COLUMN external_at;
DROP INDEX lead_aliases_merged_into_idx;
