-- The earlier schema has no place for these; the way up takes them back.
CREATE TABLE kept_role_terms AS SELECT * FROM person_roles WHERE since IS NOT NULL;
CREATE TABLE kept_review_roles AS SELECT id, role_since, role_given_by FROM change_reviews WHERE role_since IS NOT NULL;

DELETE FROM notices WHERE about_id IS NOT NULL;
ALTER TABLE notices DROP COLUMN about_id;
ALTER TABLE notices DROP CONSTRAINT notices_what_exists;
ALTER TABLE notices ADD CONSTRAINT notices_what_exists CHECK (what IN ('stopped', 'resumed'));
COMMENT ON TABLE notices IS 'What people are told, one row for each of them: a workflow was stopped, or goes on again.';
COMMENT ON COLUMN notices.reason IS 'Why it was stopped.';

CREATE OR REPLACE FUNCTION check_review() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change changes;
BEGIN
    IF NEW.verdict = 'comment' THEN
        RETURN NEW;
    END IF;
    SELECT * INTO change FROM changes WHERE id = NEW.change_id FOR SHARE;
    IF change.state <> 'submitted' THEN
        RAISE EXCEPTION 'this change does not wait for sign-off any more' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.hash IS DISTINCT FROM change.hash THEN
        RAISE EXCEPTION 'the change says something else than what was looked at' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM change_editors WHERE change_id = NEW.change_id AND person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'whoever had a hand in a change does not sign it: four eyes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.verdict = 'approve' AND NOT (NEW.role = ANY (change.required)) THEN
        RAISE EXCEPTION 'this change does not need a signature in that role' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM person_roles r JOIN people p ON p.id = r.person_id
                   WHERE r.person_id = NEW.person_id AND p.disabled_at IS NULL
                   AND (r.role = NEW.role OR (NEW.verdict = 'return' AND r.role = ANY (change.required)))) THEN
        RAISE EXCEPTION 'the person does not hold a role that signs this change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION check_release_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    release releases;
    change changes;
