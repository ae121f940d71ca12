//! Importing a file in the browser: permissions, invalid files, the mapping, the run, and rejected rows.

use std::fmt::Write as _;

use reqwest::StatusCode;
use serde_json::json;
use service::import::{ImportFolder, ImportNotes, ImportSummary, ValueCounts};
use service::run::RunKind;
use store::Actor;
use store::actor::Role;
use store::runs::{Run, RunState};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;

use super::runs::{idle, over, results_under_kills, start};
use crate::support::{Browser, TestApp, location, text};

const FILE: &str = "Lead Id,Email,Company,Created,Status,Closed\n\
    1,ana@initech.example,Initech,2026-11-01,Closed Won,2026-11-20\n\
    2,ben@globex.example,Globex,2026-11-02,Working,\n\
    3,cleo@umbrella.example,Umbrella,soon,Working,\n";

/// Uploads a file and returns the id of the upload.
async fn uploaded(browser: &mut Browser<'_>, file: &str) -> String {
    let answer = browser.upload_import("leads.csv", file.as_bytes()).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    location(&answer).strip_prefix("/import/").unwrap().to_owned()
}

fn mapping(upload: &str) -> Vec<(&str, &str)> {
    vec![
        ("upload", upload),
        ("fields[workflow]", "inbound-form"),
        ("fields[email]", "Email"),
        ("fields[external_id]", "Lead Id"),
        ("fields[company]", "Company"),
        ("fields[at]", "Created"),
        ("fields[column1]", "Status"),
        ("fields[value1]", "Closed Won"),
        ("fields[stage1]", "won"),
        ("fields[ended1]", "Closed"),
    ]
}

async fn count(app: &TestApp, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(app.store().pool()).await.unwrap()
}

#[tokio::test]
async fn a_file_is_uploaded_mapped_imported_and_its_rejected_rows_are_downloaded() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    assert!(text(&mut browser, "/import").await.contains("up to 2\u{a0}GB"));
    let upload = uploaded(&mut browser, FILE).await;
    let page = text(&mut browser, &format!("/import/{upload}")).await;
    for shown in ["leads.csv", "ana@initech.example", "value=\"Closed Won\"", "Won"] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    // The preview reflects the form.
    let timed = format!("/import/{upload}?fields%5Bworkflow%5D=inbound-form&fields%5Bat%5D=Created");
    assert!(text(&mut browser, &timed).await.contains("Rejected because of"));
    let other = format!("/import/{upload}?fields%5Bworkflow%5D=inbound-form&fields%5Bemail%5D=Nothing");
    assert!(text(&mut browser, &other).await.contains("The file has no column `Nothing`"));
    let answer = browser.post("/actions/start-import", &mapping(&upload)).await;
    let page = location(&answer).to_owned();
    let run = over(app.store(), page.strip_prefix("/runs/").unwrap().parse().unwrap()).await;
    assert_eq!(run.state().unwrap(), RunState::Done, "{:?}", run.error);
    let shown = text(&mut browser, &page).await;
    assert!(shown.contains("2\u{a0}lead events imported, 1 rejected"), "{shown}");
    let rejects = text(&mut browser, &format!("{page}/rejects.csv")).await;
    assert!(
        rejects.starts_with("line,column,reason,cells\n4,Created,") && rejects.contains("is not a date"),
        "{rejects}"
    );
    assert_eq!(count(&app, "SELECT count(*) FROM events").await, 2);
    assert_eq!(count(&app, "SELECT count(*) FROM outcomes WHERE stage = 'won'").await, 1);
    assert_eq!(count(&app, "SELECT count(*) FROM effects").await, 0, "an import of history sends nothing");
    let acts: Vec<String> = sqlx::query_scalar(
        "SELECT action FROM audit_log WHERE action LIKE 'import.%' OR action LIKE 'run.%' OR action = 'export.csv' ORDER BY id",
    )
    .fetch_all(app.store().pool())
    .await
    .unwrap();
    assert_eq!(acts, ["import.upload", "run.start", "import.finish", "export.csv"]);
    // The file is deleted after the import.
    let folder = ImportFolder::new(app.run_context().data_dir.as_deref().unwrap(), upload.parse().unwrap());
    for _ in 0..100 {
        if !folder.file().exists() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(!folder.file().exists() && folder.rejects().exists());
    assert_eq!(mode(&folder.rejects()), 0o600);
    assert_eq!((mode(folder.path()), mode(folder.path().parent().unwrap())), (0o700, 0o700));
    assert!(text(&mut browser, &format!("/import/{upload}")).await.contains("was deleted"));
}

