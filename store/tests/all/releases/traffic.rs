//! Share, gates and returning to traffic: each change requires a second person, and each is recorded in the history.

use super::*;

const WHO_AND_WHEN: &str = "a change of share or gates names who made it and when";
const ONLY_REVOPS: &str = "only RevOps may give a release leads or other gates";
const ENTERED: &str = "who moved a release to its stage, when and why never changes";

/// Returns SQL that moves a release to a stage, as this person.
fn moved_by(who: &str, stage: &str, what: &str) -> String {
    format!(
        "UPDATE releases SET stage = '{stage}', stage_since = clock_timestamp(), stage_by = '{who}'{what} WHERE number = $1"
    )
}

impl Office {
    async fn owner_does(&self, statement: &str, release: i64) {
        let mut owner = self.database.owner().await;
        sqlx::query(AssertSqlSafe(statement)).bind(release).execute(&mut owner).await.unwrap();
    }

    /// Creates an approved release and moves it to review with a tenth of the leads.
    async fn in_review(&self) -> i64 {
        let number = self.approved(&["A", "B"]).await;
        let other = self.other.who.to_string();
        for (stage, what) in
            [("simulation", ""), ("shadow", ""), ("assign_review", ", share = 10, stage_why = 'Ready'")]
        {
            self.owner_does(&moved_by(&other, stage, what), number).await;
        }
        number
    }

    async fn deactivated(&self) -> Actor {
        let left = person(self.store(), "Dan", &[Role::Revops, Role::RevopsLead]).await;
        let sql = "UPDATE people SET disabled_at = now() WHERE id = $1";
        sqlx::query(sql).bind(id_of(&left)).execute(self.store().pool()).await.unwrap();
        left
    }
}

#[tokio::test]
async fn traffic_grows_by_another_person_of_revops_only() {
    let office = Office::open().await;
    let number = office.in_review().await;
    let mut owner = office.database.owner().await;
    let left = office.deactivated().await;
    let editor = "you edited this change, so someone else must give it leads or other gates";
    let author = office.author.who.to_string();
    let other = office.other.who.to_string();
    let mut attempts: Vec<(String, &str)> = vec![
        ("UPDATE releases SET share = 11 WHERE number = $1".into(), WHO_AND_WHEN),
        ("UPDATE releases SET gates = '{\"leads\": 1}' WHERE number = $1".into(), WHO_AND_WHEN),
        (format!("UPDATE releases SET share = 11, share_by = '{other}' WHERE number = $1"), WHO_AND_WHEN),
        (
            format!(
                "UPDATE releases SET share = 11, share_by = '{other}', share_since = stage_since WHERE number = $1"
            ),
            WHO_AND_WHEN,
        ),
        (set_by(&office.other, "stage_why = 'x'"), ENTERED),
        (set_by(&office.other, "gates = gates"), "share and gates did not change"),
        (
            format!(
                "UPDATE releases SET stage = 'rollout', stage_by = '{other}', share_by = '{other}', share_since = clock_timestamp() WHERE number = $1"
            ),
            "share and gates did not change",
        ),
        (moved_by(&author, "rollout", ""), editor),
        (moved_by("command:test", "rollout", ""), ONLY_REVOPS),
    ];
    for what in ["share = 11", "gates = '{\"leads\": 1}'"] {
        for who in [&office.manager, &left, &Actor::command("test")] {
            attempts.push((set_by(who, what), ONLY_REVOPS));
        }
        attempts.push((set_by(&office.author, what), editor));
    }
    for column in ["stage_since = now()", "stage_by = 'x'", "stage_why = 'x'"] {
        attempts.push((format!("UPDATE releases SET {column} WHERE number = $1"), ENTERED));
    }
    for (statement, said) in &attempts {
        refuses(&mut owner, number, &[(statement, RESTRICT, said)]).await;
    }
    // Reducing the share is safe, so a program may do it.
    office.owner_does(&set_by(&Actor::command("guardrail"), "share = 5"), number).await;
    office.owner_does(&set_by(&office.other, "share = 20"), number).await;
    let earlier =
        "UPDATE releases SET share = 19, share_since = stage_since + interval '1 us' WHERE number = $1";
    refuses(&mut owner, number, &[(earlier, RESTRICT, WHO_AND_WHEN)]).await;
    for column in ["share_by = 'x'", "share_since = clock_timestamp()"] {
        let alone = format!("UPDATE releases SET {column} WHERE number = $1");
        refuses(&mut owner, number, &[(&alone, RESTRICT, "share and gates did not change")]).await;
    }
    // Having edited a different change does not matter.
    let (another, _) = office.approved_change("partners", &["P"]).await;
    let mut connection = office.store().pool().acquire().await.unwrap();
    changes::add_editor(&mut connection, another, id_of(&office.other).into()).await.unwrap();
    office.owner_does(&set_by(&office.other, "share = 30"), number).await;
}

