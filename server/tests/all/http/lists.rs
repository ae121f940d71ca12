//! Exported lists, saved views, and actions on selected rows.

use engine::ids::{EffectId, LeadId};
use reqwest::StatusCode;
use serde_json::json;
use store::actor::Role;
use store::sync::fixture;
use store::{Actor, leads};

use crate::support::{TestApp, event, location, text};

async fn send(app: &TestApp, names: &[&str]) -> Vec<LeadId> {
    let key = app.key(&[store::people::Scope::Ingest]).await;
    let mut leads = Vec::new();
    for name in names {
        let mut form = event(&name.replace(|c: char| !c.is_alphanumeric(), "x"));
        form["lead"]["name"] = json!(name);
        let answer = app.post_event(&key, name, &form).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        let body: serde_json::Value = answer.json().await.unwrap();
        leads.push(body["lead_id"].as_str().unwrap().parse().unwrap());
    }
    leads
}

#[tokio::test]
async fn a_list_is_exported_with_its_filters_without_formulas_or_erased_people() {
    let app = TestApp::start().await;
    let ids = send(&app, &["Ana \"A\" Ruiz, PhD", "=HYPERLINK(1)", "Zoe Zapp"]).await;
    leads::erase(app.store(), &Actor::command("test"), ids[2]).await.unwrap();
    let mut browser = app.signed_in("pavel@acme.example", &[Role::Sdr]).await;
    let answer = browser.get("/leads.csv?sort=decided.oldest&cols=stage").await;
    assert_eq!(answer.status(), StatusCode::OK);
    let head = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert!(head("content-type").starts_with("text/csv"));
    assert!(head("content-disposition").starts_with("attachment; filename=\"leads-20"));
    let file = answer.text().await.unwrap();
    let lines: Vec<&str> = file.split("\r\n").collect();
    assert_eq!(lines.len(), 5, "a header, three rows, and the end of the last line: {file}");
    assert!(lines[0].starts_with("Lead id,Name,Company,E-mail,"));
    assert!(
        lines[1].starts_with(&format!("{},\"Ana \"\"A\"\" Ruiz, PhD\",Initech,", ids[0])),
        "{}",
        lines[1]
    );
    assert!(lines[2].contains(",'=HYPERLINK(1),"));
    assert!(lines[3].starts_with(&format!("{},,,,,yes,", ids[2])) && !file.contains("Zapp"));

    let none = text(&mut browser, "/leads.csv?action=reject").await;
    assert_eq!(none.trim_end(), lines[0]);
    assert_eq!(text(&mut browser, "/leads.csv?q=ruiz").await.matches("\r\n").count(), 2);
    let effects = text(&mut browser, "/sync/effects.csv?destination=crm-webhook").await;
    assert!(
        effects.starts_with("Action id,") && effects.contains("crm-webhook") && !effects.contains("Zapp")
    );

    let log = text(&mut browser, "/audit.csv?area=export").await;
    assert_eq!(log.matches("page:/leads,").count(), 3, "{log}");
    assert!(
        log.contains("Took a list as a file") && !log.contains("ruiz"),
        "filters are logged by name, not by value"
    );
}

#[tokio::test]
async fn an_export_spans_many_batches() {
    let app = TestApp::start().await;
    sqlx::query(
        "INSERT INTO audit_log (id, at, actor, roles, action, subject, detail, request_id, hash) \
         SELECT uuid_v7_floor(now() + n * interval '1 ms'), now(), 'command:test', '{}', 'job.request', 'job:' || n, '{}', 'r', sha256(n::text::bytea) \
         FROM generate_series(1, 2500) n",
    )
    .execute(app.store().pool())
    .await
    .unwrap();
    let mut browser = app.signed_in("pavel@acme.example", &[Role::Sdr]).await;
    let file = text(&mut browser, "/audit.csv?about=job:").await;
    let mut jobs: Vec<&str> = file.split(',').filter(|cell| cell.starts_with("job:")).collect();
    assert_eq!(jobs.len(), 2_500);
    jobs.sort_unstable();
    jobs.dedup();
    assert_eq!(jobs.len(), 2_500, "each once");
}

