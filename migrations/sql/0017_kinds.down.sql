ALTER TABLE destinations DROP COLUMN title;
DROP TABLE version_titles;

DROP TRIGGER changes_roles_that_sign ON changes;
DROP FUNCTION check_approvers;
ALTER TABLE changes ADD CONSTRAINT changes_roles_that_sign CHECK (
    state IN ('draft', 'withdrawn')
    OR required @> CASE kind
        WHEN 'map' THEN ARRAY['enablement', 'rep_leader']
        WHEN 'catalogue' THEN ARRAY['enablement', 'revops']
        ELSE ARRAY['revops'] END);

ALTER TABLE changes DROP CONSTRAINT changes_kind_fkey;
ALTER TABLE changes ADD CONSTRAINT changes_kind_exists CHECK (kind IN ('catalogue', 'map', 'rule_set', 'list', 'pool'));
ALTER TABLE versions DROP CONSTRAINT versions_kind_fkey;
ALTER TABLE versions ADD CONSTRAINT versions_kind_exists CHECK (kind IN ('catalogue', 'map', 'rule_set', 'list', 'pool'));
DROP TABLE version_kinds;
