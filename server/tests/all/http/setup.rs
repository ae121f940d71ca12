//! One-time links for setting a password.

use std::sync::Arc;

use chrono::TimeDelta;
use reqwest::StatusCode;
use server::http::Config;
use store::actor::Role;
use store::people::{self, BreachedPasswords, DEFAULT_VALIDITY};
use store::{Actor, Error};

use crate::lead::Office;
use crate::support::{PASSWORD, TestApp, location};

async fn newcomer(app: &TestApp, validity: TimeDelta) -> String {
    let actor = Actor::command("test");
    let id = people::add(app.store(), &actor, "ana@acme.example", "Ana", &[Role::Sdr]).await.unwrap();
    people::make_setup_link(app.store(), &actor, id, validity).await.unwrap()
}

fn fields<'a>(token: &'a str, password: &'a str, again: &'a str) -> [(&'a str, &'a str); 3] {
    [("token", token), ("password", password), ("again", again)]
}

#[tokio::test]
async fn a_link_sets_a_password_once() {
    let app = TestApp::start().await;
    let token = newcomer(&app, DEFAULT_VALIDITY).await;
    let mut browser = app.browser();
    assert_eq!(browser.sign_in("ana@acme.example", "", None).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(browser.session(), None, "signing in needs a password");
    assert_eq!(browser.get(&format!("/setup/{token}")).await.status(), StatusCode::OK);
    let set = browser.post("/actions/set-password", &fields(&token, PASSWORD, PASSWORD)).await;
    assert_eq!((set.status(), location(&set)), (StatusCode::SEE_OTHER, "/sign-in"));
    assert!(browser.get("/sign-in").await.text().await.unwrap().contains("Password saved."));
    browser.sign_in("ana@acme.example", PASSWORD, None).await;
    assert_eq!(browser.get("/leads").await.status(), StatusCode::OK);

    let mut thief = app.browser();
    thief
        .post("/actions/set-password", &fields(&token, "stolen stolen stolen", "stolen stolen stolen"))
        .await;
    assert!(
        thief
            .get("/sign-in")
            .await
            .text()
            .await
            .unwrap()
            .contains("This link has expired or was already used.")
    );
    thief.sign_in("ana@acme.example", "stolen stolen stolen", None).await;
    assert_eq!(thief.session(), None);
}

#[tokio::test]
async fn expired_replaced_and_unknown_links_do_nothing() {
    let app = TestApp::start().await;
    let expired = newcomer(&app, TimeDelta::zero()).await;
    let id = people::by_email(app.store(), "ana@acme.example").await.unwrap().unwrap().id;
    let actor = Actor::command("test");
    let replaced = people::make_setup_link(app.store(), &actor, id, DEFAULT_VALIDITY).await.unwrap();
    people::make_setup_link(app.store(), &actor, id, DEFAULT_VALIDITY).await.unwrap();
    for token in [expired.as_str(), &replaced, "never-was", "", "../../evil", "a b"] {
        let mut browser = app.browser();
        let answer = browser.post("/actions/set-password", &fields(token, PASSWORD, PASSWORD)).await;
        assert_eq!(location(&answer), "/sign-in", "{token:?}");
        browser.sign_in("ana@acme.example", PASSWORD, None).await;
        assert_eq!(browser.session(), None, "{token:?}");
    }
}

#[tokio::test]
async fn a_rejected_password_does_not_use_up_the_link() {
    let app = TestApp::start().await;
    let token = newcomer(&app, DEFAULT_VALIDITY).await;
    let page = format!("/setup/{token}");
    let mut browser = app.browser();
    let long = "x".repeat(1_025);
    for (password, again, said) in [
        ("elevenchars", "elevenchars", "A password has at least 12 characters."),
        (PASSWORD, "correct horse batterx", "The two passwords differ."),
        (long.as_str(), long.as_str(), "A password has at most 1024 bytes."),
        ("Password1234", "Password1234", "one of the most common passwords"),
        ("ana-at-meshline", "ana-at-meshline", "it is mostly your name"),
    ] {
        let answer = browser.post("/actions/set-password", &fields(&token, password, again)).await;
        assert_eq!(location(&answer), page);
        let text = browser.get(&page).await.text().await.unwrap();
        assert!(text.contains(said), "{said}: {text}");
        assert!(!text.contains(password), "a password is never sent back");
    }
    browser.post("/actions/set-password", &fields(&token, PASSWORD, PASSWORD)).await;
    browser.sign_in("ana@acme.example", PASSWORD, None).await;
    assert!(browser.session().is_some());
}

#[tokio::test]
async fn no_one_chooses_a_password_from_the_list_of_the_installation() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "sunny side down\n").unwrap();
    let config = Config {
        breached_passwords: Arc::new(BreachedPasswords::read(file.path()).unwrap()),
        ..Config::default()
    };
    let office = Box::pin(Office::open()).await;
    let store = office.store().clone();
    let app = TestApp::serving(office, store, config).await;
    let said = "appeared in a data breach";

    let code = people::first_run_code(app.store().keyring());
    let page = format!("/first-run?code={code}");
    let first = |password| {
        let person = [("name", "Ada"), ("email", "ada@acme.example"), ("code", &*code)];
        [&person[..], &[("password", password), ("again", password)]].concat()
    };
    let mut ada = app.browser();
    ada.post("/actions/first-run", &first("Sunny Side Down")).await;
    assert!(ada.get(&page).await.text().await.unwrap().contains(said));
    ada.post("/actions/first-run", &first(PASSWORD)).await;

    let change = [("current", PASSWORD), ("password", "sunny side down"), ("again", "sunny side down")];
    ada.post("/actions/change-password", &change).await;
    assert!(ada.get("/account").await.text().await.unwrap().contains(said));

    let token = newcomer(&app, DEFAULT_VALIDITY).await;
    let mut ana = app.browser();
    ana.post("/actions/set-password", &fields(&token, "SUNNY SIDE DOWN", "SUNNY SIDE DOWN")).await;
    assert!(ana.get(&format!("/setup/{token}")).await.text().await.unwrap().contains(said));
    ana.post("/actions/set-password", &fields(&token, PASSWORD, PASSWORD)).await;
    ana.sign_in("ana@acme.example", PASSWORD, None).await;
    assert!(ana.session().is_some());
}

#[tokio::test]
async fn concurrent_requests_use_a_link_once() {
    let app = TestApp::start().await;
    let token = newcomer(&app, DEFAULT_VALIDITY).await;
    let now = chrono::Utc::now();
    let set = |text: &'static str| {
        people::use_setup_link(app.store(), "test", now, &token, people::Password::parse(text).unwrap())
    };
    let (one, other) = tokio::join!(set("first first first"), set("other other other"));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    assert!(matches!(one.and(other), Err(Error::NotFound(_))));
}
