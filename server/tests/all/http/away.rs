//! The database goes away and returns: callers are asked to retry, and no restart is needed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use server::http::Config;
use sqlx::postgres::PgConnectOptions;
use store::Store;
use store::people::Scope;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::lead::Office;
use crate::support::TestApp;

/// A connection to the database that can be cut.
struct Line {
    port: u16,
    is_up: Arc<watch::Sender<bool>>,
}

impl Line {
    async fn to(options: &PgConnectOptions) -> Self {
        let server = (options.get_host().to_owned(), options.get_port());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_up = Arc::new(watch::channel(true).0);
        let shared = is_up.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (mut up, server) = (shared.subscribe(), server.clone());
                tokio::spawn(async move {
                    if !*up.borrow_and_update() {
                        return;
                    }
                    let mut server = TcpStream::connect(server).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        _ = up.changed() => {}
                    }
                });
            }
        });
        Self { port, is_up }
    }
}

fn event(n: usize) -> Json {
    json!({"kind": "form", "source": "website", "lead": {"email": format!("ana-{n}@initech.example")}, "payload": {"company": "Initech"}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_rejected_while_the_database_is_unavailable_and_accepted_afterwards() {
    let office = Box::pin(Office::open()).await;
    let line = Line::to(&office.database.url.parse().unwrap()).await;
    let mut url: url::Url = office.database.url.parse().unwrap();
    url.set_port(Some(line.port)).unwrap();
    let store = Store::connect(url.as_str(), store::testing::keyring()).await.unwrap();
    let app = Box::pin(TestApp::serving(office, store, Config::default())).await;
    let key = app.key(&[Scope::Ingest, Scope::Read]).await;
    assert_eq!(app.post_event(&key, "before", &event(0)).await.status(), StatusCode::CREATED);

    line.is_up.send_replace(false);
    let start = Instant::now();
    let answers = futures::future::join_all((0..20).map(|n| {
        let (app, key, body) = (&app, &key, event(n));
        async move { app.post_event(key, &format!("k{n}"), &body).await }
    }))
    .await;
    for answer in answers {
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let after: u32 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&after));
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
    assert!(start.elapsed() < Duration::from_secs(30), "no request waits for long: {:?}", start.elapsed());
    let ready = app.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(app.request(Method::GET, "/healthz").send().await.unwrap().status(), StatusCode::OK);

    line.is_up.send_replace(true);
    let mut is_ready = false;
    for _ in 0..100 {
        is_ready = app.request(Method::GET, "/readyz").send().await.unwrap().status() == StatusCode::OK;
        if is_ready {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(is_ready, "ready again without a restart");
    // The same keys: rejected events left nothing behind and are accepted now.
    for n in 0..20 {
        assert_eq!(app.post_event(&key, &format!("k{n}"), &event(n)).await.status(), StatusCode::CREATED);
    }
    let decided: i64 =
        sqlx::query_scalar("SELECT count(*) FROM decisions").fetch_one(app.store().pool()).await.unwrap();
    assert_eq!(decided, 21);
}
