//! Importing a file in the browser: permissions, invalid files, the mapping, the run, and rejected rows.

use std::fmt::Write as _;

use reqwest::StatusCode;
use serde_json::json;
use service::import::{ImportFolder, ImportSummary};
use service::run::RunKind;
use store::Actor;
use store::actor::Role;
use store::runs::RunState;
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
    assert!(text(&mut browser, "/import").await.contains("up to 2 GB"));
    let upload = uploaded(&mut browser, FILE).await;
    let page = text(&mut browser, &format!("/import/{upload}")).await;
    for shown in ["leads.csv", "ana@initech.example", "value=\"Closed Won\"", "Won"] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    // The preview reflects the form.
    let timed = format!("/import/{upload}?fields%5Bworkflow%5D=inbound-form&fields%5Bat%5D=Created");
    assert!(text(&mut browser, &timed).await.contains("Rejected:"));
    let other = format!("/import/{upload}?fields%5Bworkflow%5D=inbound-form&fields%5Bemail%5D=Nothing");
    assert!(text(&mut browser, &other).await.contains("The file has no column `Nothing`"));
    let answer = browser.post("/actions/start-import", &mapping(&upload)).await;
    let page = location(&answer).to_owned();
    let run = over(app.store(), page.strip_prefix("/runs/").unwrap().parse().unwrap()).await;
    assert_eq!(run.state().unwrap(), RunState::Done, "{:?}", run.error);
    let shown = text(&mut browser, &page).await;
    assert!(shown.contains("2\u{a0}lead events imported, 1 rejected"), "{shown}");
    let rejects = text(&mut browser, &format!("{page}/rejects.csv")).await;
    assert!(rejects.starts_with("row,reason,cells\n3,") && rejects.contains("no date"), "{rejects}");
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
    assert!(text(&mut browser, &format!("/import/{upload}")).await.contains("was deleted"));
}

#[tokio::test]
async fn an_invalid_file_is_rejected_and_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    for (file, said) in [
        (&b"PK\x03\x04\x00\x00\x00"[..], "not a text file"),
        (b"", "The file is empty"),
        (b"Email,Company\n", "no rows below its header"),
        (b"a,a\n1,2\n", "is there twice"),
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
    // Two rows are equal, one has no date, and every tenth was won.
    let rows = 1_300;
    let file = |set: usize| {
        let mut file = "Lead Id,Email,Created,Status,Closed\n".to_owned();
        for n in 0..rows {
            let status = if n % 10 == 0 { "Won" } else { "Open" };
            let created = if n % 400 == 399 { "soon" } else { "2026-11-01" };
            writeln!(file, "{set}-{n},l{n}@set{set}.example,{created},{status},2026-11-02").unwrap();
        }
        file + &format!("{set}-1,l1@set{set}.example,2026-11-01,Open,2026-11-02\n")
    };
    let actor = Actor::command("test");
    let begin = async |set: usize| {
        let upload = Uuid::from_u128(set as u128 + 1);
        let folder = ImportFolder::new(&data, upload);
        std::fs::create_dir_all(folder.path()).unwrap();
        std::fs::write(folder.file(), file(set)).unwrap();
        let input = json!({
            "upload": upload, "file_name": "leads.csv", "workflow": "inbound-form", "at": "Created",
            "mappings": ["external_id=Lead Id", "email=Email"], "outcomes": ["Status=Won:won@Closed"],
        });
        start(app.store(), &actor, RunKind::Import, &input).await
    };
    let runs = results_under_kills(&app, &context, RunKind::Import, 900, begin).await;
    for (set, run) in runs.iter().enumerate() {
        let result = run.result.clone().unwrap_or_else(|| panic!("{:?}", run.error));
        let summary: ImportSummary = serde_json::from_value(result).unwrap();
        let expected = ImportSummary {
            bytes_read: file(set).len() as u64,
            rows: rows + 1,
            imported: rows + 1 - 3,
            repeated: 0,
            rejected: 3,
            outcomes: 130,
        };
        assert_eq!(summary, expected, "after {} processes", run.attempts);
        let upload = Uuid::from_u128(set as u128 + 1);
        let rejects = std::fs::read_to_string(ImportFolder::new(&data, upload).rejects()).unwrap();
        let numbers: Vec<&str> = rejects.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        assert_eq!(numbers, ["400", "800", "1200"]);
    }
    let sets = runs.len() as i64;
    assert_eq!(count(&app, "SELECT count(*) FROM events").await, sets * (rows as i64 - 2));
    assert_eq!(count(&app, "SELECT count(*) FROM outcomes").await, sets * 130);
}
