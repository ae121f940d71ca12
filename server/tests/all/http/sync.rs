//! Actions on the sync pages: pausing, retrying, running a job.

use chrono::Utc;
use engine::ids::{DestinationId, EffectId};
use engine::sync::flow::Pace;
use reqwest::StatusCode;
use serde_json::json;
use store::Actor;
use store::actor::Role;
use store::sync::fixture::NewEffect;
use store::sync::{destinations, fixture, jobs};

use super::runs::over;
use crate::support::{Browser, TestApp, location};

/// Returns the audit log's entries about syncs, in order.
async fn audited(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT action || ' ' || subject || ' ' || coalesce(detail->>'reason', '') FROM audit_log \
         WHERE action LIKE ANY (ARRAY['destination.pause', 'destination.resume', 'effect.%', 'job.%']) ORDER BY id",
    )
    .fetch_all(app.store().pool())
    .await
    .unwrap()
}

async fn reason(app: &TestApp, name: &str) -> Option<String> {
    let all = destinations(app.store()).await.unwrap();
    all.into_iter().find(|destination| destination.name == name).unwrap().paused_reason
}

async fn text(browser: &mut Browser<'_>, path: &str) -> String {
    let page = browser.get(path).await;
    assert_eq!(page.status(), StatusCode::OK, "{path}");
    page.text().await.unwrap()
}

/// Creates a destination that is written to only manually, with one failed effect per error.
async fn failed(app: &TestApp, name: &str, errors: &[&str]) -> (DestinationId, Vec<EffectId>) {
    let destination = fixture::destination(app.store(), name, "webhook", &json!({}), None).await.unwrap();
    let mut effects = Vec::new();
    for error in errors {
        let lead = fixture::lead(app.store()).await.unwrap();
        let effect = fixture::effect(app.store(), destination, lead, 1).await.unwrap();
        sqlx::query("UPDATE outbox SET state = 'dead', attempts = 8, last_error = $2 WHERE effect_id = $1")
            .bind(effect.0)
            .bind(error)
            .execute(app.store().pool())
            .await
            .unwrap();
        effects.push(effect);
    }
    (destination, effects)
}

