//! Exported lists, saved views, and actions on selected rows.

use engine::ids::{EffectId, LeadId};
use reqwest::StatusCode;
use serde_json::json;
use store::actor::Role;
use store::people::{KeyListFilter, PeopleSort, keys};
use store::reads::keyset::{Cursor, Order};
use store::sync::fixture;
use store::{Actor, erasure};

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
    erasure::erase(app.store(), &Actor::command("test"), ids[2], "They asked").await.unwrap();
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
        log.contains("Exported a list") && !log.contains("ruiz"),
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
    assert!(page.contains("“Mine” is saved") && page.contains("Edit view"));
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
    assert!(text(&mut browser, "/leads").await.contains("Enter a name for the view."));
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
    let page = text(&mut browser, "/sync/effects?state=failed").await;
    assert_eq!(page.matches("name=\"effects[]\"").count(), 3);

    browser.post("/actions/replay-chosen", &[("next", "/sync/effects?state=failed")]).await;
    assert!(text(&mut browser, "/sync/effects?state=failed").await.contains("Select the actions to retry."));
    let chosen = [effects[0].to_string(), effects[2].to_string()];
    let fields = [
        ("effects[0]", chosen[0].as_str()),
        ("effects[1]", &chosen[1]),
        ("next", "/sync/effects?state=failed"),
    ];
    let answer = browser.post("/actions/replay-chosen", &fields).await;
    assert_eq!(location(&answer), "/sync/effects?state=failed");
    assert!(text(&mut browser, "/sync/effects?state=failed").await.contains("2 actions are being retried."));
    let dead: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT effect_id FROM outbox WHERE state = 'dead'")
        .fetch_all(app.store().pool())
        .await
        .unwrap();
    assert_eq!(dead, [effects[1].0]);
    let again = browser.post("/actions/replay-chosen", &fields).await;
    assert_eq!(again.status(), StatusCode::SEE_OTHER);
    assert!(
        text(&mut browser, "/sync/effects?state=failed").await.contains("No failed actions match any more.")
    );
}

/// The cells of one column of a file, without its head.
fn column(file: &str, place: usize) -> Vec<String> {
    file.lines().skip(1).map(|line| line.split(',').nth(place).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn changes_are_filtered_sorted_and_exported_for_whoever_asks() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    for name in ["partners", "rivals"] {
        ana.post("/actions/start-change", &[("kind", "list"), ("name", name)]).await;
    }
    ben.post("/actions/start-change", &[("kind", "list"), ("name", "friends")]).await;
    let file = text(&mut ana, "/changes.csv?show=mine").await;
    assert!(file.starts_with("Number,Title,Kind,Name,State,"), "{file}");
    assert_eq!(column(&file, 3), ["rivals", "partners"]);
    assert_eq!(column(&text(&mut ben, "/changes.csv?show=mine").await, 3), ["friends"]);
    for (query, found) in [
        ("show=drafts", &["friends", "rivals", "partners"][..]),
        ("show=drafts&sort=number.oldest", &["partners", "rivals", "friends"]),
        ("show=drafts&q=RIV", &["rivals"]),
        ("show=drafts&kind=pool", &[]),
        ("show=closed", &[]),
        ("", &[]),
    ] {
        assert_eq!(column(&text(&mut ana, &format!("/changes.csv?{query}")).await, 3), found, "{query}");
    }
    let page = text(&mut ana, "/changes?show=mine").await;
    assert!(page.contains("<h1>My suggestions<") && page.contains("Save this view"), "{page}");
    assert!(page.contains("/changes?show=mine&amp;sort=number.oldest") && !page.contains("Friends"));
    assert!(page.contains("/changes.csv?show=mine") && page.contains("aria-sort=\"descending\""));
    assert!(text(&mut ana, "/changes?show=drafts&q=none").await.contains("No changes match these filters"));
}

#[tokio::test]
async fn releases_are_filtered_sorted_and_exported() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("pavel@acme.example", &[Role::Sdr]).await;
    let file = text(&mut browser, "/releases.csv").await;
    assert!(file.starts_with("Number,Release,Workflow,Stage,Since,"), "{file}");
    assert_eq!(column(&file, 3), ["Live"]);
    let all = text(&mut browser, "/releases.csv?workflow=inbound-form&stage=live&sort=number.oldest").await;
    assert_eq!(column(&all, 0), column(&file, 0));
    for query in ["workflow=other", "stage=approved", "workflow=inbound-form&stage=retired"] {
        assert_eq!(
            column(&text(&mut browser, &format!("/releases.csv?{query}")).await, 0).len(),
            0,
            "{query}"
        );
    }
    let page = text(&mut browser, "/releases?workflow=inbound-form").await;
    assert!(page.contains("Save this view") && page.contains("/releases.csv?workflow=inbound-form"));
    assert!(page.contains("/releases?workflow=inbound-form&amp;sort=number.oldest"));
    assert!(text(&mut browser, "/releases?stage=retired").await.contains("No releases match these filters"));
}