BEGIN
    SELECT * INTO release FROM releases WHERE id = NEW.release_id FOR SHARE;
    SELECT * INTO change FROM changes WHERE id = release.change_id;
    IF release.stage IN ('live', 'retired', 'rolled_back') THEN
        RAISE EXCEPTION 'this release no longer needs approval' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.bundle <> release.bundle THEN
        RAISE EXCEPTION 'this release was rebuilt after you opened it' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.role = ANY (change.required)) IS NOT TRUE THEN
        RAISE EXCEPTION 'this release does not need approval in that role' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM change_editors WHERE change_id = change.id AND person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'you edited this change, so someone else must approve it' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM live_releases l WHERE (l.workflow_id, l.bundle) = (release.workflow_id, release.base_bundle)) THEN
        RAISE EXCEPTION 'another release went live since you opened this page. Review it again' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM person_roles r JOIN people p ON p.id = r.person_id
                   WHERE (r.person_id, r.role) = (NEW.person_id, NEW.role) AND p.disabled_at IS NULL)
            AND NOT EXISTS (SELECT 1 FROM change_reviews c
                            WHERE (c.change_id, c.person_id, c.role, c.hash) = (change.id, NEW.person_id, NEW.role, change.hash)
                            AND release.base_bundle = ANY (c.live_bundles)) THEN
        RAISE EXCEPTION 'the person does not hold the role of this approval' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION check_going_live(release releases) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF release.base_bundle IS DISTINCT FROM
            (SELECT r.bundle FROM releases r WHERE r.replaced_by = release.id AND r.live_since IS NOT NULL) THEN
        RAISE EXCEPTION 'this release was built on another bundle than the live one' USING ERRCODE = 'restrict_violation';
    END IF;
    IF release.change_id IS NULL THEN
        IF EXISTS (SELECT 1 FROM releases r WHERE r.workflow_id = release.workflow_id AND r.live_since IS NOT NULL) THEN
            RAISE EXCEPTION 'this workflow has been live, so its releases need approval' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NOT EXISTS (SELECT 1 FROM audit_log a WHERE a.id >= uuid_v7_floor(release.created_at - interval '1 day') AND a.action = 'release.waive'
                       AND a.subject = 'release:' || release.number) THEN
            RAISE EXCEPTION 'the waiver of this release is not in the audit log' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN;
    END IF;
    IF release_is_approved(release.id) IS NOT TRUE THEN
        RAISE EXCEPTION 'not every required role has approved this bundle' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM people p JOIN person_roles r ON r.person_id = p.id
                   WHERE 'person:' || p.id = release.stage_by AND r.role = 'revops' AND p.disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only RevOps may go live with a release' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM change_editors e WHERE e.change_id = release.change_id AND 'person:' || e.person_id = release.stage_by) THEN
        RAISE EXCEPTION 'you edited this change, so someone else must go live with it' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM bundles b JOIN versions v ON v.id = ANY (b.version_ids) WHERE b.hash = release.bundle AND v.change_id IS NULL
               AND NOT EXISTS (SELECT 1 FROM releases r JOIN bundles o ON o.hash = r.bundle WHERE r.live_since IS NOT NULL AND v.id = ANY (o.version_ids))) THEN
        RAISE EXCEPTION 'a part of this release was never approved' USING ERRCODE = 'restrict_violation';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION check_release_traffic() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    has_moved boolean;
    is_set boolean;
    mover text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.share <> 0 OR NEW.share_by IS NOT NULL THEN
            RAISE EXCEPTION 'a release begins without leads' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    has_moved := NEW.stage <> OLD.stage;
    is_set := (NEW.share, NEW.gates) IS DISTINCT FROM (OLD.share, OLD.gates);
    mover := CASE WHEN has_moved THEN NEW.stage_by ELSE NEW.share_by END;
    IF NOT has_moved AND (NEW.stage_since, NEW.stage_by, NEW.stage_why, NEW.paused_from)
            IS DISTINCT FROM (OLD.stage_since, OLD.stage_by, OLD.stage_why, OLD.paused_from) THEN
        RAISE EXCEPTION 'who moved a release to its stage, when and why never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF is_set AND NOT has_moved THEN
        IF (NEW.share_since > coalesce(OLD.share_since, OLD.stage_since)) IS NOT TRUE THEN
            RAISE EXCEPTION 'a change of share or gates names who made it and when' USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF (NEW.share_by, NEW.share_since) IS DISTINCT FROM (OLD.share_by, OLD.share_since) THEN
        RAISE EXCEPTION 'share and gates did not change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.gates <> OLD.gates OR (NEW.share > OLD.share AND NEW.stage <> 'live') OR (has_moved AND NEW.stage IN ('assign_review', 'rollout')) THEN
        IF NOT EXISTS (SELECT 1 FROM people p JOIN person_roles r ON r.person_id = p.id
                       WHERE 'person:' || p.id = mover AND r.role = 'revops' AND p.disabled_at IS NULL) THEN
            RAISE EXCEPTION 'only RevOps may give a release leads or other gates' USING ERRCODE = 'restrict_violation';
        END IF;
        IF EXISTS (SELECT 1 FROM change_editors e WHERE e.change_id = NEW.change_id AND 'person:' || e.person_id = mover) THEN
            RAISE EXCEPTION 'you edited this change, so someone else must give it leads or other gates' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF OLD.stage = 'retired' AND NEW.stage = 'live' THEN
        IF NOT EXISTS (SELECT 1 FROM releases r WHERE r.id = OLD.replaced_by AND r.stage = 'rolled_back') THEN
            RAISE EXCEPTION 'a release is live again only after the one that took its place was rolled back' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.stage_by NOT LIKE 'command:%' AND NOT EXISTS (SELECT 1 FROM people p JOIN person_roles r ON r.person_id = p.id
                       WHERE 'person:' || p.id = NEW.stage_by AND r.role IN ('revops', 'revops_lead') AND p.disabled_at IS NULL) THEN
            RAISE EXCEPTION 'only RevOps or the RevOps lead may make a release live again' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF has_moved AND NEW.stage = 'live' THEN
        -- The clock of the database: the actor's stands still from the start of the request.
        NEW.live_since := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;

ALTER TABLE change_reviews DROP COLUMN role_since, DROP COLUMN role_given_by;
DROP TRIGGER person_roles_check ON person_roles;
DROP FUNCTION check_person_role();
DROP FUNCTION role_counts(uuid, text);
ALTER TABLE person_roles DROP COLUMN since, DROP COLUMN given_by, DROP COLUMN counts_from, DROP COLUMN confirmed_by;
