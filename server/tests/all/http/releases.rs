//! An approved change and its release in the browser: going live is a second step by another person.

use reqwest::StatusCode;
use store::actor::Role;
use store::releases::{self, Release};

use crate::support::{Browser, TestApp, between, event, location};

/// Submits a list of target accounts with one more entry. Returns the number of the change.
async fn submit(browser: &mut Browser<'_>, company: &str) -> String {
    submit_text(browser, ("list", "tam"), &format!("value\nInitech\n{company}\n")).await
}

/// Submits a text as the next version of something. Returns the number of the change.
async fn submit_text(browser: &mut Browser<'_>, (kind, name): (&str, &str), source: &str) -> String {
    let answer = browser.post("/actions/start-change", &[("kind", kind), ("name", name)]).await;
    let number = location(&answer).strip_prefix("/changes/").unwrap().to_owned();
    let fields = [
        ("number", &*number),
        ("revision", "1"),
        ("title", "One more"),
        ("source", source),
        ("then", "submit"),
    ];
    assert_eq!(browser.post("/actions/save-change", &fields).await.status(), StatusCode::SEE_OTHER);
    number
}

async fn approve(browser: &mut Browser<'_>, number: &str, role: &str) {
    let page = text(browser, &format!("/changes/{number}")).await;
    let field = |name: &str| between(&page, &format!("name=\"{name}\" value=\""), "\"");
    let (hash, live) = (field("hash"), field("live"));
    let fields = [("number", number), ("hash", hash), ("live", live), ("role", role)];
    assert_eq!(browser.post("/actions/sign-change", &fields).await.status(), StatusCode::SEE_OTHER);
}

async fn release(app: &TestApp, number: i64) -> Release {
    releases::by_number(&mut app.store().pool().acquire().await.unwrap(), number).await.unwrap()
}

async fn live(app: &TestApp) -> i64 {
    sqlx::query_scalar("SELECT number FROM live_releases").fetch_one(app.store().pool()).await.unwrap()
}

async fn text(browser: &mut Browser<'_>, path: &str) -> String {
    let page = browser.get(path).await;
    assert_eq!(page.status(), StatusCode::OK, "{path}");
    page.text().await.unwrap()
}

async fn go_live(browser: &mut Browser<'_>, app: &TestApp, number: i64, form: &str) -> StatusCode {
    let bundle = release(app, number).await.bundle.to_string();
    let number = number.to_string();
    browser
        .post("/actions/go-live", &[("number", &*number), ("bundle", &*bundle), ("form", form)])
        .await
        .status()
}

#[tokio::test]
async fn a_page_from_before_another_release_went_live_is_reviewed_again() {
    let app = TestApp::start().await;
    app.office.add_demo_aes().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    let mut cleo = app.signed_in("cleo@acme.example", &[Role::AeRepLeader]).await;
    let first = submit(&mut ana, "Globex Two").await;
    // Another part of the same workflow, so that the change itself is not outdated.
    let pool = "name: enterprise-ae\nmembers:\n- person: omar@corvane.example\n";
    let second = submit_text(&mut ana, ("pool", "enterprise-ae"), pool).await;
    let page = text(&mut ben, &format!("/changes/{second}")).await;
    let field = |name: &str| between(&page, &format!("name=\"{name}\" value=\""), "\"").to_owned();
    let (hash, live_then) = (field("hash"), field("live"));
    assert!(live_then.starts_with("sha256:"), "{live_then}");
    approve(&mut ben, &first, "revops").await;
    approve(&mut cleo, &first, "ae_rep_leader").await;
    let number: i64 = sqlx::query_scalar("SELECT number FROM releases WHERE stage = 'approved'")
        .fetch_one(app.store().pool())
        .await
        .unwrap();
    assert_eq!(go_live(&mut ben, &app, number, "a").await, StatusCode::SEE_OTHER);
    assert_eq!(live(&app).await, number);
    let fields = [("number", &*second), ("hash", &*hash), ("live", &*live_then), ("role", "revops")];
    assert_eq!(ben.post("/actions/sign-change", &fields).await.status(), StatusCode::SEE_OTHER);
    let page = text(&mut ben, &format!("/changes/{second}")).await;
    assert!(
        page.contains("Another release went live since you opened this page. Review it again."),
        "{page}"
    );
    let given: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM change_reviews r JOIN changes c ON c.id = r.change_id WHERE c.number = $1",
    )
    .bind(second.parse::<i64>().unwrap())
    .fetch_one(app.store().pool())
    .await
    .unwrap();
    assert_eq!(given, 0);
}