/// Who may read and write a file.
pub fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Starts an import and returns its run when it is over.
async fn imported(app: &TestApp, browser: &mut Browser<'_>, fields: &[(&str, &str)]) -> Run {
    let answer = browser.post("/actions/start-import", fields).await;
    let run = location(&answer).strip_prefix("/runs/").unwrap_or_else(|| panic!("{}", location(&answer)));
    over(app.store(), run.parse().unwrap()).await
}

fn summary(run: &Run) -> ImportSummary {
    let result = run.result.clone().unwrap_or_else(|| panic!("{:?}", run.error));
    serde_json::from_value(result).unwrap()
}

#[tokio::test]
async fn a_second_stage_of_the_same_rows_is_taken_and_a_refused_outcome_is_reported() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let file = "Id,Status,Closed,Signed\n1,Won,2026-11-20,2026-11-21\n";
    let fields = |upload| {
        vec![("upload", upload), ("fields[workflow]", "inbound-form"), ("fields[external_id]", "Id")]
    };
    let outcome = [("fields[column1]", "Status"), ("fields[value1]", "Won")];
    let upload = uploaded(&mut browser, file).await;
    let first = [("fields[stage1]", "opportunity"), ("fields[ended1]", "Closed")];
    let run = imported(&app, &mut browser, &[fields(&upload), outcome.into(), first.into()].concat()).await;
    assert_eq!(summary(&run).outcomes, 1);
    // The same place in the mapping says another stage.
    let upload = uploaded(&mut browser, file).await;
    let second = [("fields[stage1]", "won"), ("fields[ended1]", "Closed")];
    let run = imported(&app, &mut browser, &[fields(&upload), outcome.into(), second.into()].concat()).await;
    assert_eq!((summary(&run).repeated, summary(&run).outcomes), (1, 1));
    // The stage is known, with another time.
    let upload = uploaded(&mut browser, file).await;
    let third = [("fields[stage1]", "won"), ("fields[ended1]", "Signed")];
    let run = imported(&app, &mut browser, &[fields(&upload), outcome.into(), third.into()].concat()).await;
    assert_eq!((summary(&run).outcomes, summary(&run).rejected, summary(&run).outcomes_rejected), (0, 0, 1));
    let rejects = text(&mut browser, &format!("/runs/{}/rejects.csv", run.id)).await;
    assert!(
        rejects.contains("\n2,,") && rejects.contains("recorded the outcome `won` for this row"),
        "{rejects}"
    );
    let stages: Vec<String> = sqlx::query_scalar("SELECT stage FROM outcomes ORDER BY id")
        .fetch_all(app.store().pool())
        .await
        .unwrap();
    assert_eq!(stages, ["opportunity", "won"]);
    // Imported again, it says the same again.
    let upload = uploaded(&mut browser, file).await;
    let run = imported(&app, &mut browser, &[fields(&upload), outcome.into(), third.into()].concat()).await;
    assert_eq!((summary(&run).repeated, summary(&run).outcomes_rejected), (1, 1));
}

#[tokio::test]
async fn half_an_outcome_in_a_row_is_reported_and_half_a_form_is_refused_and_kept() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let upload = uploaded(&mut browser, "Id,Status,Closed\n1,,2026-11-20\n2,Won,\n").await;
    let fields = vec![
        ("upload", upload.as_str()),
        ("fields[workflow]", "inbound-form"),
        ("fields[external_id]", "Id"),
        ("fields[column1]", "Status"),
        ("fields[value1]", "Won"),
        ("fields[ended1]", "Closed"),
        ("fields[more]", "size"),
    ];
    let answer = browser.post("/actions/start-import", &fields).await;
    let back = location(&answer).to_owned();
    assert!(back.starts_with(&format!("/import/{upload}?")), "{back}");
    let page = text(&mut browser, &back).await;
    for said in [
        "Outcome 1 has no stage",
        "Other fields, line 1: `size` is not in the form field = column",
        "value=\"Won\"",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert_eq!(count(&app, "SELECT count(*) FROM runs").await, 0);
    let whole = [&fields[..6], &[("fields[stage1]", "won")]].concat();
    let run = imported(&app, &mut browser, &whole).await;
    let counted = summary(&run);
    assert_eq!((counted.imported, counted.outcomes, counted.outcomes_rejected), (2, 1, 1));
    let shown = text(&mut browser, &format!("/runs/{}", run.id)).await;
    assert!(shown.contains("Outcomes rejected") && shown.contains("Download rejected rows"), "{shown}");
    let rejects = text(&mut browser, &format!("/runs/{}/rejects.csv", run.id)).await;
    assert!(rejects.contains("\n2,Closed,\"There is a time but `Status` is empty"), "{rejects}");
}

