-- A role that an administrator gives counts for approvals a day later, or as soon as a second administrator confirms it: one person alone
-- must not become two. People learn of what administrators do to accounts.

ALTER TABLE person_roles
    ADD COLUMN since timestamptz,
    ADD COLUMN given_by text,
    ADD COLUMN counts_from timestamptz,
    ADD COLUMN confirmed_by uuid CONSTRAINT person_roles_confirmed_by_fkey REFERENCES people;
COMMENT ON COLUMN person_roles.since IS 'When the person got the role; null if that was before it was recorded.';
COMMENT ON COLUMN person_roles.given_by IS 'Who gave it, as the audit log names actors; null if that was before it was recorded.';
COMMENT ON COLUMN person_roles.counts_from IS 'When approvals in this role begin to count; null if they always have.';
COMMENT ON COLUMN person_roles.confirmed_by IS 'The second administrator, because of whom it counts earlier.';

-- Whether approvals of a person in a role count now.
CREATE FUNCTION role_counts(holder uuid, wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM person_roles r JOIN people p ON p.id = r.person_id
                   WHERE (r.person_id, r.role) = (holder, wanted) AND p.disabled_at IS NULL
                   AND (r.counts_from IS NULL OR r.counts_from <= clock_timestamp()))
$$;
COMMENT ON FUNCTION role_counts(uuid, text) IS 'Whether an active person holds a role for long enough, or confirmed, so that approvals in it count.';

-- Only commands, which are run by whoever owns the installation, give roles that count at once.
CREATE FUNCTION check_person_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.given_by IS NULL OR NEW.confirmed_by IS NOT NULL THEN
            RAISE EXCEPTION 'a role names who gave it, and is confirmed later' USING ERRCODE = 'restrict_violation';
        END IF;
        -- The clock of the database: the actor's stands still from the start of the request.
        NEW.since := clock_timestamp();
        NEW.counts_from := CASE WHEN NEW.given_by LIKE 'command:%' THEN NULL ELSE NEW.since + interval '24 hours' END;
        RETURN NEW;
    END IF;
    IF (NEW.person_id, NEW.role, NEW.since, NEW.given_by) IS DISTINCT FROM (OLD.person_id, OLD.role, OLD.since, OLD.given_by)
            OR OLD.confirmed_by IS NOT NULL OR NEW.confirmed_by IS NULL THEN
        RAISE EXCEPTION 'who holds a role, since when and from whom never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT role_counts(NEW.confirmed_by, 'admin') THEN
        RAISE EXCEPTION 'only an administrator confirms a role, a day after becoming one or once confirmed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.confirmed_by = NEW.person_id OR NEW.given_by = 'person:' || NEW.confirmed_by THEN
        RAISE EXCEPTION 'another administrator than the one who gave the role must confirm it' USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.counts_from := least(OLD.counts_from, clock_timestamp());
    RETURN NEW;
END $$;
CREATE TRIGGER person_roles_check BEFORE INSERT OR UPDATE ON person_roles FOR EACH ROW EXECUTE FUNCTION check_person_role();

ALTER TABLE change_reviews ADD COLUMN role_since timestamptz, ADD COLUMN role_given_by text;
COMMENT ON COLUMN change_reviews.role_since IS 'When the person had got the role of the approval; null if that was before it was recorded.';
COMMENT ON COLUMN change_reviews.role_given_by IS 'Who had given it, as the audit log names actors; null if that was before it was recorded.';

CREATE OR REPLACE FUNCTION check_review() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change changes;
    held person_roles;
