//! `check_version`: which content becomes a version. Versions and bundles never change.

use super::support::{BEN, CHANGE, CLEO, Guards, OTHER, UNIQUE, approve, draft, sign, submit, version};

const UNSIGNED: &str = "not every role that has to sign has signed";
const THIS: &str = "'list', 'tam', 1, sha256('Initech')";

fn this() -> String {
    format!("'{CHANGE}'")
}

/// Creates a submitted change, and another one approved in both roles.
async fn signed_and_unsigned() -> Guards {
    let setup = [
        draft(CHANGE, "tam"),
        submit(CHANGE),
        draft(OTHER, "partners"),
        submit(OTHER),
        sign(CHANGE, BEN, "revops"),
        sign(CHANGE, CLEO, "ae_rep_leader"),
    ];
    Guards::open(&setup.concat()).await
}

#[tokio::test]
async fn a_version_has_the_content_of_an_approved_change() {
    let mut guards = signed_and_unsigned().await;
    guards.would_accept(&version(&this(), THIS)).await;
    for other in [
        "'pool', 'tam', 1, sha256('Initech')",
        "'list', 'other', 1, sha256('Initech')",
        "'list', 'tam', 2, sha256('Initech')",
        "'list', 'tam', 1, sha256('Globex')",
        // The content of the other change, which is not approved.
        "'list', 'partners', 1, sha256('Initech')",
    ] {
        guards.refuses(&version(&this(), other), UNSIGNED).await;
    }
    let unsigned = version(&format!("'{OTHER}'"), "'list', 'partners', 1, sha256('Initech')");
    guards.refuses(&unsigned, UNSIGNED).await;
    let unknown = version("gen_random_uuid()", THIS);
    guards.refuses(&unknown, UNSIGNED).await;
}

#[tokio::test]
async fn a_returned_or_withdrawn_change_creates_no_version() {
    for state in ["returned", "withdrawn"] {
        let mut guards = signed_and_unsigned().await;
        guards
            .accepts(&format!(
                "UPDATE changes SET state = '{state}', closed_at = now() WHERE id = '{CHANGE}'"
            ))
            .await;
        guards.refuses(&version(&this(), THIS), UNSIGNED).await;
    }
}

#[tokio::test]
async fn a_change_creates_one_version() {
    let mut guards = signed_and_unsigned().await;
    guards.accepts(&version(&this(), THIS)).await;
    // The approval check passes in both states; its version exists already.
    guards.violates(&version(&this(), THIS), UNIQUE, "versions_kind_name_version_key").await;
    guards.accepts(&approve(CHANGE)).await;
    guards.violates(&version(&this(), THIS), UNIQUE, "versions_kind_name_version_key").await;
}

#[tokio::test]
async fn parts_of_a_live_workflow_change_only_by_approval() {
    let version_of = |name: &str| format!("ARRAY[(SELECT id FROM versions WHERE name = '{name}')]");
    let setup = format!(
        "{}{}
         INSERT INTO workflows (id, name, title, definition, created_at) VALUES ('{CHANGE}', 'inbound', 'Inbound', '{{}}', now());
         INSERT INTO bundles (hash, workflow_id, manifest, version_ids, created_at) VALUES (sha256('live'), '{CHANGE}', '{{}}', {}, now());
         INSERT INTO bundles (hash, workflow_id, manifest, version_ids, created_at) VALUES (sha256('old'), '{CHANGE}', '{{}}', {}, now());",
        version("NULL", THIS),
        version("NULL", "'list', 'partners', 1, sha256('Initech')"),
        version_of("tam"),
        version_of("partners"),
    );
    let mut guards = Guards::open(&setup).await;
    let next = version("NULL", "'list', 'tam', 2, sha256('Globex')");
    // Nothing is live yet.
    guards.would_accept(&next).await;
    let release = |bundle: &str, stage: &str, share: u8| {
        format!(
            "INSERT INTO releases (id, workflow_id, waiver, bundle, built_at, built_by, stage, stage_since, stage_by, share, in_flight, live_since, created_at, created_by)
             VALUES (gen_random_uuid(), '{CHANGE}', 'A test', sha256('{bundle}'), now(), 'test', '{stage}', now(), 'test', {share}, 'finish_old', now(), now(), 'test');"
        )
    };
    guards.unguarded(&(release("live", "live", 100) + &release("old", "retired", 0))).await;
    guards.refuses(&next, "a live workflow decides by it: this needs a change that was signed").await;
    for free in [
        "'pool', 'tam', 1, sha256('Globex')",
        "'list', 'other', 1, sha256('Globex')",
        // Part of a bundle, but not of the live one.
        "'list', 'partners', 2, sha256('Globex')",
    ] {
        guards.would_accept(&version("NULL", free)).await;
    }
    guards.is_written_once("UPDATE", "bundles", "UPDATE bundles SET version_ids = '{}'").await;
    guards.is_written_once("DELETE", "bundles", "DELETE FROM bundles WHERE hash = sha256('old')").await;
    guards.is_written_once("UPDATE", "versions", "UPDATE versions SET body = '[]'").await;
    guards.is_written_once("DELETE", "versions", "DELETE FROM versions").await;
}