async fn states(app: &TestApp, destination: DestinationId) -> Vec<String> {
    sqlx::query_scalar("SELECT state FROM outbox WHERE destination_id = $1 ORDER BY effect_id, state")
        .bind(destination.0)
        .fetch_all(app.store().pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_destination_is_paused_with_a_reason_and_resumed() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("pavel@acme.example", &[Role::Integrations]).await;
    for empty in ["", "  \n "] {
        let fields = [("destination", "warehouse"), ("reason", empty)];
        let answer = browser.post("/actions/pause-destination", &fields).await;
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/sync"));
        assert_eq!(reason(&app, "warehouse").await, None);
        assert!(text(&mut browser, "/sync").await.contains("Give a reason, so that others know why."));
    }
    let long = "x".repeat(501);
    browser.post("/actions/pause-destination", &[("destination", "warehouse"), ("reason", &long)]).await;
    let page = text(&mut browser, "/sync").await;
    assert!(page.contains("The reason has 501 characters. Shorten it to 500 or fewer."));
    assert!(page.contains(&long), "the input is kept");

    let fields = [("destination", "warehouse"), ("reason", " Moving it.\n"), ("next", "/sync?x=1")];
    let answer = browser.post("/actions/pause-destination", &fields).await;
    assert_eq!(location(&answer), "/sync?x=1");
    assert_eq!(reason(&app, "warehouse").await.as_deref(), Some("Moving it."));
    // A second pause keeps the first reason and says so.
    browser.post("/actions/pause-destination", &[("destination", "warehouse"), ("reason", "Mine.")]).await;
    assert!(text(&mut browser, "/sync").await.contains("Warehouse is already paused: Moving it."));

    // Resuming asks for a reason of its own, on a page that says what happens.
    let confirm = "/sync/resume?destination=warehouse";
    let page = text(&mut browser, "/sync").await;
    assert!(page.contains(&format!("href=\"{confirm}\"")), "{page}");
    let answer = browser.post("/actions/resume-destination", &[("destination", "warehouse")]).await;
    assert_eq!(location(&answer), confirm);
    assert_eq!(reason(&app, "warehouse").await.as_deref(), Some("Moving it."));
    let page = text(&mut browser, confirm).await;
    assert!(page.contains("Give a reason, so that others know why.") && page.contains("Paused: Moving it."));
    assert!(page.contains("No actions are waiting."), "{page}");
    let fields = [("destination", "warehouse"), ("reason", "It has moved.")];
    assert_eq!(location(&browser.post("/actions/resume-destination", &fields).await), "/sync");
    assert_eq!(reason(&app, "warehouse").await, None);
    assert!(text(&mut browser, "/sync").await.contains("Warehouse is resumed."));
    browser.post("/actions/resume-destination", &fields).await;
    assert!(text(&mut browser, "/sync").await.contains("Warehouse is not paused."));
    assert_eq!(
        audited(&app).await,
        [
            "destination.pause destination:warehouse Moving it.",
            "destination.resume destination:warehouse It has moved."
        ]
    );
    assert!(text(&mut browser, confirm).await.contains("Warehouse is not paused."));
}

#[tokio::test]
async fn expired_actions_are_counted_and_announced_before_and_after_a_resume() {
    let app = TestApp::start().await;
    let store = app.store();
    let mut browser = app.signed_in("pavel@acme.example", &[Role::Integrations]).await;
    let spare = fixture::destination(store, "spare", "webhook", &json!({}), None).await.unwrap();
    store::sync::pause(store, &Actor::command("test"), spare, "Moving it.").await.unwrap();
    let hour = chrono::TimeDelta::hours(1);
    for (n, expires_at) in [(3, Utc::now() - hour), (2, Utc::now() + hour)] {
        for _ in 0..n {
            let lead = fixture::lead(store).await.unwrap();
            let new = NewEffect {
                destination: spare,
                lead,
                sequence: 1,
                kind: "lead_update",
                expires_at: Some(expires_at),
            };
            fixture::effects(store, &[new]).await.unwrap();
        }
    }
    let sync = text(&mut browser, "/sync").await;
    assert!(
        sync.contains("2 waiting, 3 expired")
            && sync.contains("3 actions to spare expired and were not sent.")
    );
    assert!(!sync.contains("Everything is delivered"));
    let home = text(&mut browser, "/").await;
    assert!(home.contains("3\u{a0}actions to spare expired and were not sent."), "{home}");
    assert!(home.contains("spare is paused. 2\u{a0}actions are waiting."), "{home}");
    let list = text(&mut browser, "/sync/effects?destination=spare&state=expired").await;
    assert_eq!(list.matches("Expired, not sent").count(), 3, "{list}");
    let waiting = text(&mut browser, "/sync/effects?destination=spare&state=waiting").await;
    assert_eq!(waiting.matches("Waiting, destination paused").count(), 2, "{waiting}");
    let confirm = text(&mut browser, "/sync/resume?destination=spare").await;
    assert!(confirm.contains("3 of 5 waiting actions have expired and will not be sent."), "{confirm}");
    assert!(confirm.contains("2 actions are sent immediately, oldest first."), "{confirm}");

    let fields = [("destination", "spare"), ("reason", "Moved.")];
    browser.post("/actions/resume-destination", &fields).await;
    let sync = text(&mut browser, "/sync").await;
    assert!(
        sync.contains("spare is resumed. 2 actions are being sent. 3 actions expired and are not sent."),
        "{sync}"
    );
    // The next claim closes them; they are still counted until a person has reviewed them.
    store::sync::claim(store, spare, &Pace::default(), Utc::now(), 500).await.unwrap();
    sqlx::query("DELETE FROM outbox").execute(store.pool()).await.unwrap();
    let sync = text(&mut browser, "/sync").await;
    assert!(sync.contains("3 actions to spare expired and were not sent."), "{sync}");
    assert!(!sync.contains("Everything is delivered"), "{sync}");
    let history = text(&mut browser, "/sync/history?destination=spare&state=expired").await;
    assert_eq!(history.matches("class=\"mono\"").count() - 1, 3, "{history}");
    browser.post("/actions/review-expired", &[("destination", "spare")]).await;
    let sync = text(&mut browser, "/sync").await;
    assert!(sync.contains("are marked as reviewed") && sync.contains("Everything is delivered"), "{sync}");
    assert!(!text(&mut browser, "/").await.contains("expired and were not sent."));
    let file = text(&mut browser, "/sync/history.csv?state=expired").await;
    assert_eq!(file.matches("Expired, not sent").count(), 3, "{file}");
}

#[tokio::test]
async fn unknown_targets_are_reported_and_nothing_is_done() {
    let app = TestApp::start().await;
    let (destination, _) = failed(&app, "spare", &["refused"]).await;
    let mut browser = app.signed_in("pavel@acme.example", &[Role::Integrations]).await;
    for (path, fields) in [
        ("/actions/pause-destination", [("destination", "nowhere"), ("reason", "x")]),
        ("/actions/resume-destination", [("destination", "nowhere"), ("x", "")]),
        // A misspelt destination never means all of them.
        ("/actions/replay-effects", [("destination", "spares"), ("error", "")]),
        ("/actions/replay-effect", [("effect", "no-id"), ("x", "")]),
        ("/actions/run-job", [("job", "sweep_the_floor"), ("x", "")]),
    ] {
        assert_eq!(browser.post(path, &fields).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let elsewhere = [("destination", "spare"), ("reason", "x"), ("next", "//evil.example")];
    assert_eq!(location(&browser.post("/actions/pause-destination", &elsewhere).await), "/sync");
    assert_eq!(states(&app, destination).await, ["dead"]);
}

#[tokio::test]
async fn a_failed_effect_is_retried_once() {
    let app = TestApp::start().await;
    let (destination, effects) = failed(&app, "spare", &["refused", "refused"]).await;
    let id = effects[0].to_string();
    let mut browser = app.signed_in("pavel@acme.example", &[Role::RevopsLead]).await;
    let list = "/sync/effects?state=failed&destination=spare";
    assert!(text(&mut browser, list).await.contains("Retry all 2"));
    let fields = [("effect", id.as_str()), ("next", list)];
    let answer = browser.post("/actions/replay-effect", &fields).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, list));
    assert!(text(&mut browser, list).await.contains("Retrying."));
    browser.post("/actions/replay-effect", &fields).await;
    assert!(text(&mut browser, list).await.contains("This action is no longer failed"));
    let mut states = states(&app, destination).await;
    states.sort();
    assert_eq!(states, ["dead", "ready"]);
    assert_eq!(audited(&app).await, [format!("effect.replay effect:{id} ")]);
    assert!(text(&mut browser, &format!("/sync/effects/{id}")).await.contains("No attempts yet."));
}

#[tokio::test]
async fn all_failed_effects_of_a_filter_are_retried_and_no_others() {
    let app = TestApp::start().await;
    let (spare, _) = failed(&app, "spare", &["Status 410: gone", "status 500", "STATUS 410"]).await;
    let (other, _) = failed(&app, "other", &["status 410"]).await;
    let mut browser = app.signed_in("ada@acme.example", &[Role::Admin]).await;
    let list = "/sync/effects?state=failed&destination=spare&error=status%20410";
    let page = text(&mut browser, list).await;
    assert!(page.contains("Retry all 2"));
    assert!(page.contains("2 failed actions match these filters."));
    let fields = [("destination", "spare"), ("error", "status 410")];
    let retried = async |browser: &mut Browser<'_>| {
        let answer = browser.post("/actions/replay-effects", &fields).await;
        let page = location(&answer).to_owned();
        over(app.store(), page.strip_prefix("/runs/").unwrap().parse().unwrap()).await;
        text(browser, &page).await
    };
    let page = retried(&mut browser).await;
    assert!(
        page.contains("2\u{a0}deliveries are being retried.") && page.contains("Retried: 0 of 2"),
        "{page}"
    );
    let mut left = states(&app, spare).await;
    left.sort();
    assert_eq!(left, ["dead", "ready", "ready"]);
    assert_eq!(states(&app, other).await, ["dead"]);
    assert!(retried(&mut browser).await.contains("No failed deliveries match these filters now."));
}

