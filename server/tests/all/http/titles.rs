//! Titles of lists, pools and destinations: who can set them, and where they are shown.

use reqwest::StatusCode;
use store::actor::Role;

use crate::support::{TestApp, location, text};

#[tokio::test]
async fn the_layer_owner_sets_a_title_that_replaces_the_name() {
    let app = TestApp::start().await;
    let bundle = "SELECT bundle FROM live_releases";
    let before: Vec<u8> = sqlx::query_scalar(bundle).fetch_one(app.store().pool()).await.unwrap();
    let mut revops = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let page = text(&mut revops, "/lists/tam").await;
    assert!(page.contains("<h1>Target accounts") && page.contains("Edit title"), "the file has a title");
    let fields = [("kind", "list"), ("name", "tam"), ("title", " Key \n accounts ")];
    let answer = revops.post("/actions/set-version-title", &fields).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/lists/tam"));
    for path in ["/lists/tam", "/lists", "/search/found?q=key%20acc"] {
        let page = text(&mut revops, path).await;
        assert!(page.contains("Key accounts") && page.contains("/lists/tam"), "{path}: {page}");
    }
    let after: Vec<u8> = sqlx::query_scalar(bundle).fetch_one(app.store().pool()).await.unwrap();
    assert_eq!(before, after, "a title affects no decision");

    revops.post("/actions/set-version-title", &[("kind", "list"), ("name", "tam"), ("title", "")]).await;
    assert!(text(&mut revops, "/lists/tam").await.contains("<h1>Tam"));
    let long = "x".repeat(101);
    revops.post("/actions/set-version-title", &[("kind", "list"), ("name", "tam"), ("title", &long)]).await;
    assert!(text(&mut revops, "/lists/tam").await.contains("at most 100 characters"));
}

#[tokio::test]
async fn other_people_see_no_form_and_cannot_set_a_title() {
    let app = TestApp::start().await;
    let mut sdr = app.signed_in("ben@acme.example", &[Role::Sdr]).await;
    assert!(!text(&mut sdr, "/lists/tam").await.contains("Edit title"));
    sdr.post("/actions/set-version-title", &[("kind", "list"), ("name", "tam"), ("title", "Mine")]).await;
    let page = text(&mut sdr, "/lists/tam").await;
    assert!(page.contains("<h1>Target accounts") && page.contains("nly the owner of its layer"), "{page}");
    let fields = [("destination", "warehouse"), ("title", "Mine")];
    let answer = sdr.post("/actions/set-destination-title", &fields).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_destination_is_shown_by_its_title() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ines@acme.example", &[Role::Integrations]).await;
    let fields = [("destination", "warehouse"), ("title", "Data warehouse")];
    let answer = browser.post("/actions/set-destination-title", &fields).await;
    assert_eq!(location(&answer), "/sync");
    let page = text(&mut browser, "/sync").await;
    assert!(page.contains("Data warehouse"), "{page}");
    let log = text(&mut browser, "/audit").await;
    assert!(log.contains("Changed a title") && log.contains(">Data warehouse<"), "{log}");
}
