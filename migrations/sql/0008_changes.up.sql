-- Change requests: the one way in which what decides changes. Nothing becomes a version on its author's word alone.

CREATE TABLE changes (
    id uuid CONSTRAINT changes_pkey PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CONSTRAINT changes_kind_exists CHECK (kind IN ('catalogue', 'map', 'rule_set', 'list', 'pool')),
    name text NOT NULL CONSTRAINT changes_name_length CHECK (length(name) BETWEEN 1 AND 100),
    base_version integer NOT NULL CONSTRAINT changes_base_from_nothing CHECK (base_version >= 0),
    state text NOT NULL CONSTRAINT changes_state_exists CHECK (state IN ('draft', 'submitted', 'approved', 'returned', 'withdrawn')),
    title text NOT NULL CONSTRAINT changes_title_length CHECK (length(title) <= 200),
    why text NOT NULL CONSTRAINT changes_why_length CHECK (length(why) <= 5000),
    source text NOT NULL,
    body jsonb,
    hash bytea CONSTRAINT changes_hash_is_sha256 CHECK (length(hash) = 32),
    required text[] NOT NULL DEFAULT '{}',
    revision integer NOT NULL DEFAULT 1,
    author_id uuid CONSTRAINT changes_author_fkey REFERENCES people,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    submitted_at timestamptz,
    closed_at timestamptz,
    version_id uuid CONSTRAINT changes_version_fkey REFERENCES versions,
    CONSTRAINT changes_number_key UNIQUE (number),
    CONSTRAINT changes_body_and_hash CHECK ((body IS NULL) = (hash IS NULL)),
    CONSTRAINT changes_submitted_is_whole CHECK (
        state IN ('draft', 'withdrawn')
        OR (body IS NOT NULL AND author_id IS NOT NULL AND submitted_at IS NOT NULL AND title <> '')),
    CONSTRAINT changes_approved_is_a_version CHECK ((state = 'approved') = (version_id IS NOT NULL)),
    CONSTRAINT changes_closed_since CHECK ((state IN ('approved', 'returned', 'withdrawn')) = (closed_at IS NOT NULL)),
    CONSTRAINT changes_roles_that_sign CHECK (
        state IN ('draft', 'withdrawn')
        OR required @> CASE kind
            WHEN 'map' THEN ARRAY['enablement', 'rep_leader']
            WHEN 'catalogue' THEN ARRAY['enablement', 'revops']
            ELSE ARRAY['revops'] END)
);
COMMENT ON TABLE changes IS 'Proposed versions: drafts, what waits for sign-off, and what became of it.';
COMMENT ON COLUMN changes.base_version IS 'The version it starts from, 0 when there is none; approved only while that one is the newest.';
COMMENT ON COLUMN changes.source IS 'The text as its author wrote it, also while it cannot be read.';
COMMENT ON COLUMN changes.body IS 'What the text says; null while it cannot be read.';
COMMENT ON COLUMN changes.hash IS 'SHA-256 of the body''s canonical JSON (RFC 8785): what is signed.';
COMMENT ON COLUMN changes.required IS 'The roles that have to sign, each by another person.';
COMMENT ON COLUMN changes.revision IS 'Counts saves, so that the later of two people who edit sees the conflict.';
COMMENT ON COLUMN changes.author_id IS 'Who submitted it, or is writing it; null for a draft that came from a file.';
CREATE INDEX changes_open_idx ON changes (kind, name) WHERE state IN ('draft', 'submitted');
CREATE INDEX changes_state_number_idx ON changes (state, number DESC);

CREATE TABLE change_editors (
    change_id uuid NOT NULL CONSTRAINT change_editors_change_fkey REFERENCES changes,
    person_id uuid NOT NULL CONSTRAINT change_editors_person_fkey REFERENCES people,
    CONSTRAINT change_editors_pkey PRIMARY KEY (change_id, person_id)
);
COMMENT ON TABLE change_editors IS 'Everybody who had a hand in a change: none of them may sign it.';

CREATE TABLE change_reviews (
    id uuid CONSTRAINT change_reviews_pkey PRIMARY KEY,
    change_id uuid NOT NULL CONSTRAINT change_reviews_change_fkey REFERENCES changes,
    person_id uuid NOT NULL CONSTRAINT change_reviews_person_fkey REFERENCES people,
    verdict text NOT NULL CONSTRAINT change_reviews_verdict_exists CHECK (verdict IN ('approve', 'return', 'comment')),
    role text CONSTRAINT change_reviews_role_signs CHECK ((role IS NOT NULL) = (verdict = 'approve')),
    hash bytea,
    comment text NOT NULL CONSTRAINT change_reviews_comment_length CHECK (length(comment) <= 5000),
    at timestamptz NOT NULL,
    CONSTRAINT change_reviews_says_something CHECK (verdict = 'approve' OR comment <> ''),
    CONSTRAINT change_reviews_signs_a_content CHECK ((hash IS NULL) = (verdict = 'comment'))
);
COMMENT ON TABLE change_reviews IS 'What people say of a change: signatures, requests for changes, comments. Written once.';
COMMENT ON COLUMN change_reviews.hash IS 'Hash of the content that the person saw.';
CREATE UNIQUE INDEX change_reviews_a_role_signs_once ON change_reviews (change_id, role) WHERE verdict = 'approve';
CREATE UNIQUE INDEX change_reviews_a_person_signs_once ON change_reviews (change_id, person_id) WHERE verdict = 'approve';
CREATE INDEX change_reviews_change_idx ON change_reviews (change_id, id);

