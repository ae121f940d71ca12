//! The privileges of the application's role, which limit what a bug or an SQL injection in the application can do.

use std::collections::BTreeMap;

use super::support::Guards;

/// The tables whose privileges are restricted, with the role's privileges.
const PRIVILEGES: &[(&str, &str)] = &[
    ("audit_log", "SELECT INSERT"),
    ("bundles", "SELECT INSERT"),
    ("change_editors", "SELECT INSERT"),
    ("change_reviews", "SELECT INSERT"),
    ("changes", "SELECT INSERT UPDATE"),
    ("credentials", "SELECT INSERT UPDATE"),
    ("decisions", "SELECT INSERT"),
    ("deliveries", "SELECT INSERT"),
    ("destinations", "SELECT INSERT UPDATE"),
    ("effect_keys", "SELECT INSERT"),
    ("effects", "SELECT INSERT"),
    ("events", "SELECT INSERT"),
    ("feature_dictionary", "SELECT INSERT"),
    ("idempotency_keys", "SELECT INSERT"),
    ("import_runs", "SELECT INSERT UPDATE"),
    ("incarnations", "SELECT INSERT"),
    ("installation", "SELECT UPDATE"),
    ("layers", "SELECT UPDATE"),
    ("lead_identities", "SELECT INSERT DELETE"),
    ("lead_merges", "SELECT INSERT"),
    ("lead_states", "SELECT INSERT UPDATE"),
    ("leads", "SELECT INSERT UPDATE"),
    ("merge_suggestions", "SELECT INSERT UPDATE"),
    ("outcomes", "SELECT INSERT"),
    ("overrides", "SELECT INSERT"),
    ("partitioned_tables", "SELECT"),
    ("pool_states", "SELECT INSERT UPDATE"),
    ("queue_verdicts", "SELECT INSERT"),
    ("runs", "SELECT INSERT UPDATE"),
    ("release_approvals", "SELECT INSERT"),
    ("release_history", "SELECT"),
    ("releases", "SELECT INSERT UPDATE"),
    ("seaql_migrations", "SELECT"),
    ("settings", "SELECT INSERT UPDATE"),
    ("version_kinds", "SELECT"),
    ("versions", "SELECT INSERT"),
    ("workflows", "SELECT INSERT UPDATE"),
];

/// The most privileges that the role may have on other tables.
const EVERYTHING: &str = "SELECT INSERT UPDATE DELETE";

#[tokio::test]
async fn the_role_has_the_listed_privileges_and_no_more() {
    let mut guards = Guards::open("").await;
    let found: Vec<(String, bool, String)> = sqlx::query_as(
        "SELECT c.relname, c.relispartition, coalesce(string_agg(p, ' ' ORDER BY n) FILTER (WHERE has_table_privilege('meshline_app', c.oid, p)), '') \
         FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) WITH ORDINALITY AS u (p, n) \
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace GROUP BY 1, 2",
    )
    .fetch_all(&mut guards.owner)
    .await
    .unwrap();
    let listed: BTreeMap<&str, &str> = PRIVILEGES.iter().copied().collect();
    let mut seen = 0;
    for (table, is_partition, may) in &found {
        // Partitions are reached through their parent.
        let expected =
            if *is_partition { "" } else { listed.get(table.as_str()).copied().unwrap_or(EVERYTHING) };
        assert_eq!(may, expected, "{table}");
        seen += usize::from(listed.contains_key(table.as_str()));
    }
    assert_eq!(seen, listed.len(), "a listed table does not exist");
}

#[tokio::test]
async fn the_role_owns_and_creates_nothing() {
    let mut guards = Guards::open("").await;
    let (owned, creates, is_super): (i64, bool, bool) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM pg_class WHERE relowner = r.oid), has_schema_privilege(r.oid, 'public', 'CREATE'), r.rolsuper OR r.rolbypassrls \
         FROM pg_roles r WHERE rolname = 'meshline_app'",
    )
    .fetch_one(&mut guards.owner)
    .await
    .unwrap();
    assert_eq!((owned, creates, is_super), (0, false, false));
}

#[tokio::test]
async fn functions_with_the_rights_of_the_owner_take_nothing_from_their_callers() {
    let mut guards = Guards::open("").await;
    let functions: Vec<(String, bool, i16, bool)> = sqlx::query_as(
        "SELECT p.proname::text, coalesce('search_path=public, pg_temp' = ANY (p.proconfig), false), p.pronargs, \
           p.prorettype <> 'trigger'::regtype \
           AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0) \
         FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace ORDER BY 1",
    )
    .fetch_all(&mut guards.owner)
    .await
    .unwrap();
    let expected = ["make_coming_partitions", "record_release"].map(|name| (name.to_owned(), true, 0, false));
    assert_eq!(
        functions, expected,
        "name, whether it has a fixed search path, arguments, whether everybody may call it"
    );
}
