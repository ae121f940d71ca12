//! The edge of the process under attack: half heads, unread answers, stalled bodies and hoarded streams keep no one else out.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use server::http::{self, Config, ConnectionLimits, State};
use server::router::health_router;
use store::actor::Role;
use store::people::Scope;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::support::{PASSWORD, TestApp, event};

/// The time limit for what must happen, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// The time limit for whatever attackers would do forever.
const SHORT: Duration = Duration::from_millis(500);
const HALF_HEAD: &[u8] = b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Never-Ends: ";

async fn serving(connections: ConnectionLimits) -> TestApp {
    Box::pin(TestApp::with(Config { connections, ..Config::default() })).await
}

/// Connects from one of this machine's addresses and sends something.
async fn attack(app: &TestApp, from: &str, said: &[u8]) -> TcpStream {
    let to: SocketAddr = app.address.strip_prefix("http://").unwrap().parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    let mut stream = socket.connect(to).await.unwrap();
    // The server may have closed it already.
    stream.write_all(said).await.ok();
    stream
}

/// Waits until the server has closed a connection.
async fn closed(stream: &mut TcpStream) {
    let mut said = Vec::new();
    // A reset is an end as well.
    timeout(PATIENCE, stream.read_to_end(&mut said)).await.unwrap().ok();
}

/// Sends a request on a separate connection, as another client.
async fn is_served(app: &TestApp) -> bool {
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let answer = timeout(PATIENCE, client.get(format!("{}/healthz", app.address)).send()).await.unwrap();
    answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
}

#[tokio::test]
async fn half_heads_of_one_address_take_only_its_own_places() {
    let limits = ConnectionLimits { total: 130, per_address: 100, head: PATIENCE, ..Default::default() };
    let app = serving(limits).await;
    let mut attackers = Vec::new();
    for _ in 0..300 {
        attackers.push(attack(&app, "127.0.0.2", HALF_HEAD).await);
    }
    assert!(is_served(&app).await);
    for stream in &mut attackers[..200] {
        closed(stream).await;
    }
    let mut other = attack(&app, "127.0.0.3", HALF_HEAD).await;
    assert!(timeout(SHORT, other.read_u8()).await.is_err(), "another address has places of its own");
}

#[tokio::test]
async fn half_heads_of_many_addresses_make_room_for_new_connections() {
    let limits = ConnectionLimits { total: 100, per_address: 20, head: PATIENCE, ..Default::default() };
    let app = serving(limits).await;
    let mut attackers = Vec::new();
    for number in 0..200 {
        attackers.push(attack(&app, &format!("127.0.1.{}", number % 20 + 1), HALF_HEAD).await);
    }
    assert!(is_served(&app).await);
    closed(&mut attackers[0]).await;
}

#[tokio::test]
async fn a_half_head_is_cut_off() {
    let app = serving(ConnectionLimits { head: SHORT, ..Default::default() }).await;
    closed(&mut attack(&app, "127.0.0.2", HALF_HEAD).await).await;
    closed(&mut attack(&app, "127.0.0.2", b"").await).await;
}

#[tokio::test]
async fn answers_that_are_not_read_end_their_connection() {
    let app = serving(ConnectionLimits { write: SHORT, ..Default::default() }).await;
    let mut stream = attack(&app, "127.0.0.2", b"").await;
    let requests = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000);
    // The server stops reading once nothing of its answers is taken, and closes the connection.
    let end = async { while stream.write_all(&requests).await.is_ok() {} };
    timeout(PATIENCE, end).await.unwrap();
}

#[tokio::test]
async fn forms_that_are_open_to_everyone_are_small() {
    let app = TestApp::start().await;
    for (path, fits) in [
        ("/actions/sign-in", false),
        ("/actions/forgot-password", false),
        ("/actions/set-password", false),
        ("/actions/first-run", false),
        ("/actions/set-theme", false),
        ("/actions/set-preferences", true),
    ] {
        let form = format!("email=ana&text={}", "x".repeat(9_000));
        let mut browser = app.signed_in(&format!("{}@acme.example", &path[9..]), &[Role::Sdr]).await;
        let fields = [("email", "ana"), ("text", &form)];
        let status = browser.post(path, &fields).await.status();
        assert_eq!(status != StatusCode::PAYLOAD_TOO_LARGE, fits, "{path}: {status}");
    }
}

/// A form of a person whose session has ended, of which only the beginning arrives.
fn stalled_form(bytes: usize) -> Vec<u8> {
    format!(
        "POST /actions/save-change HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {bytes}\r\n\r\ntext="
    )
    .into_bytes()
}

/// A proxy that reads another length than the server would take the rest of a body for the next request.
#[tokio::test]
async fn a_body_of_unclear_length_is_rejected() {
    let app = TestApp::start().await;
    for framing in [
        "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 3, 4",
        "Content-Length: +3",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked, identity",
    ] {
        let request = format!(
            "POST /actions/sign-in HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\nabcGET /healthz HTTP/1.1\r\n"
        );
        let mut stream = attack(&app, "127.0.0.2", request.as_bytes()).await;
        let mut said = Vec::new();
        // A reset is an end as well.
        timeout(PATIENCE, stream.read_to_end(&mut said)).await.unwrap().ok();
        let said = String::from_utf8_lossy(&said);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 400"), "{framing}: {said}");
        assert!(said.matches("HTTP/1.1").count() <= 1, "{framing}: {said}");
    }
}

