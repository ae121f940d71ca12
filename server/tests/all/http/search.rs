//! Searching by name.

use reqwest::StatusCode;
use store::actor::Role;
use store::people;

use crate::support::{Browser, TestApp, event, location, text};

async fn found(browser: &mut Browser<'_>, asked: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", asked).finish();
    text(browser, &format!("/search/found?{query}")).await
}

#[tokio::test]
async fn leads_people_rules_lists_pages_and_actions_are_found() {
    let app = TestApp::start().await;
    let mut sdr = app.signed_in("ben@acme.example", &[Role::Sdr]).await;
    let key = app.key(&[people::Scope::Ingest]).await;
    let mut body = event("pat");
    body["lead"]["external_id"] = "CRM-00417".into();
    let taken: serde_json::Value = app.post_event(&key, "one", &body).await.json().await.unwrap();
    let lead = taken["lead_id"].as_str().unwrap();
    let href = format!("href=\"/leads/{lead}\"");
    for asked in ["PAT@initech.example", "initech", "00417", lead, "pat@"] {
        let options = found(&mut sdr, asked).await;
        assert!(options.contains(&href), "{asked}: {options}");
        let page = text(&mut sdr, &format!("/search?q={}", asked.replace('@', "%40"))).await;
        assert!(page.contains(&href), "{asked}");
    }
    for (asked, said) in [
        ("ben@acme", "href=\"/people/"),
        ("somebody", "href=\"/people/"),
        ("tam", "Target accounts"),
        ("tam", "href=\"/lists/tam\""),
        ("audit", "href=\"/audit\""),
        ("password", "href=\"/account#h-password\""),
        ("", "href=\"/leads\""),
    ] {
        let options = found(&mut sdr, asked).await;
        let fits = options.contains(said) || (said == "Target accounts" && options.contains("Rule in"));
        assert!(fits, "{asked}: {options}");
    }
    let nothing = found(&mut sdr, "zaphod beeblebrox").await;
    assert!(nothing.contains("data-count=\"0\"") && nothing.contains("No results"), "{nothing}");
}

#[tokio::test]
async fn results_contain_only_permitted_actions() {
    let app = TestApp::start().await;
    let mut sdr = app.signed_in("ben@acme.example", &[Role::Sdr]).await;
    let mut admin = app.signed_in("ana@acme.example", &[Role::Admin]).await;
    for asked in ["API key", "Add a person", ""] {
        let (hers, his) = (found(&mut admin, asked).await, found(&mut sdr, asked).await);
        assert!(hers.contains("/keys") || hers.contains("Add a person"), "{asked}");
        assert!(!his.contains("/keys") && !his.contains("Add a person"), "{asked}: {his}");
    }
    let answer = app.browser().get("/search/found?q=ana").await;
    assert_eq!((answer.status(), location(&answer).starts_with("/sign-in")), (StatusCode::SEE_OTHER, true));
}

#[tokio::test]
async fn the_search_text_is_escaped() {
    let app = TestApp::start().await;
    let mut sdr = app.signed_in("ben@acme.example", &[Role::Sdr]).await;
    let long = "x".repeat(10_000);
    for asked in ["<script>alert(1)</script>", "'; DROP TABLE people; --", "%", "_", "\\", "\u{1b}", &long] {
        let options = found(&mut sdr, asked).await;
        assert!(!options.contains("<script>"), "{asked}");
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", asked).finish();
        let page = text(&mut sdr, &format!("/search?{query}")).await;
        // Inside an attribute it is harmless, and it appears only once: in the field.
        assert!(page.matches("alert(1)</script>").count() <= 1, "{asked}");
    }
    // A name that a stranger entered in a form, on the lead's page and in its title.
    let key = app.key(&[people::Scope::Ingest]).await;
    let mut body = event("eve");
    body["lead"]["name"] = "</title><meta http-equiv=refresh content=0>".into();
    let taken: serde_json::Value = app.post_event(&key, "one", &body).await.json().await.unwrap();
    let page = text(&mut sdr, &format!("/leads/{}", taken["lead_id"].as_str().unwrap())).await;
    assert!(!page.contains("<meta http-equiv"), "{page}");
    assert!(found(&mut sdr, "%%").await.contains("data-count=\"0\""), "no pattern");
    assert!(people::has_people(app.store()).await.unwrap());
}
