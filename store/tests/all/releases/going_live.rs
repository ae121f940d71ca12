//! Going live: the permitted people and the permitted bundles.

use super::*;

#[tokio::test]
async fn an_approved_release_goes_live_and_replaces_the_one_before_in_one_step() {
    let office = Office::open().await;
    let first = office.live().await;
    let number = office.approved(&["A", "B"]).await;
    assert_eq!(office.live().await, first, "approved is not live");
    office.go_live(&office.other, number).await.unwrap();
    assert_eq!(office.live().await, number);
    let (before, release) = (office.read(first).await, office.read(number).await);
    assert_eq!((before.stage, before.replaced_by, before.share), (Stage::Retired, Some(number), 0));
    assert_eq!((release.stage, release.share), (Stage::Live, 100));
    assert!(release.live_since > Some(release.stage_since), "by the clock of the database: {release:?}");
    assert_eq!(release.base_bundle, Some(before.bundle));
    let mut connection = office.store().pool().acquire().await.unwrap();
    let steps = releases::history(&mut connection, release.id).await.unwrap();
    let stages: Vec<Stage> = steps.iter().map(|step| step.stage).collect();
    assert_eq!(stages, [Stage::Approved, Stage::Live]);
    assert_eq!((steps[0].by.as_str(), &steps[1].by), ("command:demo", &office.other.who.to_string()));
    let parts = releases::parts(&mut connection, release.id).await.unwrap();
    assert_eq!(parts.len(), 1);
    assert_eq!((parts[0].name.as_str(), parts[0].version, parts[0].replaces), ("tam", Some(2), Some(1)));
    let acts: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_log WHERE subject = $1 ORDER BY action")
            .bind(format!("release:{number}"))
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    assert_eq!(acts, ["release.create", "release.go_live"]);
}

#[tokio::test]
async fn nobody_goes_live_alone_nor_without_every_approval_of_this_bundle() {
    let office = Office::open().await;
    let (change, version) = office.approved_change("tam", &["A", "B"]).await;
    let number = office.release(change, &[version]).await;
    let go = async |actor: &Actor| refused(office.go_live(actor, number).await);
    assert_eq!(go(&office.other).await, "not every required role has approved this bundle");
    let release = office.read(number).await;
    let mut connection = office.store().pool().acquire().await.unwrap();
    releases::carry_approvals(&mut connection, release.id).await.unwrap();
    assert_eq!(go(&office.author).await, "you edited this change, so someone else must go live with it");
    assert_eq!(
        go(&office.manager).await,
        "only RevOps may go live with a release, a day after the role was given or once it is confirmed"
    );
    assert_eq!(
        go(&Actor::command("demo")).await,
        "only RevOps may go live with a release, a day after the role was given or once it is confirmed"
    );
    let left = person(office.store(), "Dan", &[Role::Revops]).await;
    sqlx::query("UPDATE people SET disabled_at = now() WHERE id = $1")
        .bind(id_of(&left))
        .execute(office.store().pool())
        .await
        .unwrap();
    assert_eq!(
        go(&left).await,
        "only RevOps may go live with a release, a day after the role was given or once it is confirmed"
    );
    office.go_live(&office.other, number).await.unwrap();
}

#[tokio::test]
async fn a_part_that_nobody_approved_does_not_go_live_in_a_change_of_another() {
    let office = Office::open().await;
    let (change, version) = office.approved_change("tam", &["A", "B"]).await;
    let begun = {
        let mut tx = office.store().begin().await.unwrap();
        let command = Actor::command("apply");
        let body = json!({ "entries": ["Evil"] });
        let id = workflows::begin(&mut tx, &command, Kind::List, "partners", &body).await.unwrap().0;
        tx.commit().await.unwrap();
        id
    };
    let number = office.release(change, &[version, begun]).await;
    let release = office.read(number).await;
    releases::carry_approvals(&mut office.store().pool().acquire().await.unwrap(), release.id).await.unwrap();
    let why = refused(office.go_live(&office.other, number).await);
    assert_eq!(why, "a part of this release was never approved");
    // The list is accepted once its content has been approved through its own change.
    let (_, partners) = office.approved_change("partners", &["Fine"]).await;
    let number = office.release(change, &[version, partners]).await;
    let release = office.read(number).await;
    releases::carry_approvals(&mut office.store().pool().acquire().await.unwrap(), release.id).await.unwrap();
    office.go_live(&office.other, number).await.unwrap();
}

#[tokio::test]
async fn a_first_release_goes_live_once_and_its_waiver_is_in_the_audit_log() {
    let office = Office::open().await;
    let command = Actor::command("demo");
    let mut tx = office.store().begin().await.unwrap();
    let bundle =
        workflows::assemble(&mut tx, &command, office.workflow, "form", &[office.first]).await.unwrap();
    let second = workflows::save(&mut tx, &command, "other", "Other", &WorkflowDefinition::default(), &[])
        .await
        .unwrap();
    let elsewhere = workflows::assemble(&mut tx, &command, second, "other", &[office.first]).await.unwrap();
    let (_, again) =
        create(&mut tx, office.workflow, ReleaseOrigin::Waiver("again"), bundle, Some(bundle)).await;
    let (_, first) = create(&mut tx, second, ReleaseOrigin::Waiver("first"), elsewhere, None).await;
    releases::waive(&mut tx, &command, again, "again").await.unwrap();
    tx.commit().await.unwrap();
    let why = refused(office.go_live(&command, again).await);
    assert_eq!(why, "this workflow has been live, so its releases need approval");
    let why = refused(office.go_live(&command, first).await);
    assert_eq!(why, "the waiver of this release is not in the audit log");
    releases::waive(&mut office.store().pool().acquire().await.unwrap(), &command, first, "first")
        .await
        .unwrap();
    office.go_live(&command, first).await.unwrap();
}
