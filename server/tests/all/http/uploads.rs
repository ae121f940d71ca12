//! Uploads in chunks: they resume where they stopped, are never mixed with other files, belong to one person, and are removed if abandoned.

use std::fmt::Write as _;
use std::path::PathBuf;

use reqwest::StatusCode;
use serde_json::{Value as Json, json};
use service::import::ImportFolder;
use service::import::upload::{CHUNK_BYTES, FILE_BYTES, next_hash};
use store::actor::Role;

use super::imports::mode;
use crate::support::{Browser, TestApp, location, text};

const CHUNK: usize = CHUNK_BYTES as usize;

/// A table of two chunks and a bit.
fn file() -> Vec<u8> {
    let mut file = "Id,Text\n".to_owned();
    while file.len() < 2 * CHUNK + 1_000 {
        let length = file.len();
        writeln!(file, "{length},{}", "x".repeat(60_000)).unwrap();
    }
    file.into_bytes()
}

/// The hash of the first bytes, which end with a chunk.
fn hash(bytes: &[u8]) -> String {
    let hash = bytes.chunks(CHUNK).fold([0; 32], next_hash);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn begin(browser: &mut Browser<'_>, name: &str, bytes: u64, fresh: bool) -> (StatusCode, Json) {
    let body = json!({ "name": name, "bytes": bytes, "fresh": fresh }).to_string().into_bytes();
    answered(browser.post_bytes("/import/uploads", "application/json", body).await).await
}

async fn answered(answer: reqwest::Response) -> (StatusCode, Json) {
    let status = answer.status();
    (status, answer.json().await.unwrap_or_default())
}

/// Sends the chunk that begins at `offset` after what the file has before it.
async fn send(browser: &mut Browser<'_>, id: &str, file: &[u8], offset: usize) -> (StatusCode, Json) {
    let chunk = file[offset..].chunks(CHUNK).next().unwrap_or_default().to_vec();
    let address = format!("/import/uploads/{id}?offset={offset}&after={}", hash(&file[..offset]));
    answered(browser.post_bytes(&address, "application/octet-stream", chunk).await).await
}

async fn finish(browser: &mut Browser<'_>, id: &str) -> (StatusCode, Json) {
    let address = format!("/import/uploads/{id}/finish");
    answered(browser.post_bytes(&address, "application/json", b"{}".to_vec()).await).await
}

fn folders(app: &TestApp) -> Vec<PathBuf> {
    let imports = app.run_context().data_dir.unwrap().join("imports");
    std::fs::read_dir(imports).map_or_else(|_| Vec::new(), |all| all.map(|one| one.unwrap().path()).collect())
}

fn folder(app: &TestApp, id: &str) -> ImportFolder {
    ImportFolder::new(&app.run_context().data_dir.unwrap(), id.parse().unwrap())
}

#[tokio::test]
async fn an_upload_resumes_where_it_was_and_comes_to_the_same_file() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let file = file();
    let size = file.len() as u64;
    let (status, begun) = begin(&mut browser, "C:\\leads.csv", size, false).await;
    assert_eq!(
        (status, &begun["received"], &begun["chunk"]),
        (StatusCode::OK, &json!(0), &json!(CHUNK_BYTES))
    );
    let id = begun["id"].as_str().unwrap().to_owned();
    let (status, sent) = send(&mut browser, &id, &file, 0).await;
    assert_eq!(
        (status, &sent["received"], &sent["hash"]),
        (StatusCode::OK, &json!(CHUNK), &json!(hash(&file[..CHUNK])))
    );
    // A process that is killed while it writes leaves more on the disk than counts.
    let incoming = folder(&app, &id).incoming();
    assert_eq!((mode(&incoming), mode(incoming.parent().unwrap())), (0o600, 0o700));
    let mut written = std::fs::read(&incoming).unwrap();
    written.extend_from_slice(b"half a chunk");
    std::fs::write(&incoming, written).unwrap();
    // The answer to a chunk was lost, and it is sent again.
    let (status, sent) = send(&mut browser, &id, &file, 0).await;
    assert_eq!((status, &sent["received"]), (StatusCode::CONFLICT, &json!(CHUNK)));
    // A part of it is missing.
    assert_eq!(finish(&mut browser, &id).await.1["next"], "/import");
    // The page tells of it, and the same person picks the same file again.
    let page = text(&mut browser, "/import").await;
    assert!(
        page.contains("Unfinished uploads")
            && page.contains("leads.csv")
            && page.contains("4.2\u{a0}MB of 8.4\u{a0}MB"),
        "{page}"
    );
    let (_, again) = begin(&mut browser, "leads.csv", size, false).await;
    assert_eq!(
        (&again["id"], &again["received"], &again["hash"]),
        (&json!(id), &json!(CHUNK), &json!(hash(&file[..CHUNK])))
    );
    for offset in [CHUNK, 2 * CHUNK] {
        let (status, _) = send(&mut browser, &id, &file, offset).await;
        assert_eq!(status, StatusCode::OK, "{offset}");
    }
    assert_eq!(finish(&mut browser, &id).await, (StatusCode::OK, json!({ "next": format!("/import/{id}") })));
    assert!(std::fs::read(folder(&app, &id).file()).unwrap() == file, "it is the same file");
    assert!(text(&mut browser, &format!("/import/{id}")).await.contains("leads.csv"));
    assert!(!text(&mut browser, "/import").await.contains("Unfinished uploads"));
    assert_eq!(finish(&mut browser, &id).await.0, StatusCode::NOT_FOUND, "it is finished once");
}