#[tokio::test]
async fn a_view_is_saved_opened_renamed_and_deleted() {
    let app = TestApp::start().await;
    send(&app, &["Ana Ruiz"]).await;
    let mut browser = app.signed_in("pavel@acme.example", &[Role::Sdr]).await;
    let fields = [("page", "/leads"), ("query", "action=assign&cols=stage"), ("name", " Mine ")];
    let answer = browser.post("/actions/save-view", &fields).await;
    assert_eq!(location(&answer), "/leads?action=assign&cols=stage");
    let page = text(&mut browser, "/leads?action=assign&cols=stage").await;
    assert!(page.contains("“Mine” is saved") && page.contains("Change this view"));
    let elsewhere = text(&mut browser, "/leads").await;
    assert!(
        elsewhere.contains("href=\"/leads?action=assign&amp;cols=stage\"")
            && elsewhere.contains("Save this view")
    );

    let mut other = app.signed_in("zoe@acme.example", &[Role::Sdr]).await;
    assert!(!text(&mut other, "/leads").await.contains(">Mine<"));
    let id: String =
        sqlx::query_scalar("SELECT id::text FROM saved_views").fetch_one(app.store().pool()).await.unwrap();
    assert_eq!(other.post("/actions/delete-view", &[("view", &id)]).await.status(), StatusCode::NOT_FOUND);

    browser.post("/actions/rename-view", &[("view", &id), ("name", "Assigned")]).await;
    assert!(text(&mut browser, "/leads").await.contains(">Assigned<"));
    let answer = browser.post("/actions/delete-view", &[("view", &id)]).await;
    assert_eq!(location(&answer), "/leads?action=assign&cols=stage");
    assert!(!text(&mut browser, "/audit").await.contains(">Assigned<"));

    for (page, query) in [("/evil", ""), ("//evil.example", ""), ("/leads", "a b")] {
        let answer =
            browser.post("/actions/save-view", &[("page", page), ("query", query), ("name", "x")]).await;
        assert!(answer.status().is_client_error(), "{page} {query}");
    }
    browser.post("/actions/save-view", &[("page", "/leads"), ("query", ""), ("name", "  ")]).await;
    assert!(text(&mut browser, "/leads").await.contains("Say what the view is called."));
}

#[tokio::test]
async fn only_selected_deliveries_are_retried() {
    let app = TestApp::start().await;
    let destination = fixture::destination(app.store(), "crm", "webhook", &json!({}), None).await.unwrap();
    let mut effects: Vec<EffectId> = Vec::new();
    for _ in 0..3 {
        let lead = fixture::lead(app.store()).await.unwrap();
        effects.push(fixture::effect(app.store(), destination, lead, 1).await.unwrap());
    }
    sqlx::query("UPDATE outbox SET state = 'dead'").execute(app.store().pool()).await.unwrap();
    let mut browser = app.signed_in("pavel@acme.example", &[Role::Integrations]).await;
    let page = text(&mut browser, "/sync/effects?state=dead").await;
    assert_eq!(page.matches("name=\"effects[]\"").count(), 3);

    browser.post("/actions/replay-chosen", &[("next", "/sync/effects?state=dead")]).await;
    assert!(text(&mut browser, "/sync/effects?state=dead").await.contains("Nothing was chosen."));
    let chosen = [effects[0].to_string(), effects[2].to_string()];
    let fields = [
        ("effects[0]", chosen[0].as_str()),
        ("effects[1]", &chosen[1]),
        ("next", "/sync/effects?state=dead"),
    ];
    let answer = browser.post("/actions/replay-chosen", &fields).await;
    assert_eq!(location(&answer), "/sync/effects?state=dead");
    assert!(text(&mut browser, "/sync/effects?state=dead").await.contains("2 are on their way again."));
    let dead: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT effect_id FROM outbox WHERE state = 'dead'")
        .fetch_all(app.store().pool())
        .await
        .unwrap();
    assert_eq!(dead, [effects[1].0]);
    let again = browser.post("/actions/replay-chosen", &fields).await;
    assert_eq!(again.status(), StatusCode::SEE_OTHER);
    assert!(
        text(&mut browser, "/sync/effects?state=dead")
            .await
            .contains("Nothing had failed like this any more.")
    );
}
