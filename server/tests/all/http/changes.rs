//! Drafts submitted from browsers: forms that are sent twice, are stale or too long, or come from people without the right.

use engine::change::Kind;
use reqwest::StatusCode;
use store::actor::Role;
use store::changes::{self, Change, ChangeState};

use crate::support::{Browser, TestApp, location, text};

/// Starts a draft and returns its number.
pub async fn begin(browser: &mut Browser<'_>, kind: &str, name: &str) -> i64 {
    let answer = browser.post("/actions/start-change", &[("kind", kind), ("name", name)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    location(&answer).strip_prefix("/changes/").unwrap().parse().unwrap()
}

/// Saves the form of a draft and returns the target of the redirect.
pub async fn save(
    browser: &mut Browser<'_>,
    number: i64,
    revision: &str,
    source: &str,
    then: &str,
) -> String {
    let number = number.to_string();
    let fields = [
        ("number", &*number),
        ("revision", revision),
        ("title", "A list"),
        ("source", source),
        ("then", then),
    ];
    let answer = browser.post("/actions/save-change", &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    location(&answer).to_owned()
}

async fn change(app: &TestApp, number: i64) -> Change {
    let mut connection = app.store().pool().acquire().await.unwrap();
    changes::by_number(&mut connection, number).await.unwrap()
}

async fn drafts(app: &TestApp) -> usize {
    store::testing::drafts(app.store()).await.len()
}

#[tokio::test]
async fn resubmitting_a_form_is_not_a_conflict() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let number = begin(&mut browser, "list", "partners").await;
    let here = format!("/changes/{number}");
    for _ in 0..2 {
        assert_eq!(save(&mut browser, number, "1", "Initech\r\n", "save").await, here);
    }
    assert_eq!((change(&app, number).await.revision, drafts(&app).await), (2, 1));
    for _ in 0..2 {
        assert_eq!(save(&mut browser, number, "2", "Initech\r\n", "submit").await, here);
    }
    assert_eq!((change(&app, number).await.state, drafts(&app).await), (ChangeState::Submitted, 0));
}

#[tokio::test]
async fn an_approval_or_a_return_that_is_sent_twice_says_what_the_first_one_came_to() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    for (action, name, fields, said) in [
        ("sign-change", "partners", [("role", "revops"), ("comment", "")], "Approved as version 1."),
        (
            "return-change",
            "closers",
            [("role", ""), ("comment", "Not yet")],
            "Changes requested. The author will see your comment.",
        ),
    ] {
        let number = begin(&mut ana, "list", name).await;
        save(&mut ana, number, "1", "Initech\n", "submit").await;
        let (hash, number) = (change(&app, number).await.hash.unwrap().to_string(), number.to_string());
        let mut form = vec![("number", &*number), ("hash", &*hash)];
        form.extend(fields);
        for _ in 0..2 {
            let answer = ben.post(&format!("/actions/{action}"), &form).await;
            assert_eq!(
                (answer.status(), location(&answer)),
                (StatusCode::SEE_OTHER, &*format!("/changes/{number}"))
            );
            let page = ben.get(&format!("/changes/{number}")).await.text().await.unwrap();
            assert!(page.contains(said), "{action}: {said}");
        }
    }
}

#[tokio::test]
async fn saving_a_change_that_was_submitted_starts_a_new_draft() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "list", "partners").await;
    save(&mut ana, number, "1", "Initech\n", "submit").await;
    let kept = save(&mut ben, number, "1", "Globex\n", "save").await;
    let other = change(&app, kept.strip_prefix("/changes/").unwrap().parse().unwrap()).await;
    assert_eq!(
        (other.source.as_str(), other.state, other.name.as_str()),
        ("Globex\n", ChangeState::Draft, "partners")
    );
    assert_eq!(change(&app, number).await.source, "Initech\n");
    // A person without the right to edit changes nothing.
    let mut sdr = app.signed_in("sam@acme.example", &[Role::Sdr]).await;
    let number = number.to_string();
    let fields = [("number", &*number), ("revision", "1"), ("source", "x"), ("then", "save")];
    assert_eq!(sdr.post("/actions/save-change", &fields).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(drafts(&app).await, 1);
}