#[tokio::test]
async fn columns_keep_their_names_and_times_are_read_in_the_chosen_zone() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let upload =
        uploaded(&mut browser, "Id \tMail\tMail\tWhen\n7\t\tana@initech.example\t2026-11-02 09:00\n").await;
    let page = text(&mut browser, &format!("/import/{upload}")).await;
    assert!(
        page.contains("value=\"Id \"") && page.contains("Mail (2)") && page.contains("Time zone"),
        "{page}"
    );
    let fields = [
        ("upload", upload.as_str()),
        ("fields[workflow]", "inbound-form"),
        ("fields[external_id]", "Id "),
        ("fields[email]", "Mail (2)"),
        ("fields[at]", "When"),
        ("fields[zone]", "Europe/Berlin"),
    ];
    let run = imported(&app, &mut browser, &fields).await;
    assert_eq!((summary(&run).imported, summary(&run).rejected), (1, 0));
    let at: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("SELECT as_of FROM decisions").fetch_one(app.store().pool()).await.unwrap();
    assert_eq!(at.to_rfc3339(), "2026-11-02T08:00:00+00:00");
    assert_eq!(count(&app, "SELECT count(*) FROM lead_identities").await, 2);
}

#[tokio::test]
async fn a_file_of_a_spreadsheet_is_understood_and_what_was_left_aside_is_said() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let content = "sep=;\r\nId;Mail;Name;Created;Status;Closed;\r\n\
        7;mailto:ana@initech.example;Jürgen;01/05/2023 14:03;closed WON;02/05/2023;\r\n\
        N/A;ben@globex.example;Ben;24/11/2023;Open;\r\n\
        ;;;;;;\r\n\
        8;\"cleo@umbrella.example;Cleo;01/05/2023;Won;\r\n\
        1,23457E+18;dan@hooli.example;Dan;01/05/2023;Open;\r\n\
        9;eve@hooli.example;Eve;01/05/2023;Closed Won;01/01/2099;\r\n";
    // Windows-1252, as Excel saves CSV.
    let file: Vec<u8> = content.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let answer = browser.upload_import("leads.csv", &file).await;
    let upload = location(&answer).strip_prefix("/import/").unwrap().to_owned();
    let page = text_of(&mut browser, &upload).await;
    assert!(page.contains("Read as Windows-1252, semicolons") && page.contains("Date format"), "{page}");
    let fields = [
        ("upload", upload.as_str()),
        ("fields[workflow]", "inbound-form"),
        ("fields[external_id]", "Id"),
        ("fields[email]", "Mail"),
        ("fields[name]", "Name"),
        ("fields[at]", "Created"),
        ("fields[zone]", "UTC"),
        ("fields[column1]", "Status"),
        ("fields[value1]", "Closed Won"),
        ("fields[stage1]", "won"),
        ("fields[ended1]", "Closed"),
        ("fields[dates]", "DD/MM/YYYY"),
    ];
    let run = imported(&app, &mut browser, &fields).await;
    let counted = summary(&run);
    assert_eq!((counted.rows, counted.imported, counted.rejected), (6, 3, 2), "{counted:?}");
    assert_eq!((counted.outcomes, counted.outcomes_rejected), (1, 1), "{counted:?}");
    let page = text(&mut browser, &format!("/runs/{}", run.id)).await;
    for said in [
        "The file was read as Windows-1252, semicolons.",
        "1 blank row was skipped.",
        "Not used as IDs, because they are placeholders: `N/A` (1).",
        "Values of `Status` that mean no outcome: `Open` (1).",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    let rejects = text(&mut browser, &format!("/runs/{}/rejects.csv", run.id)).await;
    assert!(rejects.contains("\n6,,\"The quote opened on line 6 is not closed"), "{rejects}");
    assert!(
        rejects.contains("8;\\\"\"cleo@umbrella.example;Cleo;01/05/2023;Won;"),
        "the row as it came: {rejects}"
    );
    assert!(rejects.contains("\n7,Id,\"`1,23457E+18` is a number that a spreadsheet rounded"), "{rejects}");
    assert!(rejects.contains("\n8,Closed,") && rejects.contains("is in the future"), "{rejects}");
    let leads: Vec<(Option<String>, Option<String>)> =
        sqlx::query_as("SELECT external_id, name FROM leads ORDER BY email")
            .fetch_all(app.store().pool())
            .await
            .unwrap();
    let row = |id: Option<&str>, name: &str| (id.map(str::to_owned), Some(name.to_owned()));
    assert_eq!(leads, [row(Some("7"), "Jürgen"), row(None, "Ben"), row(Some("9"), "Eve")]);
    let at: Vec<String> = sqlx::query_scalar("SELECT as_of::date::text FROM decisions ORDER BY as_of")
        .fetch_all(app.store().pool())
        .await
        .unwrap();
    assert_eq!(at, ["2023-05-01", "2023-05-01", "2023-11-24"]);
}