#[tokio::test]
async fn another_file_of_the_same_name_and_size_is_not_joined_to_it() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let file = file();
    let mut other = file.clone();
    other[9] = b'Z';
    let (_, begun) = begin(&mut browser, "leads.csv", file.len() as u64, false).await;
    let id = begun["id"].as_str().unwrap().to_owned();
    send(&mut browser, &id, &file, 0).await;
    let (status, elsewhere) = send(&mut browser, &id, &other, CHUNK).await;
    assert_eq!((status, &elsewhere["received"]), (StatusCode::CONFLICT, &json!(CHUNK)));
    let (_, fresh) = begin(&mut browser, "leads.csv", other.len() as u64, true).await;
    assert_eq!(fresh["received"], 0);
    assert_ne!(fresh["id"], id);
    assert_eq!(folders(&app).len(), 1, "what had arrived of the first is gone");
    // Bytes that the disk has lost are sent again.
    let id = fresh["id"].as_str().unwrap().to_owned();
    send(&mut browser, &id, &other, 0).await;
    std::fs::remove_file(folder(&app, &id).incoming()).unwrap();
    assert_eq!(send(&mut browser, &id, &other, CHUNK).await.0, StatusCode::CONFLICT);
    assert_eq!(begin(&mut browser, "leads.csv", other.len() as u64, false).await.1["received"], 0);
}

#[tokio::test]
async fn an_upload_is_one_person_s_and_within_the_limits() {
    let app = TestApp::start().await;
    let mut rita = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let file = file();
    let (_, begun) = begin(&mut rita, "leads.csv", file.len() as u64, false).await;
    let id = begun["id"].as_str().unwrap().to_owned();
    let mut other = app.signed_in("ada@acme.example", &[Role::Admin]).await;
    assert_eq!(send(&mut other, &id, &file, 0).await.0, StatusCode::NOT_FOUND);
    assert_eq!(finish(&mut other, &id).await.0, StatusCode::NOT_FOUND);
    let cancelled = other.post("/actions/cancel-upload", &[("upload", &id)]).await;
    assert_eq!(cancelled.status(), StatusCode::NOT_FOUND);
    let (_, own) = begin(&mut other, "leads.csv", file.len() as u64, false).await;
    assert_ne!(own["id"], id, "the same file of another person is another upload");
    assert!(!text(&mut other, "/import").await.contains(&id));
    // Chunks have the length of their turn, and no more.
    let address = format!("/import/uploads/{id}?offset=0&after={}", hash(&[]));
    let short = rita.post_bytes(&address, "application/octet-stream", vec![0; 10]).await;
    assert_eq!(short.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let long = rita.post_bytes(&address, "application/octet-stream", vec![0; CHUNK + 1]).await;
    assert_eq!(long.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(begin(&mut rita, "big.csv", FILE_BYTES + 1, false).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(begin(&mut rita, "none.csv", 0, false).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    for n in 1..5 {
        assert_eq!(begin(&mut rita, &format!("{n}.csv"), 10, false).await.0, StatusCode::OK);
    }
    let (status, refused) = begin(&mut rita, "6.csv", 10, false).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused["detail"].as_str().unwrap().contains("5 unfinished uploads"), "{refused}");
    assert_eq!(folders(&app).len(), 6);
    let cancelled = rita.post("/actions/cancel-upload", &[("upload", &id)]).await;
    assert_eq!((cancelled.status(), location(&cancelled)), (StatusCode::SEE_OTHER, "/import"));
    assert!(text(&mut rita, "/import").await.contains("Upload cancelled"));
    assert_eq!((folders(&app).len(), send(&mut rita, &id, &file, 0).await.0), (5, StatusCode::NOT_FOUND));
}

#[tokio::test]
async fn a_file_in_chunks_that_is_no_table_is_not_taken_and_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let file = b"PK\x03\x04\x00\x00";
    let (_, begun) = begin(&mut browser, "leads.xlsx", file.len() as u64, false).await;
    let id = begun["id"].as_str().unwrap().to_owned();
    assert_eq!(send(&mut browser, &id, file, 0).await.0, StatusCode::OK);
    assert_eq!(finish(&mut browser, &id).await.1["next"], "/import");
    assert!(text(&mut browser, "/import").await.contains("save it as “CSV UTF-8”"));
    assert!(folders(&app).is_empty());
    let left: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM uploads) + (SELECT count(*) FROM unfinished_uploads)",
    )
    .fetch_one(app.store().pool())
    .await
    .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn abandoned_uploads_are_removed_and_others_stay() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let (_, old) = begin(&mut browser, "old.csv", 10, false).await;
    let (_, new) = begin(&mut browser, "new.csv", 10, false).await;
    let old = old["id"].as_str().unwrap().to_owned();
    let days =
        "UPDATE unfinished_uploads SET updated_at = updated_at - interval '73 hours' WHERE id = $1::uuid";
    sqlx::query(days).bind(&old).execute(app.store().pool()).await.unwrap();
    let data_dir = app.run_context().data_dir.unwrap();
    assert_eq!(server::tasks::delete_uploads(app.store(), Some(&data_dir)).await.unwrap(), "1 deleted.");
    assert_eq!(folders(&app), [folder(&app, new["id"].as_str().unwrap()).path()]);
    assert_eq!(
        server::tasks::delete_uploads(app.store(), Some(&data_dir)).await.unwrap(),
        "None were old enough."
    );
}