#[tokio::test]
async fn an_approved_change_decides_after_another_person_goes_live_with_it() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    let mut cleo = app.signed_in("cleo@acme.example", &[Role::AeRepLeader]).await;
    let key = app.key(&[store::people::Scope::Ingest]).await;
    let change = submit(&mut ana, "Zorg").await;
    approve(&mut ben, &change, "revops").await;
    approve(&mut cleo, &change, "ae_rep_leader").await;
    let number = live(&app).await + 1;
    let version = async |key_of_event: &str| {
        let answer = app.post_event(&key, key_of_event, &event(key_of_event)).await;
        let body: serde_json::Value = answer.json().await.unwrap();
        body["decision"]["content_snapshot"]["lists"]["tam"]["version"].as_i64().unwrap()
    };
    assert_eq!(version("before").await, 1, "approved is not live");

    let page = text(&mut ana, &format!("/changes/{change}")).await;
    assert!(page.contains("You edited this change, so someone else must go live with it."), "{page}");
    assert!(!page.contains(">Go live<"));
    let page = text(&mut cleo, &format!("/releases/{number}")).await;
    assert!(page.contains("RevOps can go live with it."));
    assert_eq!(go_live(&mut cleo, &app, number, "a").await, StatusCode::FORBIDDEN);
    assert_eq!(go_live(&mut ana, &app, number, "a").await, StatusCode::SEE_OTHER);
    assert_eq!(version("still").await, 1, "four eyes");

    let page = text(&mut ben, &format!("/changes/{change}")).await;
    assert!(page.contains("Go live"));
    for _ in 0..2 {
        assert_eq!(go_live(&mut ben, &app, number, "the form").await, StatusCode::SEE_OTHER);
    }
    assert_eq!(live(&app).await, number);
    assert_eq!(version("after").await, 2);
    let page = text(&mut ben, &format!("/releases/{number}")).await;
    let main = between(&page, "<main", "</main>");
    assert!(main.contains("Live. It decides every event of its workflow."), "{main}");
    assert!(main.contains("Version 2") && main.contains("Version 1"), "{main}");
    let page = text(&mut ben, "/releases?workflow=inbound-form").await;
    let rows = between(&page, "<tbody", "</tbody>");
    assert!(rows.contains("One more") && rows.contains("Retired"), "{rows}");
    assert_eq!(ben.get("/releases/999").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_rebuilt_release_says_so_and_needs_approval_again() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    let mut cleo = app.signed_in("cleo@acme.example", &[Role::AeRepLeader]).await;
    let rules = include_str!("../../../demo/demo.yaml").replace("> 0.85", "> 0.8");
    app.office.apply(&rules, false).await.unwrap();
    let change = submit(&mut ana, "Zorg").await;
    approve(&mut ben, &change, "revops").await;
    approve(&mut cleo, &change, "ae_rep_leader").await;
    let list = live(&app).await + 1;
    // A rule change is made in parallel and goes live first.
    service::testing::approve_all(app.store()).await;
    assert_eq!(live(&app).await, list + 1);

    let again = "Another release went live after this one was approved";
    let page = text(&mut cleo, &format!("/releases/{list}")).await;
    assert!(page.contains(again) && page.contains("Approve as Sales manager"), "{page}");
    let page = text(&mut ben, &format!("/changes/{change}")).await;
    assert!(page.contains(again) && !page.contains(">Go live<"), "{page}");
    let home = text(&mut cleo, "/").await;
    assert!(home.contains("Releases for you"), "{home}");
    go_live(&mut ben, &app, list, "too soon").await;
    assert_eq!(live(&app).await, list + 1);
    let bundle = release(&app, list).await.bundle.to_string();
    let number = list.to_string();
    for (browser, role) in [(&mut ben, "revops"), (&mut cleo, "ae_rep_leader")] {
        let fields = [("number", &*number), ("bundle", &*bundle), ("role", role)];
        let answer = browser.post("/actions/approve-release", &fields).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    }
    go_live(&mut ben, &app, list, "now").await;
    assert_eq!(live(&app).await, list);
}

#[tokio::test]
async fn a_release_is_withdrawn_with_a_reason() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    let mut cleo = app.signed_in("cleo@acme.example", &[Role::AeRepLeader]).await;
    let change = submit(&mut ana, "Zorg").await;
    approve(&mut ben, &change, "revops").await;
    approve(&mut cleo, &change, "ae_rep_leader").await;
    let number = (live(&app).await + 1).to_string();
    let page = format!("/releases/{number}");
    for (reason, shown) in [("", "Give a reason."), ("They do not buy", "Withdrawn. It never went live.")] {
        let fields = [("number", &*number), ("reason", reason)];
        ana.post("/actions/withdraw-release", &fields).await;
        let page = text(&mut ana, &page).await;
        assert!(page.contains(shown), "{page}");
    }
    go_live(&mut ben, &app, number.parse().unwrap(), "late").await;
    assert_ne!(live(&app).await.to_string(), number);
}