#[tokio::test]
async fn keys_are_filtered_sorted_paged_and_exported_without_their_secrets() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("admin@acme.example", &[Role::Admin]).await;
    for (name, scope) in [("warehouse", "read"), ("crm", "outcome"), ("form", "ingest")] {
        admin.post("/actions/add-key", &[("name", name), ("scopes[]", scope)]).await;
    }
    let all = text(&mut admin, "/keys.csv").await;
    assert!(
        all.starts_with("Id,Key,Starts with,State,Scopes,Created,Created by,Last used,Revoked\r\n"),
        "{all}"
    );
    let secrets: Vec<&str> = all.split([',', '\r']).filter(|cell| cell.starts_with("ml_")).collect();
    assert!(
        secrets.len() == 3 && secrets.iter().all(|cell| cell.len() == 7),
        "no more than the first characters: {all}"
    );
    let id = column(&all, 0)[0].clone();
    admin.post("/actions/revoke-key", &[("key", &id)]).await;
    for (query, found) in [
        ("", &["crm", "form", "warehouse"][..]),
        ("sort=name.oldest", &["warehouse", "form", "crm"]),
        ("sort=made", &["form", "crm", "warehouse"]),
        ("sort=made.oldest", &["warehouse", "crm", "form"]),
        ("state=revoked", &["crm"]),
        ("state=active&sort=made", &["form", "warehouse"]),
        ("scope=ingest", &["form"]),
        ("scope=ingest&state=revoked", &[]),
    ] {
        assert_eq!(column(&text(&mut admin, &format!("/keys.csv?{query}")).await, 1), found, "{query}");
    }
    let page = text(&mut admin, "/keys?state=active").await;
    assert!(page.contains("Save this view") && page.contains("/keys.csv?state=active"));

    for (by, order, expected) in [
        (PeopleSort::Name, Order::Newest, ["crm", "form", "warehouse"]),
        (PeopleSort::Name, Order::Oldest, ["warehouse", "form", "crm"]),
        (PeopleSort::Added, Order::Newest, ["form", "crm", "warehouse"]),
        (PeopleSort::Added, Order::Oldest, ["warehouse", "crm", "form"]),
    ] {
        let (mut cursor, mut seen) = (Cursor::Start, Vec::new());
        let back = loop {
            let page = keys(app.store(), &KeyListFilter::default(), by, order, cursor, 1).await.unwrap();
            seen.push(page.keys[0].name.clone());
            let (on, before) = match order {
                Order::Newest => (page.beside.older, page.beside.newer),
                Order::Oldest => (page.beside.newer, page.beside.older),
            };
            match on {
                Some(next) => cursor = next,
                None => break before,
            }
        };
        assert_eq!(seen, expected, "{by:?} {order:?}");
        let before = keys(app.store(), &KeyListFilter::default(), by, order, back.unwrap(), 1).await.unwrap();
        assert_eq!(before.keys[0].name, expected[1], "back: {by:?} {order:?}");
    }
}

#[tokio::test]
async fn the_audit_log_names_its_subjects_and_is_searched_by_them() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("ida@acme.example", &[Role::Admin, Role::Sdr]).await;
    admin.post("/actions/add-key", &[("name", "Zapier"), ("scopes[]", "read")]).await;
    for asked in ["zapier", "Created an API key", "Somebody", "/keys"] {
        let page = text(&mut admin, &format!("/audit?about={}", asked.replace(' ', "+"))).await;
        let rows = page.split_once("<tbody").map_or("", |(_, rows)| rows);
        assert_eq!(rows.contains(">Zapier<"), asked != "/keys", "{asked}: {rows}");
    }
    // Signing in is hidden at first, and shown on request.
    let (hidden, shown) = (text(&mut admin, "/audit").await, text(&mut admin, "/audit?sign_ins=shown").await);
    assert!(!hidden.contains(">Signed in<") && hidden.contains("Show sign-ins"));
    assert!(shown.contains("Signed in") && shown.contains("Hide sign-ins"));
    let reversed = text(&mut admin, "/audit?from=2026-03-02&to=2026-03-01").await;
    assert!(
        reversed.contains("The first day is after the last day.")
            && reversed.contains("aria-invalid=\"true\"")
    );
    assert!(
        text(&mut admin, "/audit?from=2001-01-01&to=2001-01-02")
            .await
            .contains("No entries match these filters")
    );
    let file = text(&mut admin, "/audit.csv?about=zapier").await;
    assert!(file.starts_with("Id,When,Who,Actor,Roles,What,Action,To what,Subject,"), "{file}");
    assert!(file.contains(",Created an API key,key.add,Zapier,key:"), "{file}");
}