#[tokio::test]
async fn a_list_file_needs_an_editor_and_the_current_revision() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "list", "partners").await;
    let path = format!("/changes/{number}/upload");
    let file = b"company\nInitech\nGlobex\n";
    let mut sdr = app.signed_in("sam@acme.example", &[Role::Sdr]).await;
    assert_eq!(sdr.upload(&path, "1", file).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(ana.upload("/changes/999/upload", "1", file).await.status(), StatusCode::NOT_FOUND);
    let large = vec![b'x'; 33 * 1024 * 1024];
    assert_eq!(ana.upload(&path, "1", &large).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(change(&app, number).await.revision, 1);
    assert_eq!(ana.upload(&path, "1", file).await.status(), StatusCode::SEE_OTHER);
    let body = change(&app, number).await.body.unwrap();
    assert_eq!(body["entries"], serde_json::json!(["Globex", "Initech"]));
    // An upload for an outdated revision becomes a separate draft.
    let late = ana.upload(&path, "1", b"Umbrella\n").await;
    assert_ne!(location(&late), format!("/changes/{number}"));
    assert_eq!(change(&app, number).await.body.unwrap(), body);
    // A list file cannot replace other content.
    let pool = begin(&mut ana, &Kind::Pool.to_string(), "closers").await;
    let refused = ana.upload(&format!("/changes/{pool}/upload"), "1", file).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_form_that_is_too_long_is_rejected_and_changes_nothing() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "list", "partners").await;
    let (text, number) = ("x".repeat(10 * 1024 * 1024), number.to_string());
    let fields = [("number", &*number), ("revision", "1"), ("source", &*text), ("then", "save")];
    assert_eq!(ana.post("/actions/save-change", &fields).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(change(&app, number.parse().unwrap()).await.revision, 1);
}

/// Uploads a file and returns the page that follows.
async fn uploaded(browser: &mut Browser<'_>, number: i64, revision: &str, mode: &str, file: &[u8]) -> String {
    let path = format!("/changes/{number}");
    let answer = browser.upload_in_mode(&format!("{path}/upload"), revision, mode, file).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, &*path));
    text(browser, &path).await
}

fn entries(change: &Change) -> Vec<String> {
    serde_json::from_value(change.body.as_ref().unwrap()["entries"].clone()).unwrap()
}

#[tokio::test]
async fn an_upload_adds_to_a_list_or_replaces_it() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "list", "partners").await;
    save(&mut ana, number, "1", "Initech\nGlobex\n", "save").await;
    let page =
        uploaded(&mut ana, number, "2", "add", b"company,domain\nHooli,hooli.example\nglobex.,\n").await;
    assert!(page.contains("4 added") && page.contains("Skipped 1"), "{page}");
    assert_eq!(entries(&change(&app, number).await), ["Globex", "Hooli", "Initech", "hooli.example"]);
    let page = uploaded(&mut ana, number, "3", "replace", b"name\nUmbrella\n").await;
    assert!(page.contains("1 added"), "{page}");
    assert_eq!(entries(&change(&app, number).await), ["Umbrella"]);
}

#[tokio::test]
async fn a_file_that_is_no_list_is_refused_at_the_field_and_changes_nothing() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "list", "partners").await;
    save(&mut ana, number, "1", "Initech\n", "save").await;
    for (file, said) in [
        (&b""[..], "The file has no entries."),
        (b"company\n", "The file has no entries."),
        (b"%PDF-1.7", "This is a PDF document, not a list."),
        (b"\x63\xff\xfe", "This file is not text in UTF-8."),
    ] {
        for mode in ["add", "replace"] {
            let page = uploaded(&mut ana, number, "2", mode, file).await;
            let at_field = page.split("id=\"file-error\"").nth(1).unwrap_or_default();
            assert!(at_field.split("</p>").next().unwrap().contains(said), "{page}");
            assert!(
                page.contains("data-a=\"bad\" class=\"note flash\"") && page.contains("autofocus"),
                "{page}"
            );
        }
    }
    assert_eq!(change(&app, number).await.revision, 2);
}