CREATE TRIGGER change_reviews_no_change BEFORE UPDATE OR DELETE ON change_reviews FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER change_editors_no_change BEFORE UPDATE OR DELETE ON change_editors FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A signature counts when the person holds the role, had no hand in the change, and saw what was submitted.
CREATE FUNCTION check_review() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER change_reviews_check BEFORE INSERT ON change_reviews FOR EACH ROW EXECUTE FUNCTION check_review();

-- Whether every role that has to sign has signed this very content, each by another person who had no hand in it.
CREATE FUNCTION change_is_signed(wanted uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT c.state IN ('submitted', 'approved') AND NOT EXISTS (
        SELECT 1 FROM unnest(c.required) AS needed (role)
        WHERE NOT EXISTS (
            SELECT 1 FROM change_reviews r WHERE r.change_id = c.id AND r.verdict = 'approve' AND r.role = needed.role AND r.hash = c.hash
            AND NOT EXISTS (SELECT 1 FROM change_editors e WHERE e.change_id = c.id AND e.person_id = r.person_id)))
    FROM changes c WHERE c.id = wanted
$$;

-- A change begins as a draft, is what it is once it was submitted, and is approved by signatures only.
CREATE FUNCTION check_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a change begins as a draft' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.number, NEW.kind, NEW.name, NEW.created_at, NEW.created_by) IS DISTINCT FROM (OLD.id, OLD.number, OLD.kind, OLD.name, OLD.created_at, OLD.created_by) THEN
        RAISE EXCEPTION 'a change stays the change it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT ((OLD.state = 'draft' AND NEW.state IN ('draft', 'submitted', 'withdrawn'))
            OR (OLD.state = 'submitted' AND NEW.state IN ('approved', 'returned', 'withdrawn'))) THEN
        RAISE EXCEPTION 'a change that is % does not become %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'submitted' AND (NEW.base_version, NEW.title, NEW.why, NEW.source, NEW.body, NEW.hash, NEW.required, NEW.author_id)
            IS DISTINCT FROM (OLD.base_version, OLD.title, OLD.why, OLD.source, OLD.body, OLD.hash, OLD.required, OLD.author_id) THEN
        RAISE EXCEPTION 'what was submitted never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'submitted' AND NOT EXISTS (SELECT 1 FROM change_editors WHERE change_id = NEW.id AND person_id = NEW.author_id) THEN
        RAISE EXCEPTION 'the author of a change had a hand in it' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'approved' AND NOT change_is_signed(NEW.id) THEN
        RAISE EXCEPTION 'not every role that has to sign has signed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER changes_check BEFORE INSERT OR UPDATE ON changes FOR EACH ROW EXECUTE FUNCTION check_change();
CREATE TRIGGER changes_no_delete BEFORE DELETE ON changes FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Drafts become changes; a version is what was signed, or what a workflow began with.
INSERT INTO changes (id, kind, name, base_version, state, title, why, source, body, hash, created_by, created_at, updated_at)
    SELECT v.id, v.kind, v.name, coalesce((SELECT max(o.version) FROM versions o WHERE o.kind = v.kind AND o.name = v.name AND o.state <> 'draft'), 0),
        'draft', '', '', '', v.body, v.hash, v.created_by, v.created_at, v.created_at
    FROM versions v WHERE v.state = 'draft';
DELETE FROM versions WHERE state = 'draft';
DROP TRIGGER versions_no_change ON versions;
ALTER TABLE versions DROP COLUMN state;
ALTER TABLE versions ADD COLUMN source text;
ALTER TABLE versions ADD COLUMN change_id uuid CONSTRAINT versions_change_fkey REFERENCES changes;
COMMENT ON TABLE versions IS 'Every version of everything that decides. None ever changes.';
COMMENT ON COLUMN versions.source IS 'The text as its author wrote it; null where it came as data.';
COMMENT ON COLUMN versions.change_id IS 'The change that brought it; null for what a workflow began with.';
CREATE UNIQUE INDEX versions_change_key ON versions (change_id);
CREATE TRIGGER versions_no_change BEFORE UPDATE OR DELETE ON versions FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Four eyes: beside what a workflow begins with, a version is exactly what a signed change says.
CREATE FUNCTION check_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.change_id IS NOT NULL THEN
        IF NOT EXISTS (SELECT 1 FROM changes c WHERE c.id = NEW.change_id AND (c.kind, c.name, c.hash, c.base_version + 1) = (NEW.kind, NEW.name, NEW.hash, NEW.version))
                OR NOT change_is_signed(NEW.change_id) THEN
            RAISE EXCEPTION 'not every role that has to sign has signed' USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF EXISTS (SELECT 1 FROM workflows w JOIN bundles b ON b.hash = w.live_bundle JOIN versions v ON v.id = ANY (b.version_ids)
                  WHERE v.kind = NEW.kind AND v.name = NEW.name) THEN
        RAISE EXCEPTION 'a live workflow decides by it: this needs a change that was signed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER versions_need_four_eyes BEFORE INSERT ON versions FOR EACH ROW EXECUTE FUNCTION check_version();

REVOKE UPDATE, DELETE ON versions FROM meshline_app;
GRANT SELECT, INSERT, UPDATE ON changes TO meshline_app;
GRANT SELECT, INSERT ON change_editors, change_reviews TO meshline_app;
