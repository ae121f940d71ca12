//! Moves between stages.

use super::*;

#[tokio::test]
async fn the_database_and_the_engine_have_the_same_moves() {
    let office = Office::open().await;
    let mut owner = office.database.owner().await;
    for &from in Stage::VARIANTS {
        for &to in Stage::VARIANTS {
            let may: bool = sqlx::query_scalar("SELECT release_may_move($1, $2)")
                .bind(<&str>::from(from))
                .bind(<&str>::from(to))
                .fetch_one(&mut owner)
                .await
                .unwrap();
            assert_eq!(may, may_move(from, to), "{from} {to}");
        }
    }
}

#[tokio::test]
async fn a_pause_ends_where_it_began_and_only_what_was_live_is_restored() {
    let office = Office::open().await;
    let number = office.approved(&["A", "B"]).await;
    for (act, to) in [
        (ReleaseAction::Simulate, Stage::Simulation),
        (ReleaseAction::StartShadow, Stage::Shadow),
        (ReleaseAction::Pause, Stage::Paused),
    ] {
        let mut tx = office.store().begin().await.unwrap();
        let release = releases::locked(&mut tx, number).await.unwrap();
        releases::move_to(&mut tx, &now(&office.other), &release, act, to, "", None).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(office.read(number).await.paused_from, Some(Stage::Shadow));
    let mut owner = office.database.owner().await;
    refuses(
        &mut owner,
        number,
        &[(
            "UPDATE releases SET stage = 'rollout', paused_from = NULL WHERE number = $1",
            RESTRICT,
            "a release that is paused does not become rollout",
        )],
    )
    .await;
    let resume = "UPDATE releases SET stage = 'shadow', paused_from = NULL WHERE number = $1";
    sqlx::query(resume).bind(number).execute(&mut owner).await.unwrap();
    refuses(
        &mut owner,
        number,
        &[(
            "UPDATE releases SET stage = 'paused', paused_from = 'rollout' WHERE number = $1",
            RESTRICT,
            "a release that is shadow does not become paused",
        )],
    )
    .await;
    sqlx::query("UPDATE releases SET stage = 'retired' WHERE number = $1")
        .bind(number)
        .execute(&mut owner)
        .await
        .unwrap();
    refuses(
        &mut owner,
        number,
        &[(
            "UPDATE releases SET stage = 'live', share = 100 WHERE number = $1",
            RESTRICT,
            "a release that is retired does not become live",
        )],
    )
    .await;
}

#[tokio::test]
async fn what_was_live_comes_back_after_a_rollback() {
    let office = Office::open().await;
    let first = office.live().await;
    let number = office.approved(&["A", "B"]).await;
    office.go_live(&office.other, number).await.unwrap();
    let mut owner = office.database.owner().await;
    let mut tx = owner.begin().await.unwrap();
    for (statement, release) in [
        (
            "UPDATE releases SET stage = 'rolled_back', share = 0, stage_since = now(), stage_by = 'x' WHERE number = $1",
            number,
        ),
        (
            "UPDATE releases SET stage = 'live', share = 100, stage_since = now(), stage_by = 'command:test' WHERE number = $1",
            first,
        ),
    ] {
        sqlx::query(statement).bind(release).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(office.live().await, first);
    assert_eq!(office.read(first).await.replaced_by, None);
    assert_eq!(office.read(number).await.stage, Stage::RolledBack);
}