#[tokio::test]
async fn single_entries_are_edited_in_the_viewer_s_own_draft() {
    let app = TestApp::start().await;
    let mut sdr = app.signed_in("sam@acme.example", &[Role::Sdr]).await;
    let edit = [("name", "tam"), ("add", "Zorg\r\n\r\nINITECH.\r\n"), ("remove[]", "Globex")];
    let answer = sdr.post("/actions/edit-entries", &edit).await;
    let number: i64 = location(&answer).strip_prefix("/changes/").unwrap().parse().unwrap();
    let draft = change(&app, number).await;
    let all = entries(&draft);
    assert!(all.contains(&"Zorg".to_owned()) && !all.contains(&"Globex".to_owned()), "{all:?}");
    assert!(!all.contains(&"INITECH.".to_owned()), "it is in the list");
    assert_eq!((draft.state, draft.base_version), (ChangeState::Draft, 1));
    let page = text(&mut sdr, &format!("/changes/{number}")).await;
    assert!(page.contains("1 removed, 1 added"), "{page}");
    // The next edit goes into the same draft, and Edit opens it.
    let answer = sdr.post("/actions/edit-entries", &[("name", "tam"), ("add", "Hooli")]).await;
    assert_eq!(location(&answer), format!("/changes/{number}"));
    assert_eq!(begin(&mut sdr, "list", "tam").await, number);
    assert_eq!(drafts(&app).await, 1);
    let number_text = number.to_string();
    let nothing = [("name", "tam"), ("number", &*number_text), ("add", " ")];
    sdr.post("/actions/edit-entries", &nothing).await;
    assert!(text(&mut sdr, &format!("/changes/{number}")).await.contains("id=\"add-error\""));
    // Other people's drafts stay theirs.
    let mut other = app.signed_in("eve@acme.example", &[Role::Ae]).await;
    let theirs = [("name", "tam"), ("number", &*number_text), ("add", "Evil")];
    assert_eq!(other.post("/actions/edit-entries", &theirs).await.status(), StatusCode::FORBIDDEN);
    assert_ne!(begin(&mut other, "list", "tam").await, number);
}

#[tokio::test]
async fn a_list_is_downloaded_as_a_file_that_can_be_uploaded_again() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let answer = ana.get("/lists/tam/entries.csv").await;
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"tam.csv\"");
    let file = answer.text().await.unwrap();
    assert!(file.starts_with("value\n") && file.contains("\nInitech\n"), "{file}");
    assert_eq!(ana.get("/lists/none/entries.csv").await.status(), StatusCode::NOT_FOUND);
    let number = begin(&mut ana, "list", "tam").await;
    uploaded(&mut ana, number, "1", "replace", file.as_bytes()).await;
    let mut connection = app.store().pool().acquire().await.unwrap();
    let live = store::workflows::newest(&mut connection, Kind::List, "tam").await.unwrap().unwrap();
    assert_eq!(change(&app, number).await.body, Some(live.body));
    let exports: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action LIKE '%export%'")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert_eq!(exports, 1);
}

#[tokio::test]
async fn a_text_with_errors_is_told_beside_it_and_never_as_unchanged() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "rule_set", "inbound-form").await;
    save(&mut ana, number, "1", "rule_set: inbound-form\n\trules: []\n", "save").await;
    let page = text(&mut ana, &format!("/changes/{number}")).await;
    assert!(page.contains("Saved with 1\u{a0}error. Fix it before you submit."), "{page}");
    assert!(page.contains("data-a=\"bad\" class=\"note flash\""), "{page}");
    assert!(page.contains("this line is indented with a tab"), "{page}");
    assert!(page.contains("cannot be compared") && !page.contains("No differences"), "{page}");
    let (problems, editor) =
        (page.find("id=\"problems\"").unwrap(), page.find("<textarea id=\"source\"").unwrap());
    assert!(problems < editor, "errors come before the text, so that they are in view");
}