async fn text_of(browser: &mut Browser<'_>, upload: &str) -> String {
    text(browser, &format!("/import/{upload}")).await
}

#[tokio::test]
async fn a_cancelled_import_is_retried_by_another_person_who_may_import() {
    let (app, context) = idle().await;
    let mut rita = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let upload = uploaded(&mut rita, FILE).await;
    let answer = rita.post("/actions/start-import", &mapping(&upload)).await;
    let run = location(&answer).strip_prefix("/runs/").unwrap().to_owned();
    assert_eq!(rita.post("/actions/cancel-run", &[("run", &run)]).await.status(), StatusCode::SEE_OTHER);
    let mut sam = app.signed_in("sam@acme.example", &[Role::Integrations]).await;
    assert_eq!(sam.post("/actions/retry-run", &[("run", &run)]).await.status(), StatusCode::FORBIDDEN);
    let mut ada = app.signed_in("ada@acme.example", &[Role::Admin]).await;
    let answer = ada.post("/actions/retry-run", &[("run", &run)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let again: Uuid = location(&answer).strip_prefix("/runs/").unwrap().parse().unwrap();
    assert_ne!(again.to_string(), run);
    let claim =
        store::runs::claim(app.store(), "test", &["import"], service::run::LEASE).await.unwrap().unwrap();
    service::run::execute(&context, claim, &tokio_util::sync::CancellationToken::new()).await.unwrap();
    assert_eq!(summary(&over(app.store(), again).await).imported, 2);
}

#[tokio::test]
async fn an_invalid_file_is_rejected_and_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    for (file, said) in [
        (&b"PK\x03\x04\x00\x00\x00"[..], "save it as “CSV UTF-8”"),
        (b"a\x00b\x01\x00\x00", "not a text file"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "save it as .xlsx"),
        (b"", "The file is empty"),
        (b"Email,Company\n", "no rows below its header"),
    ] {
        let answer = browser.upload_import("leads.xlsx", file).await;
        assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/import"));
        let page = text(&mut browser, "/import").await;
        assert!(page.contains(said), "{said} in {page}");
    }
    assert_eq!(count(&app, "SELECT count(*) FROM uploads").await, 0);
    let imports = app.run_context().data_dir.unwrap().join("imports");
    assert_eq!(std::fs::read_dir(imports).unwrap().count(), 0);
}

#[tokio::test]
async fn a_file_over_the_size_limit_is_rejected_before_it_is_read() {
    let app = TestApp::start().await;
    let browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let host = app.address.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /import/upload HTTP/1.1\r\nHost: {host}\r\nCookie: meshline_session={}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 2200000000\r\nConnection: close\r\n\r\n",
        browser.session().unwrap()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(std::str::from_utf8(&answer).unwrap(), "HTTP/1.1 413");
}

#[tokio::test]
async fn only_revops_and_administrators_import_only_their_own_files() {
    let app = TestApp::start().await;
    let mut rita = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let upload = uploaded(&mut rita, FILE).await;
    let mut other = app.signed_in("ada@acme.example", &[Role::Admin]).await;
    assert!(text(&mut other, "/leads").await.contains("href=\"/import\""));
    assert_eq!(other.get(&format!("/import/{upload}")).await.status(), StatusCode::NOT_FOUND);
    let answer = other.post("/actions/start-import", &mapping(&upload)).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    for role in [Role::Sdr, Role::RevopsLead, Role::Integrations] {
        let mut browser = app.signed_in(&format!("{role}@acme.example"), &[role]).await;
        assert!(!text(&mut browser, "/runs").await.contains("href=\"/import\""), "{role}");
        assert_eq!(browser.get("/import").await.status(), StatusCode::FORBIDDEN, "{role}");
        let answer = browser.upload_import("leads.csv", FILE.as_bytes()).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{role}");
        let answer = browser.post("/actions/start-import", &mapping(&upload)).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{role}");
    }
    assert_eq!(count(&app, "SELECT count(*) FROM runs").await, 0);
}

#[tokio::test]
pub async fn an_import_has_the_same_result_however_often_its_process_is_killed() {
    let (app, context) = idle().await;
    let data = context.data_dir.clone().unwrap();
    // Two rows are equal, some have no date, every tenth was won, and some say when they ended but not how.
    let rows = 1_300;
    let file = |set: usize| {
        let mut file = "Lead Id,Email,Created,Status,Closed\n".to_owned();
        for n in 0..rows {
            let status = match n {
                _ if n % 10 == 0 => "Won",
                _ if n % 100 == 7 => "",
                _ => "Open",
            };
            let created = if n % 400 == 399 { "soon" } else { "2026-11-01" };
            writeln!(file, "{set}-{n},l{n}@set{set}.example,{created},{status},2026-11-02").unwrap();
        }
        file + &format!("{set}-1,l1@set{set}.example,2026-11-01,Open,2026-11-02\n,,,,\n")
    };
    let actor = Actor::command("test");
    let begin = async |set: usize| {
        let upload = Uuid::from_u128(set as u128 + 1);
        let folder = ImportFolder::new(&data, upload);
        std::fs::create_dir_all(folder.path()).unwrap();
        std::fs::write(folder.file(), file(set)).unwrap();
        let input = json!({
            "upload": upload, "file_name": "leads.csv", "workflow": "inbound-form", "at": "Created",
            "zone": "Europe/Berlin",
            "mappings": ["external_id=Lead Id", "email=Email"], "outcomes": ["Status=Won:won@Closed"],
        });
        start(app.store(), &actor, RunKind::Import, &input).await
    };
    let runs = results_under_kills(&app, &context, RunKind::Import, 900, begin).await;
    // What is said beside the counts is counted once as well.
    let open = ValueCounts { values: [("Open".to_owned(), 1_155)].into(), others: 0 };
    let notes = ImportNotes {
        format: "UTF-8, commas".into(),
        blank: 1,
        unmatched: [("Status".to_owned(), open)].into(),
        ..ImportNotes::default()
    };
    for (set, run) in runs.iter().enumerate() {
        let result = run.result.clone().unwrap_or_else(|| panic!("{:?}", run.error));
        let summary: ImportSummary = serde_json::from_value(result).unwrap();
        let expected = ImportSummary {
            bytes_read: file(set).len() as u64,
            rows: rows + 2,
            imported: rows + 1 - 3,
            repeated: 0,
            rejected: 3,
            outcomes: 130,
            outcomes_rejected: 13,
            notes: notes.clone(),
        };
        assert_eq!(summary, expected, "after {} processes", run.attempts);
        let upload = Uuid::from_u128(set as u128 + 1);
        let rejects = std::fs::read_to_string(ImportFolder::new(&data, upload).rejects()).unwrap();
        let lines: Vec<u64> =
            rejects.lines().skip(1).filter_map(|line| line.split(',').next()?.parse().ok()).collect();
        let mut expected: Vec<u64> =
            [401, 801, 1_201].into_iter().chain((0..13).map(|n| n * 100 + 9)).collect();
        expected.sort_unstable();
        assert_eq!(lines, expected);
    }
    let sets = runs.len() as i64;
    assert_eq!(count(&app, "SELECT count(*) FROM events").await, sets * (rows as i64 - 2));
    assert_eq!(count(&app, "SELECT count(*) FROM outcomes").await, sets * 130);
}
