//! Health checks, the headers of every response, and static files.

use std::process::Command;

use reqwest::Method;
use server::http::Config;
use store::actor::Role;
use store::people::Scope;

use crate::support::{TestApp, between, problem, text};

#[tokio::test]
async fn the_process_is_alive_and_ready() {
    let app = TestApp::start().await;
    for (path, said) in [("/healthz", "ok"), ("/readyz", "ready")] {
        let response = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap().lines().next(), Some(said));
    }
}

#[tokio::test]
async fn the_program_readyz_and_the_foot_of_pages_show_one_version() {
    let version = concat!("meshline ", env!("CARGO_PKG_VERSION"));
    let printed = Command::new(env!("CARGO_BIN_EXE_meshline")).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&printed.stdout), format!("{version}\n"));
    let app = TestApp::start().await;
    let ready = app.request(Method::GET, "/readyz").send().await.unwrap().text().await.unwrap();
    assert!(ready.starts_with(&format!("ready\n{version}\n")), "{ready}");
    let mut browser = app.signed_in("ana@corvane.example", &[Role::Sdr]).await;
    let page = text(&mut browser, "/leads").await;
    assert_eq!(
        between(&page, "<small class=\"version\">", "</small>").replace("<!>", "").to_lowercase(),
        version
    );
}

#[tokio::test]
async fn the_process_is_not_ready_when_the_log_could_be_changed() {
    let app = TestApp::start().await;
    let mut owner = app.office.database.owner().await;
    sqlx::query("GRANT UPDATE ON decisions TO meshline_app").execute(&mut owner).await.unwrap();
    let refused = problem(app.request(Method::GET, "/readyz").send().await.unwrap(), 503).await;
    assert_eq!(refused["detail"], "The application's role could change the log. Run `meshline migrate`.");
}

#[tokio::test]
async fn metrics_need_loopback_or_an_api_key() {
    let app = TestApp::start().await;
    let get = || app.request(Method::GET, "/metrics");
    app.request(Method::GET, "/healthz").send().await.unwrap();
    let figures = get().send().await.unwrap();
    assert_eq!(figures.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let figures = figures.text().await.unwrap();
    assert!(
        figures.contains("meshline_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"}"),
        "{figures}"
    );
    assert!(figures.contains("meshline_http_request_duration_seconds_bucket{"), "{figures}");
    let from_afar = || get().header("x-forwarded-for", "192.0.2.7");
    problem(from_afar().send().await.unwrap(), 401).await;
    let key = app.key(&[Scope::Read]).await;
    assert_eq!(from_afar().bearer_auth(key).send().await.unwrap().status(), 200);
    let open = TestApp::with(Config { open_metrics: true, ..Config::default() }).await;
    let anybody =
        open.request(Method::GET, "/metrics").header("x-forwarded-for", "192.0.2.7").send().await.unwrap();
    assert_eq!(anybody.status(), 200);
}

#[tokio::test]
async fn every_response_has_a_request_id_and_security_headers() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for path in ["/sign-in", "/nowhere", "/api/v1/nowhere", "/leads", "/healthz", "/pkg/nothing.css"] {
        let response = app.request(Method::GET, path).header("x-request-id", "mine").send().await.unwrap();
        let header =
            |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        assert!(header("x-request-id").parse::<uuid::Uuid>().is_ok(), "{path}");
        ids.push(header("x-request-id"));
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'; script-src 'self' 'nonce-",
            "' 'wasm-unsafe-eval'; style-src 'self';",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(header("cache-control"), "no-store");
        assert!(header("permissions-policy").contains("camera=()"));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[tokio::test]
async fn scripts_have_the_nonce_of_their_response() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let response = browser.get("/leads").await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    let page = response.text().await.unwrap();
    for script in page.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap();
        assert!(tag.contains("src=") || tag.contains(&format!("nonce=\"{nonce}\"")), "<script{tag}>");
    }
    assert!(!page.contains(" style=\""), "inline styles are refused by the policy");
}

#[tokio::test]
async fn a_missing_page_shows_an_error_page() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    for path in ["/nowhere", "/leads/01990000-0000-7000-8000-000000000000"] {
        let response = browser.get(path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    }
    assert_eq!(app.request(Method::POST, "/nowhere").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn static_files_are_compressed_and_cached_forever() {
    let site = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| std::fs::write(site.path().join(name), content).unwrap();
    std::fs::create_dir(site.path().join("pkg")).unwrap();
    write("manifest.json", br#"{"main.css":"pkg/main.0123.css"}"#);
    write("pkg/main.0123.css", b"body{}");
    write("pkg/main.0123.css.br", b"brotli");
    write("pkg/main.0123.css.gz", b"gzip");
    let app = TestApp::with(Config { site_dir: Some(site.path().to_owned()), ..Config::default() }).await;
    let get = |path: &str, encoding: &str| {
        app.request(Method::GET, path).header("accept-encoding", encoding).send()
    };
    for (encoding, content, told) in
        [("br, gzip", "brotli", Some("br")), ("gzip", "gzip", Some("gzip")), ("identity", "body{}", None)]
    {
        let response = get("/pkg/main.0123.css", encoding).await.unwrap();
        assert_eq!(response.headers().get("content-encoding").map(|value| value.to_str().unwrap()), told);
        assert_eq!(response.headers()["content-type"], "text/css");
        assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(response.text().await.unwrap(), content);
    }
    for nothing in [
        "/pkg/other.css",
        "/pkg/../manifest.json",
        "/pkg/%2e%2e/manifest.json",
        "/pkg/..%2fmanifest.json",
        "/manifest.json",
    ] {
        let response = get(nothing, "identity").await.unwrap();
        assert_eq!(response.status(), 404, "{nothing}");
        assert_eq!(response.headers()["cache-control"], "no-store", "{nothing}");
    }
}

#[tokio::test]
async fn responses_are_compressed_for_clients_that_accept_it() {
    let app = TestApp::start().await;
    let response =
        app.request(Method::GET, "/api/openapi.json").header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn the_process_exits_although_a_browser_keeps_its_connection() {
    let office = crate::lead::Office::open().await;
    let pipeline = std::sync::Arc::new(service::decide::Pipeline::new(office.store().clone()));
    let state = server::http::State::new(office.store().clone(), pipeline, Config::default()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/healthz", listener.local_addr().unwrap());
    let stop = tokio_util::sync::CancellationToken::new();
    let serving = tokio::spawn(server::http::serve(
        listener,
        server::router::router(state),
        server::http::ConnectionLimits::default(),
        stop.clone().cancelled_owned(),
    ));
    let browser = reqwest::Client::new();
    assert_eq!(browser.get(&address).send().await.unwrap().text().await.unwrap(), "ok\n");
    stop.cancel();
    tokio::time::timeout(std::time::Duration::from_secs(5), serving).await.unwrap().unwrap();
    assert!(browser.get(&address).send().await.is_err(), "the port is closed");
}
