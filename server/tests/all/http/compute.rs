//! Reading and comparing drafts: in slots, off the threads that serve requests, and once for each content.

use std::sync::mpsc;

use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use service::compute::ComputeSlots;
use store::actor::Role;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::changes::{begin, save};
use crate::support::{TestApp, text};

const RULES: &str =
    "rule_set: inbound-form\nrules:\n- id: all\n  when: 'true'\n  then: [advance]\ndefault: hold\n";

/// Takes all slots until the sender is dropped.
async fn take_slots(slots: &ComputeSlots) -> mpsc::Sender<()> {
    let (release, wait) = mpsc::channel::<()>();
    let (begun, has_begun) = oneshot::channel();
    let slots = slots.clone();
    tokio::spawn(async move {
        let work = async move || {
            begun.send(()).unwrap();
            wait.recv().unwrap_err();
        };
        slots.run(usize::MAX, work).await
    });
    has_begun.await.unwrap();
    release
}

#[tokio::test]
async fn a_content_is_read_once_for_all_who_view_it() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "list", "partners").await;
    let path = format!("/changes/{number}");
    for revision in ["1", "2"] {
        let before = app.changes.computed();
        save(&mut ana, number, revision, &format!("Initech{revision}\n"), "save").await;
        for _ in 0..2 {
            assert!(text(&mut ana, &path).await.contains(&format!("Initech{revision}")));
            assert!(text(&mut ben, &path).await.contains(&format!("Initech{revision}")));
        }
        assert_eq!(app.changes.computed(), before + 1);
    }
    // What the content is shown against counts as well.
    save(&mut ana, number, "3", "Initech3\n", "submit").await;
    let before = app.changes.computed();
    text(&mut ben, &path).await;
    text(&mut ben, &path).await;
    assert_eq!(app.changes.computed(), before + 1);
}

#[tokio::test]
async fn people_in_a_pool_are_as_they_are_now() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "pool", "closers").await;
    let source = "name: closers\nmembers:\n- person: jane@acme.example\n  weight: 1\n";
    save(&mut ana, number, "1", source, "save").await;
    let path = format!("/changes/{number}");
    assert!(text(&mut ana, &path).await.contains("There is no person with the address"));
    app.person("jane@acme.example", &[Role::Ae]).await;
    assert!(text(&mut ana, &path).await.contains("No problems"));
}

#[tokio::test]
async fn beyond_the_slots_and_their_line_a_draft_is_refused_and_nothing_else() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "rule_set", "inbound-form").await;
    let (path, slots) = (format!("/changes/{number}"), app.run_context().compute);
    let release = take_slots(&slots).await;
    let mut line = JoinSet::new();
    while slots.waiting() < ComputeSlots::LINE {
        let slots = slots.clone();
        line.spawn(async move { slots.run(0, async || ()).await });
        tokio::task::yield_now().await;
    }
    let before = app.changes.computed();
    let refused = ana.get(&path).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()[RETRY_AFTER], "5");
    assert!(refused.text().await.unwrap().contains("The server is busy with other drafts and lists."));
    let id = number.to_string();
    let form = [("number", &*id), ("revision", "1"), ("title", "x"), ("source", RULES), ("then", "save")];
    let refused = ana.post("/actions/save-change", &form).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()[RETRY_AFTER], "5");
    for other in ["/leads", "/changes", "/rules", "/healthz"] {
        assert_eq!(ana.get(other).await.status(), StatusCode::OK, "{other}");
    }
    drop(release);
    while let Some(waited) = line.join_next().await {
        // One more may have been started than has a place.
        drop(waited.unwrap());
    }
    assert_eq!(ana.get(&path).await.status(), StatusCode::OK);
    assert!(app.changes.computed() > before);
}

// The test's runtime has one thread, which would serve nothing while it read a draft.
#[tokio::test]
async fn viewers_wait_for_a_slot_while_others_are_served() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    let mut cleo = app.signed_in("cleo@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "rule_set", "inbound-form").await;
    let path = format!("/changes/{number}");
    let before = app.changes.computed();
    let release = take_slots(&app.run_context().compute).await;
    let others = async {
        // Both viewers wait, for one computation.
        while app.changes.computed() == before {
            tokio::task::yield_now().await;
        }
        for _ in 0..10 {
            assert_eq!(cleo.get("/leads").await.status(), StatusCode::OK);
        }
        drop(release);
    };
    let (one, two, ()) = tokio::join!(ana.get(&path), ben.get(&path), others);
    assert_eq!((one.status(), two.status()), (StatusCode::OK, StatusCode::OK));
    assert_eq!(app.changes.computed(), before + 1);
}