BEGIN
    NEW.role_since := NULL;
    NEW.role_given_by := NULL;
    IF NEW.verdict = 'comment' THEN
        RETURN NEW;
    END IF;
    SELECT * INTO change FROM changes WHERE id = NEW.change_id FOR SHARE;
    IF change.state <> 'submitted' THEN
        RAISE EXCEPTION 'this change no longer waits for approval' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.hash IS DISTINCT FROM change.hash THEN
        RAISE EXCEPTION 'this change was edited since you opened it. Review it again' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM change_editors WHERE change_id = NEW.change_id AND person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'you edited this change, so someone else must approve it' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.verdict = 'approve' AND NOT (NEW.role = ANY (change.required)) THEN
        RAISE EXCEPTION 'this change does not need approval in that role' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM person_roles r JOIN people p ON p.id = r.person_id
                   WHERE r.person_id = NEW.person_id AND p.disabled_at IS NULL
                   AND (r.role = NEW.role OR (NEW.verdict = 'return' AND r.role = ANY (change.required)))) THEN
        RAISE EXCEPTION 'the person does not hold a role that approves this change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.verdict = 'approve' THEN
        IF NOT role_counts(NEW.person_id, NEW.role) THEN
            RAISE EXCEPTION 'your role was given to you less than a day ago, and no second administrator has confirmed it' USING ERRCODE = 'restrict_violation';
        END IF;
        SELECT * INTO held FROM person_roles WHERE (person_id, role) = (NEW.person_id, NEW.role);
        NEW.role_since := held.since;
        NEW.role_given_by := held.given_by;
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
    IF NOT role_counts(NEW.person_id, NEW.role)
            AND NOT EXISTS (SELECT 1 FROM change_reviews c
                            WHERE (c.change_id, c.person_id, c.role, c.hash) = (change.id, NEW.person_id, NEW.role, change.hash)
                            AND release.base_bundle = ANY (c.live_bundles)) THEN
        RAISE EXCEPTION 'the person does not hold the role of this approval, or not for long enough' USING ERRCODE = 'restrict_violation';
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
    IF NOT EXISTS (SELECT 1 FROM people p WHERE 'person:' || p.id = release.stage_by AND role_counts(p.id, 'revops')) THEN
        RAISE EXCEPTION 'only RevOps may go live with a release, a day after the role was given or once it is confirmed' USING ERRCODE = 'restrict_violation';
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
        IF NOT EXISTS (SELECT 1 FROM people p WHERE 'person:' || p.id = mover AND role_counts(p.id, 'revops')) THEN
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
        IF NEW.stage_by NOT LIKE 'command:%' AND NOT EXISTS (SELECT 1 FROM people p WHERE 'person:' || p.id = NEW.stage_by
                       AND (role_counts(p.id, 'revops') OR role_counts(p.id, 'revops_lead'))) THEN
            RAISE EXCEPTION 'only RevOps or the RevOps lead may make a release live again' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF has_moved AND NEW.stage = 'live' THEN
        -- The clock of the database: the actor's stands still from the start of the request.
        NEW.live_since := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;

-- Notices about accounts.
ALTER TABLE notices DROP CONSTRAINT notices_what_exists;
ALTER TABLE notices ADD CONSTRAINT notices_what_exists
    CHECK (what IN ('stopped', 'resumed', 'link_created', 'password_set', 'roles_changed', 'role_confirmed'));
ALTER TABLE notices ADD COLUMN about_id uuid CONSTRAINT notices_about_fkey REFERENCES people;
COMMENT ON TABLE notices IS 'What people are told, one row for each of them: a workflow was stopped or resumed, or something was done to an account.';
COMMENT ON COLUMN notices.about_id IS 'Whose account it is about; null for workflows.';
COMMENT ON COLUMN notices.reason IS 'Why a workflow was stopped or resumed; the roles that an account has since; empty otherwise.';

-- What the way down kept comes back.
DO $$
BEGIN
    IF to_regclass('kept_role_terms') IS NOT NULL THEN
        ALTER TABLE person_roles DISABLE TRIGGER USER;
        ALTER TABLE change_reviews DISABLE TRIGGER USER;
        UPDATE person_roles r SET since = k.since, given_by = k.given_by, counts_from = k.counts_from, confirmed_by = k.confirmed_by
            FROM kept_role_terms k WHERE (k.person_id, k.role) = (r.person_id, r.role);
        UPDATE change_reviews r SET role_since = k.role_since, role_given_by = k.role_given_by FROM kept_review_roles k WHERE k.id = r.id;
        ALTER TABLE person_roles ENABLE TRIGGER USER;
        ALTER TABLE change_reviews ENABLE TRIGGER USER;
        DROP TABLE kept_role_terms, kept_review_roles;
    END IF;
END $$;
