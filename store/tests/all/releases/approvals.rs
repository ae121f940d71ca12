//! Approvals: each one covers one bundle, and each role requires a different person.

use super::*;

#[tokio::test]
async fn an_approval_is_of_one_bundle_by_another_person_in_each_role() {
    let office = Office::open().await;
    let (change, version) = office.approved_change("tam", &["A", "B"]).await;
    let number = office.release(change, &[version]).await;
    let release = office.read(number).await;
    let both = person(office.store(), "Dan", &[Role::Revops, Role::AeRepLeader]).await;
    let refuse =
        async |actor: &Actor, seen: &Digest, role| refused(office.approve(actor, number, seen, role).await);
    let seen = release.bundle;
    let base = release.base_bundle.unwrap();
    assert_eq!(
        refuse(&office.other, &base, Role::Revops).await,
        "this release was rebuilt after you opened it"
    );
    assert_eq!(
        refuse(&office.author, &seen, Role::Revops).await,
        "you edited this change, so someone else must approve it"
    );
    assert_eq!(
        refuse(&office.other, &seen, Role::Enablement).await,
        "this release does not need approval in that role"
    );
    let sdr = person(office.store(), "Sam", &[Role::Sdr]).await;
    assert_eq!(
        refuse(&sdr, &seen, Role::Revops).await,
        "the person does not hold the role of this approval, or not for long enough"
    );
    office.approve(&both, number, &seen, Role::Revops).await.unwrap();
    assert_eq!(
        refuse(&both, &seen, Role::AeRepLeader).await,
        "you have already approved this in another role"
    );
    assert_eq!(refuse(&office.other, &seen, Role::Revops).await, "RevOps has already approved this");
    assert_eq!(office.missing(number).await, [Role::AeRepLeader]);
    office.approve(&office.manager, number, &seen, Role::AeRepLeader).await.unwrap();
    let mut owner = office.database.owner().await;
    refuses(
        &mut owner,
        number,
        &[
            (
                "UPDATE release_approvals SET role = 'sdr' WHERE $1 > 0",
                RESTRICT,
                "UPDATE on release_approvals is refused: its rows are written once",
            ),
            (
                "DELETE FROM release_approvals WHERE $1 > 0",
                RESTRICT,
                "DELETE on release_approvals is refused: its rows are written once",
            ),
        ],
    )
    .await;
    office.go_live(&office.other, number).await.unwrap();
    assert_eq!(refuse(&both, &seen, Role::Revops).await, "this release no longer needs approval");
}

#[tokio::test]
async fn a_rebuilt_bundle_is_approved_again_and_earlier_approvals_of_the_change_do_not_count() {
    let office = Office::open().await;
    let (change, version) = office.approved_change("partners", &["P"]).await;
    let late = office.release(change, &[office.first, version]).await;
    let mut connection = office.store().pool().acquire().await.unwrap();
    let release = office.read(late).await;
    office.approve_in_both_roles(late).await;
    let first = office.approved(&["A", "B"]).await;
    office.go_live(&office.other, first).await.unwrap();
    assert_eq!(
        refused(office.go_live(&office.other, late).await),
        "this release was built on another bundle than the live one"
    );
    // Rebuilt on the live bundle, the release has another hash and no approval.
    let live = office.read(first).await;
    let tam: Uuid = sqlx::query_scalar("SELECT id FROM versions WHERE name = 'tam' AND version = 2")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    let mut ids = [tam, version];
    ids.sort_unstable();
    let command = Actor::command("demo");
    let bundle = workflows::assemble(&mut connection, &command, office.workflow, "form", &ids).await.unwrap();
    releases::rebuild(&mut connection, &now(&office.other), &release, &bundle, &live.bundle).await.unwrap();
    releases::carry_approvals(&mut connection, release.id).await.unwrap();
    assert_eq!(office.missing(late).await, [Role::Revops, Role::AeRepLeader]);
    assert_eq!(
        refused(office.go_live(&office.other, late).await),
        "not every required role has approved this bundle"
    );
    office.approve(&office.other, late, &bundle, Role::Revops).await.unwrap();
    office.approve(&office.manager, late, &bundle, Role::AeRepLeader).await.unwrap();
    office.go_live(&office.other, late).await.unwrap();
    let steps = releases::history(&mut connection, release.id).await.unwrap();
    let bundles: Vec<(Stage, Digest)> = steps.iter().map(|step| (step.stage, step.bundle)).collect();
    assert_eq!(
        bundles,
        [(Stage::Approved, release.bundle), (Stage::Approved, bundle), (Stage::Live, bundle)],
        "the history has the rebuild"
    );
    let parts = releases::parts(&mut connection, release.id).await.unwrap();
    let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["partners"], "only its own part differs from what is live");
}

#[tokio::test]
async fn an_approval_of_the_change_counts_also_when_the_person_has_lost_the_role_but_not_for_a_later_live_release()
 {
    let office = Office::open().await;
    let (change, version) = office.approved_change("tam", &["A", "B"]).await;
    let (other_change, other_version) = office.approved_change("partners", &["P"]).await;
    sqlx::query("DELETE FROM person_roles WHERE person_id = $1")
        .bind(id_of(&office.manager))
        .execute(office.store().pool())
        .await
        .unwrap();
    let mut connection = office.store().pool().acquire().await.unwrap();
    let number = office.release(change, &[version]).await;
    releases::carry_approvals(&mut connection, office.read(number).await.id).await.unwrap();
    assert_eq!(office.missing(number).await, []);
    office.go_live(&office.other, number).await.unwrap();
    let late = office.release(other_change, &[version, other_version]).await;
    let release = office.read(late).await;
    releases::carry_approvals(&mut connection, release.id).await.unwrap();
    assert_eq!(office.missing(late).await, [Role::Revops, Role::AeRepLeader]);
    let why = refused(office.approve(&office.manager, late, &release.bundle, Role::AeRepLeader).await);
    assert_eq!(why, "the person does not hold the role of this approval, or not for long enough");
}
