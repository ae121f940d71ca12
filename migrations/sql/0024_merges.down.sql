REVOKE UPDATE, DELETE ON lead_aliases FROM meshline_app;
DROP INDEX merge_suggestions_other_lead_idx;
DROP INDEX merge_suggestions_closed_idx;
DROP INDEX merge_suggestions_open_idx;
ALTER TABLE merge_suggestions
    DROP CONSTRAINT merge_suggestions_open_has_no_reason,
    DROP CONSTRAINT merge_suggestions_closed_with_verdict,
    DROP COLUMN reason,
    DROP COLUMN verdict;
COMMENT ON TABLE lead_aliases IS 'Merges: appended, never taken back; decisions keep the lead they were made about.';
DROP TABLE lead_merges;
