//! Switching rules off and muting them, as browsers do it.

use reqwest::StatusCode;
use store::actor::Role;

use crate::support::{Browser, TestApp, location};

const PAGE: &str = "/rules/inbound-form";

async fn text(browser: &mut Browser<'_>) -> String {
    let page = browser.get(PAGE).await;
    assert_eq!(page.status(), StatusCode::OK);
    page.text().await.unwrap()
}

/// Sends a form about the demo's first rule, with these fields beside; it leads back to the page.
async fn send(browser: &mut Browser<'_>, action: &str, fields: &[(&str, &str)]) {
    let mut all = vec![("workflow", "inbound-form"), ("rule", "student"), ("next", PAGE)];
    all.extend(fields);
    let answer = browser.post(&format!("/actions/{action}"), &all).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, PAGE), "{action}");
}

async fn acts(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("SELECT action FROM audit_log WHERE action LIKE 'rule.%' ORDER BY id")
        .fetch_all(app.store().pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn the_page_of_a_rule_set_shows_and_changes_what_is_off_and_muted() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    assert!(text(&mut ana).await.contains("Switch off"));
    let fields = [("reason", "Too strict"), ("last_day", "2099-12-30"), ("form", "one")];
    for _ in 0..2 {
        send(&mut ana, "switch-rule-off", &fields).await;
    }
    let fields = [("reason", "A <partner>"), ("account", "Globex.example"), ("last_day", "2099-12-31")];
    send(&mut ana, "mute-rule", &fields).await;
    let page = text(&mut ana).await;
    assert!(page.contains("Off until the end of") && page.contains(": Too strict"), "{page}");
    assert!(page.contains("Muted for globex.example until the end of"), "{page}");
    assert!(page.contains("A &lt;partner&gt;"), "what people type is escaped");
    // Others read it.
    let mut sdr = app.signed_in("sam@acme.example", &[Role::Sdr]).await;
    let theirs = text(&mut sdr).await;
    assert!(theirs.contains(": Too strict") && !theirs.contains("Switch on"), "{theirs}");
    send(&mut ana, "switch-rule-on", &[]).await;
    send(&mut ana, "unmute-rule", &[("account", "globex.example")]).await;
    let page = text(&mut ana).await;
    assert!(!page.contains("Too strict") && !page.contains("Muted for"), "{page}");
    let done = ["rule.switch_off", "rule.mute", "rule.switch_on", "rule.unmute"];
    assert_eq!(acts(&app).await, done, "the same form twice acts once");
}

#[tokio::test]
async fn a_form_that_is_wrong_says_so_and_changes_nothing() {
    /// The action, its fields, and what the page says.
    type Wrong = (&'static str, &'static [(&'static str, &'static str)], &'static str);
    const DAY: (&str, &str) = ("last_day", "2099-12-31");
    let app = TestApp::start().await;
    let mut lea = app.signed_in("lea@acme.example", &[Role::RevopsLead]).await;
    let wrong: [Wrong; 5] = [
        ("switch-rule-off", &[("reason", "x"), ("last_day", "soon")], "Not saved. Choose the last day."),
        ("switch-rule-off", &[("reason", " ")], "Not saved. Give a reason."),
        ("mute-rule", &[("reason", "x"), ("account", "acme.example")], "Not saved. Choose the last day."),
        (
            "mute-rule",
            &[("reason", "x"), ("account", "Acme"), DAY],
            "Not saved. Name the account by its domain",
        ),
        (
            "mute-rule",
            &[("reason", "x"), ("account", "acme.example"), ("last_day", "2020-01-01")],
            "Not saved. The last day has already passed.",
        ),
    ];
    for (action, fields, said) in wrong {
        send(&mut lea, action, fields).await;
        assert!(text(&mut lea).await.contains(said), "{action} {fields:?}: {said}");
    }
    assert!(acts(&app).await.is_empty());
    let unknown = [("workflow", "inbound-form"), ("rule", "no-such-rule"), ("reason", "x")];
    assert_eq!(lea.post("/actions/switch-rule-off", &unknown).await.status(), StatusCode::NOT_FOUND);
}