#[tokio::test]
async fn a_job_can_be_requested() {
    let app = TestApp::start().await;
    jobs::register(app.store()).await.unwrap();
    sqlx::query("UPDATE jobs SET due_at = now() + interval '1 hour'")
        .execute(app.store().pool())
        .await
        .unwrap();
    sqlx::query("INSERT INTO jobs (name, due_at, result) VALUES ('sweep_the_floor', now(), 'Swept.')")
        .execute(app.store().pool())
        .await
        .unwrap();
    let mut browser = app.signed_in("pavel@acme.example", &[Role::Integrations]).await;
    let page = text(&mut browser, "/sync/jobs").await;
    assert!(page.contains("sweep_the_floor") && page.contains("Run by another version of Meshline."));
    let answer = browser.post("/actions/run-job", &[("job", "sessions")]).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/sync/jobs"));
    let page = text(&mut browser, "/sync/jobs").await;
    assert!(page.contains("“Delete expired sessions” runs within seconds."), "{page}");
    assert!(page.contains("Requested by Somebody"), "{page}");
    assert_eq!(audited(&app).await, ["job.request job:sessions "]);
    let asked = jobs::jobs(app.store()).await.unwrap();
    assert!(asked.iter().find(|job| job.name == "sessions").unwrap().due_at <= chrono::Utc::now());
}

#[tokio::test]
async fn people_without_permission_see_everything_but_no_buttons() {
    let app = TestApp::start().await;
    let (destination, effects) = failed(&app, "spare", &["refused"]).await;
    jobs::register(app.store()).await.unwrap();
    let mut browser = app.signed_in("sam@acme.example", &[Role::Sdr]).await;
    let pages = [
        "/sync".to_owned(),
        "/sync/effects?state=failed".into(),
        format!("/sync/effects/{}", effects[0]),
        "/sync/jobs".into(),
    ];
    for path in pages {
        let page = text(&mut browser, &path).await;
        for action in ["pause-destination", "resume-destination", "replay-effect", "run-job"] {
            assert!(!page.contains(&format!("/actions/{action}")), "{path} offers {action}");
        }
    }
    let id = effects[0].to_string();
    for (path, fields) in [
        ("/actions/pause-destination", vec![("destination", "spare"), ("reason", "x")]),
        ("/actions/replay-effect", vec![("effect", id.as_str())]),
        ("/actions/replay-effects", vec![]),
        ("/actions/run-job", vec![("job", "sessions")]),
    ] {
        assert_eq!(browser.post(path, &fields).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(states(&app, destination).await, ["dead"]);
    assert_eq!(audited(&app).await, [""; 0]);
}
