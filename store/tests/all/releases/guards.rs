//! The guards of a release: which updates the owner cannot make, and which columns never change.

use super::*;

#[tokio::test]
async fn the_owner_is_refused_what_would_go_live_unapproved() {
    let office = Office::open().await;
    let number = office.approved(&["A", "B"]).await;
    let mut owner = office.database.owner().await;
    let other = office.other.who.to_string();
    let alone = format!(
        "UPDATE releases SET stage = 'live', share = 100, stage_since = now(), stage_by = '{other}' WHERE number = $1"
    );
    refuses(
        &mut owner,
        number,
        &[
            (&alone, RESTRICT, "this release was built on another bundle than the live one"),
            (
                "UPDATE releases r SET stage = 'retired', share = 0, replaced_by = n.id FROM releases n WHERE n.number = $1 AND r.stage = 'live'",
                RESTRICT,
                "a workflow that is live keeps a live release",
            ),
            (
                "UPDATE releases SET stage = 'rolled_back', share = 0 WHERE stage = 'live' AND number <> $1",
                RESTRICT,
                "a workflow that is live keeps a live release",
            ),
            (
                "UPDATE releases SET stage = 'shadow' WHERE number = $1",
                RESTRICT,
                "a release that is approved does not become shadow",
            ),
            ("DELETE FROM releases WHERE number = $1", RESTRICT, "DELETE on releases is refused: its rows are written once"),
        ],
    )
    .await;
    office.go_live(&office.other, number).await.unwrap();
    let set = |what: &str| set_by(&office.other, what);
    refuses(
        &mut owner,
        number,
        &[
            (
                "UPDATE releases SET stage = 'live', share = 100 WHERE stage = 'retired' AND number <> $1",
                RESTRICT,
                "a release is live again only after the one that took its place was rolled back",
            ),
            (
                "UPDATE releases SET bundle = base_bundle WHERE number = $1",
                RESTRICT,
                "a release that is live is not rebuilt",
            ),
            (&set("share = 50"), "23514", "releases_live_has_all_leads"),
            (&set("gates = '[]'"), "23514", "releases_gates_is_object"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_release_begins_as_approved_from_one_origin_and_stays_what_it_is() {
    let office = Office::open().await;
    let (change, version) = office.approved_change("tam", &["A", "B"]).await;
    let number = office.release(change, &[version]).await;
    let submitted = {
        let mut connection = office.store().pool().acquire().await.unwrap();
        let draft = NewDraft {
            kind: Kind::List,
            name: "tam",
            base: 2,
            source: "",
            body: None,
            author: None,
            title: "",
            why: "",
            started_from: None,
        };
        changes::insert(&mut connection, &Actor::command("apply"), draft).await.unwrap().0
    };
    let mut owner = office.database.owner().await;
    let insert = |columns: &str, values: &str| {
        format!(
            "INSERT INTO releases (id, workflow_id, bundle, base_bundle, built_at, built_by, stage_since, stage_by, in_flight, created_at, created_by, {columns}) \
             SELECT gen_random_uuid(), workflow_id, bundle, base_bundle, now(), 'x', now(), 'x', 'finish_old', now(), 'x', {values} FROM releases WHERE number = $1"
        )
    };
    let begins = "a release begins as approved";
    let fixed = "what a release is never changes";
    let attempts = [
        (insert("change_id, stage, share, live_since", "change_id, 'live', 100, now()"), RESTRICT, begins),
        (insert("change_id, stage, live_since", "change_id, 'approved', now()"), RESTRICT, begins),
        (insert("change_id, stage, replaced_by", "change_id, 'approved', id"), RESTRICT, begins),
        (
            insert("change_id, stage", &format!("'{submitted}', 'approved'")),
            RESTRICT,
            "the change of this release is not approved",
        ),
        (insert("stage", "'approved'"), "23514", "releases_come_from_a_change_or_a_waiver"),
        (
            insert("stage, change_id, waiver", "'approved', change_id, 'both'"),
            "23514",
            "releases_come_from_a_change_or_a_waiver",
        ),
        ("UPDATE releases SET in_flight = 'decide_again' WHERE number = $1".into(), RESTRICT, fixed),
        ("UPDATE releases SET created_by = 'x' WHERE number = $1".into(), RESTRICT, fixed),
        ("UPDATE releases SET live_since = now() WHERE number = $1".into(), RESTRICT, fixed),
        (
            "UPDATE releases SET replaced_by = id WHERE number = $1".into(),
            RESTRICT,
            "a release is replaced when it retires",
        ),
        (
            "UPDATE releases SET stage = 'suspended', base_bundle = NULL WHERE number = $1".into(),
            RESTRICT,
            "a release that is approved is not rebuilt",
        ),
        (
            "UPDATE releases SET stage = 'simulation', paused_from = 'shadow' WHERE number = $1".into(),
            "23514",
            "releases_paused_from_a_stage",
        ),
        (set_by(&office.other, "share = 101"), "23514", "releases_share_is_percent"),
        (
            insert("change_id, stage, share", "change_id, 'approved', 1"),
            RESTRICT,
            "a release begins without leads",
        ),
        (
            insert("change_id, stage, share_by, share_since", "change_id, 'approved', 'x', now()"),
            RESTRICT,
            "a release begins without leads",
        ),
        (
            "UPDATE release_history SET why = 'x' WHERE step = $1 OR true".into(),
            RESTRICT,
            "UPDATE on release_history is refused: its rows are written once",
        ),
    ];
    for (statement, code, said) in &attempts {
        refuses(&mut owner, number, &[(statement, code, said)]).await;
    }
    let (sql, other) = (insert("change_id, stage", "change_id, 'approved'"), office.workflow.0);
    let foreign = sql.replace(
        "SELECT gen_random_uuid(), workflow_id",
        &format!("SELECT gen_random_uuid(), (SELECT id FROM workflows WHERE id <> '{other}')"),
    );
    let command = Actor::command("demo");
    let mut connection = office.store().pool().acquire().await.unwrap();
    workflows::save(&mut connection, &command, "other", "Other", &Definition::default(), &[]).await.unwrap();
    refuses(&mut owner, number, &[(&foreign, "23503", "releases_bundle_fkey")]).await;
    let written = sqlx::query("INSERT INTO release_history (release_id, step, stage, bundle, at, by_whom, why) SELECT id, 9, 'live', bundle, now(), 'x', '' FROM releases")
        .execute(office.store().pool())
        .await
        .unwrap_err();
    assert_eq!(
        written.as_database_error().unwrap().code().unwrap(),
        "42501",
        "nobody writes the history by hand"
    );
}