#[tokio::test]
async fn a_pause_keeps_the_stage_it_began_in() {
    let office = Office::open().await;
    let number = office.in_review().await;
    let other = office.other.who.to_string();
    office.owner_does(&moved_by(&other, "paused", ", paused_from = 'assign_review'"), number).await;
    let mut owner = office.database.owner().await;
    let attempt = "UPDATE releases SET paused_from = 'rollout' WHERE number = $1";
    refuses(&mut owner, number, &[(attempt, RESTRICT, ENTERED)]).await;
    let author = moved_by(&office.author.who.to_string(), "assign_review", ", paused_from = NULL");
    let said = "you edited this change, so someone else must give it leads or other gates";
    refuses(&mut owner, number, &[(&author, RESTRICT, said)]).await;
    office.owner_does(&moved_by(&other, "assign_review", ", paused_from = NULL"), number).await;
}

#[tokio::test]
async fn every_change_of_share_or_gates_is_a_step_of_the_history() {
    let office = Office::open().await;
    let number = office.in_review().await;
    office.owner_does(&set_by(&office.other, "share = 20"), number).await;
    office.owner_does(&set_by(&office.other, "gates = '{\"leads\": 50}'"), number).await;
    let live_gates = set_by(&office.other, "gates = '{\"leads\": 60}'");
    office.owner_does("UPDATE releases SET share = share WHERE number = $1", number).await;
    office.owner_does(&moved_by(&office.other.who.to_string(), "rollout", ", stage_why = ''"), number).await;
    assert_eq!(office.read(number).await.live_since, None, "it was not live yet");
    office.go_live(&office.other, number).await.unwrap();
    let live_since = office.read(number).await.live_since;
    office.owner_does(&live_gates, number).await;
    let release = office.read(number).await;
    assert_eq!(release.live_since, live_since, "it has been live all the time");
    let mut connection = office.store().pool().acquire().await.unwrap();
    let steps = releases::history(&mut connection, release.id).await.unwrap();
    let rows: Vec<(String, Option<i16>)> =
        steps.iter().map(|step| (step.stage.to_string(), step.share)).collect();
    let wanted = [
        ("approved", 0),
        ("simulation", 0),
        ("shadow", 0),
        ("assign_review", 10),
        ("assign_review", 20),
        ("assign_review", 20),
        ("rollout", 20),
        ("live", 100),
        ("live", 100),
    ];
    let wanted: Vec<(String, Option<i16>)> =
        wanted.iter().map(|(stage, share)| ((*stage).to_owned(), Some(*share))).collect();
    assert_eq!(rows, wanted);
    assert!(steps[1..].iter().all(|step| step.by == office.other.who.to_string()), "{steps:?}");
    assert!(steps.windows(2).all(|pair| pair[0].at < pair[1].at), "{steps:?}");
    let why: Vec<&str> = steps.iter().map(|step| step.why.as_str()).filter(|why| !why.is_empty()).collect();
    assert_eq!(why, ["Ready"], "a stage's reason is that of the move");
    let gates: Vec<serde_json::Value> =
        sqlx::query_scalar("SELECT gates FROM release_history WHERE release_id = $1 ORDER BY step")
            .bind(release.id.0)
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    let leads: Vec<Option<i64>> = gates.iter().map(|gates| gates["leads"].as_i64()).collect();
    assert_eq!(leads, [None, None, None, None, None, Some(50), Some(50), Some(50), Some(60)]);
}

#[tokio::test]
async fn a_release_comes_back_only_when_what_took_its_place_was_rolled_back_and_by_those_who_may() {
    let office = Office::open().await;
    let first = office.live().await;
    let second = office.approved(&["A", "B"]).await;
    office.go_live(&office.other, second).await.unwrap();
    let third = office.approved(&["A", "B", "C"]).await;
    office.go_live(&office.other, third).await.unwrap();
    office.owner_does("UPDATE releases SET share = share WHERE number = $1", first).await;
    let lead = person(office.store(), "Lea", &[Role::RevopsLead]).await;
    let left = office.deactivated().await;
    let mut owner = office.database.owner().await;
    let after = "a release is live again only after the one that took its place was rolled back";
    let who = "only RevOps or the RevOps lead may make a release live again";
    let mut attempt = async |restored: i64, by: &Actor| -> Result<(), String> {
        let mut tx = owner.begin().await.unwrap();
        let back = moved_by("command:test", "rolled_back", ", share = 0");
        sqlx::query(AssertSqlSafe(back)).bind(third).execute(&mut *tx).await.unwrap();
        let live = moved_by(&by.who.to_string(), "live", ", share = 100");
        let done = sqlx::query(AssertSqlSafe(live)).bind(restored).execute(&mut *tx).await;
        tx.rollback().await.unwrap();
        done.map(|_| ()).map_err(|error| {
            let error = error.into_database_error().unwrap();
            assert_eq!(error.code().as_deref(), Some(RESTRICT));
            error.message().to_owned()
        })
    };
    assert_eq!(
        attempt(first, &lead).await,
        Err(after.to_owned()),
        "second took its place and was not rolled back"
    );
    for nobody in [&office.manager, &left] {
        assert_eq!(attempt(second, nobody).await, Err(who.to_owned()));
    }
    for somebody in [&lead, &office.other, &office.author, &Actor::command("rollback")] {
        assert_eq!(attempt(second, somebody).await, Ok(()));
    }
}
