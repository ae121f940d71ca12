-- What makes lists one's own, and forms safe to send twice.

CREATE TABLE saved_views (
    id uuid CONSTRAINT saved_views_pkey PRIMARY KEY,
    person_id uuid NOT NULL CONSTRAINT saved_views_person_fkey REFERENCES people,
    page text NOT NULL CONSTRAINT saved_views_page_is_a_path CHECK (page ~ '^/[a-z/-]{1,60}$'),
    name text NOT NULL CONSTRAINT saved_views_name_length CHECK (length(name) BETWEEN 1 AND 60),
    query text NOT NULL CONSTRAINT saved_views_query_length CHECK (length(query) <= 400),
    created_at timestamptz NOT NULL,
    CONSTRAINT saved_views_name_key UNIQUE (person_id, page, name)
);
COMMENT ON TABLE saved_views IS 'Addresses of lists that people gave a name; each belongs to one person.';
COMMENT ON COLUMN saved_views.query IS 'What stands after the question mark.';

CREATE TABLE used_forms (
    actor text NOT NULL,
    token text NOT NULL CONSTRAINT used_forms_token_length CHECK (length(token) BETWEEN 1 AND 100),
    request_id text NOT NULL,
    used_at timestamptz NOT NULL,
    CONSTRAINT used_forms_pkey PRIMARY KEY (actor, token)
);
COMMENT ON TABLE used_forms IS 'Forms that did something: written in the transaction of the act, so that a second submit does nothing.';
COMMENT ON COLUMN used_forms.request_id IS 'The request that used it; one request may write several acts.';
CREATE INDEX used_forms_used_at_idx ON used_forms (used_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON saved_views, used_forms TO meshline_app;