#[tokio::test]
async fn a_pool_s_page_and_its_changes_show_names_and_shares() {
    let app = TestApp::start().await;
    app.office.add_demo_aes().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let page = text(&mut ana, "/pools/enterprise-ae").await;
    let readable = page.split("<summary>YAML").next().unwrap();
    assert!(readable.contains("omar") && !readable.contains(">omar@corvane.example<"), "{page}");
    let number = begin(&mut ana, "pool", "enterprise-ae").await;
    let pool = "name: enterprise-ae\nmembers:\n- person: jane@corvane.example\n- person: omar@corvane.example\n- person: jan@corvane.example\n";
    save(&mut ana, number, "1", pool, "submit").await;
    assert_eq!(change(&app, number).await.state, ChangeState::Draft);
    let page = text(&mut ana, &format!("/changes/{number}")).await;
    assert!(page.contains("There is no person with the address"), "{page}");
    save(&mut ana, number, "2", &pool.replace("- person: jan@corvane.example\n", ""), "submit").await;
    let submitted = text(&mut ana, &format!("/changes/{number}")).await;
    assert_eq!(change(&app, number).await.state, ChangeState::Submitted);
    let shares = submitted.split("id=\"shares\"").nth(1).unwrap().split("</table>").next().unwrap();
    for (name, was, would) in [("jane", "50", "50"), ("omar", "25", "50"), ("lucia", "25", "\u{2013}")] {
        let row = shares.split("<tr>").find(|row| row.contains(&format!(">{name}<"))).unwrap();
        assert!(row.contains(was) && row.contains(would), "{row}");
    }
    assert!(!shares.contains('@'), "{shares}");
}

#[tokio::test]
async fn an_outdated_change_is_told_on_its_page_and_brought_up_to_date_from_there() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    let mut eve = app.signed_in("eve@acme.example", &[Role::Revops]).await;
    let approve = async |browser: &mut Browser<'_>, number: i64| {
        let hash = change(&app, number).await.hash.unwrap().to_string();
        let number = number.to_string();
        let form = [("number", &*number), ("hash", &*hash), ("role", "revops"), ("comment", "")];
        browser.post("/actions/sign-change", &form).await
    };
    let first = begin(&mut ana, "list", "partners").await;
    save(&mut ana, first, "1", "Initech\n", "submit").await;
    approve(&mut ben, first).await;
    let number = begin(&mut ana, "list", "partners").await;
    save(&mut ana, number, "1", "Initech\nGlobex\n", "submit").await;
    let other = begin(&mut ben, "list", "partners").await;
    save(&mut ben, other, "1", "Initech\nHooli\n", "submit").await;
    approve(&mut ana, other).await;
    let page = format!("/changes/{number}");
    let shown = text(&mut eve, &page).await;
    assert!(shown.contains("Version 2 was approved after this change was submitted"), "{shown}");
    assert!(!shown.contains("Approve as") && shown.contains(">Outdated"), "{shown}");
    assert!(text(&mut eve, "/changes?show=open").await.contains("Outdated"));
    approve(&mut eve, number).await;
    assert_eq!(change(&app, number).await.state, ChangeState::Submitted, "nobody approves it");
    let answer = ana.post("/actions/start-over-change", &[("number", &number.to_string())]).await;
    let draft: i64 = location(&answer).strip_prefix("/changes/").unwrap().parse().unwrap();
    assert_eq!(entries(&change(&app, draft).await), ["Globex", "Hooli", "Initech"]);
    assert_eq!(change(&app, number).await.state, ChangeState::Withdrawn);
    let shown = text(&mut ana, &format!("/changes/{draft}")).await;
    assert!(
        shown.contains(&format!("This draft continues #{number}."))
            && shown.contains(&format!("Continues <a href=\"/changes/{number}\"")),
        "{shown}"
    );
}

#[tokio::test]
async fn someone_else_s_change_is_withdrawn_only_with_a_reason() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "list", "partners").await;
    save(&mut ana, number, "1", "Initech\n", "submit").await;
    let text_number = number.to_string();
    ben.post("/actions/withdraw-change", &[("number", &*text_number), ("reason", " ")]).await;
    assert_eq!(change(&app, number).await.state, ChangeState::Submitted);
    let page = text(&mut ben, &format!("/changes/{number}")).await;
    assert!(page.contains("id=\"reason-error\""), "{page}");
    ben.post("/actions/withdraw-change", &[("number", &*text_number), ("reason", "Not now")]).await;
    assert_eq!(change(&app, number).await.state, ChangeState::Withdrawn);
    assert!(text(&mut ana, &format!("/changes/{number}")).await.contains("Not now"));
}