#[tokio::test]
async fn large_forms_of_signed_out_callers_share_a_few_places() {
    let app = TestApp::start().await;
    let mut attackers = Vec::new();
    for _ in 0..8 {
        attackers.push(attack(&app, "127.0.0.2", &stalled_form(1_000_000)).await);
    }
    let form = |bytes: usize| {
        let request =
            app.request(Method::POST, "/actions/save-change").header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.body(format!("text={}", "x".repeat(bytes))).send()
    };
    let refused = async { while form(100_000).await.unwrap().status() != StatusCode::SERVICE_UNAVAILABLE {} };
    timeout(Duration::from_secs(9), refused).await.unwrap();
    assert_eq!(form(60_000).await.unwrap().status(), StatusCode::UNAUTHORIZED, "small forms are kept");
}

#[tokio::test]
async fn stalled_batches_of_one_key_leave_places_to_others_and_are_ended() {
    let app = TestApp::start().await;
    let (stalling, other) = (app.key(&[Scope::Ingest]).await, app.key(&[Scope::Ingest]).await);
    let head = format!(
        "POST /api/v1/events/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {stalling}\r\n\
         Content-Type: application/x-ndjson\r\nContent-Length: 33000000\r\n\r\n"
    );
    let mut stalled = Vec::new();
    for _ in 0..8 {
        stalled.push(attack(&app, "127.0.0.2", head.as_bytes()).await);
    }
    let batch = |key: &str| {
        let mut line = event("ana");
        line["idempotency_key"] = "a".into();
        let request = app.request(Method::POST, "/api/v1/events/batch").bearer_auth(key);
        request.header("content-type", "application/x-ndjson").body(line.to_string()).send()
    };
    let answer = timeout(PATIENCE / 2, batch(&other)).await.unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let mut said = vec![0; 12];
    timeout(PATIENCE, stalled[0].read_exact(&mut said)).await.unwrap().unwrap();
    assert_eq!(said, b"HTTP/1.1 408");
}

#[tokio::test]
async fn a_session_has_eight_streams() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Sdr]).await;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(ana.get("/refresh").await);
    }
    let refused = ana.get("/refresh").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.text().await.unwrap().contains("Too many of your pages are open."));
    assert_eq!(ben.get("/refresh").await.status(), StatusCode::OK);
    open.pop();
    let again = async { while ana.get("/refresh").await.status() != StatusCode::OK {} };
    timeout(PATIENCE, again).await.unwrap();
}

#[tokio::test]
async fn streams_end_with_their_session() {
    async fn stream(browser: &mut crate::support::Browser<'_>) -> Response {
        let stream = browser.get("/refresh?topics=jobs").await;
        assert_eq!(stream.status(), StatusCode::OK);
        stream
    }
    async fn ends(mut stream: Response) {
        timeout(PATIENCE, async { while stream.chunk().await.unwrap().is_some() {} }).await.unwrap();
    }
    let app = TestApp::start().await;
    let mut leaver = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let mut changer = app.signed_in("ben@acme.example", &[Role::Sdr]).await;
    let mut phone = app.browser();
    phone.sign_in("ben@acme.example", PASSWORD, None).await;
    let mut stolen = app.browser();
    stolen.sign_in("ben@acme.example", PASSWORD, None).await;
    let mut dismissed = app.signed_in("cleo@acme.example", &[Role::Sdr]).await;
    let mut admin = app.signed_in("dora@acme.example", &[Role::Admin]).await;

    let (left, gone, kept) =
        (stream(&mut leaver).await, stream(&mut dismissed).await, stream(&mut changer).await);
    leaver.post("/actions/sign-out", &[]).await;
    ends(left).await;
    let cleo = store::people::by_email(app.store(), "cleo@acme.example").await.unwrap().unwrap();
    let fields = [("person", cleo.id.to_string()), ("disabled", "true".into())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    admin.post("/actions/set-person-disabled", &fields).await;
    ends(gone).await;
    let on_phone = stream(&mut phone).await;
    changer.post("/actions/end-other-sessions", &[]).await;
    ends(on_phone).await;
    stolen.sign_in("ben@acme.example", PASSWORD, None).await;
    let at_thief = stream(&mut stolen).await;
    let new = "another correct horse";
    changer
        .post("/actions/change-password", &[("current", PASSWORD), ("password", new), ("again", new)])
        .await;
    ends(at_thief).await;
    drop(kept);
}

#[tokio::test]
async fn checks_have_a_listener_of_their_own() {
    let limits = ConnectionLimits { total: 0, ..Default::default() };
    let app = serving(limits).await;
    closed(&mut attack(&app, "127.0.0.2", HALF_HEAD).await).await;
    let pipeline = std::sync::Arc::new(service::decide::Pipeline::new(app.store().clone()));
    let state = State::new(app.store().clone(), pipeline, Config::default()).unwrap();
    let listener = http::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let limits = ConnectionLimits::monitoring();
    tokio::spawn(http::serve(listener, health_router(state), limits, stop.clone().cancelled_owned()));
    let _guard = stop.drop_guard();
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(
            reqwest::get(format!("{address}{path}")).await.unwrap().status(),
            StatusCode::OK,
            "{path}"
        );
    }
    for path in ["/sign-in", "/leads", "/api/v1/events"] {
        let status = reqwest::get(format!("{address}{path}")).await.unwrap().status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}
