//! A token endpoint that replaces the refresh token with every exchange and takes each one once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use base64::Engine as _;
use serde_json::{Value, json};

/// The endpoint; clones share what they remember.
#[derive(Clone)]
pub struct Endpoint {
    address: std::net::SocketAddr,
    state: Arc<Mutex<Memory>>,
}

/// What it answers once, instead of what it otherwise would.
pub enum Answer {
    /// It is away.
    Unavailable,
    /// The grant was withdrawn.
    InvalidGrant,
}

#[derive(Default)]
struct Memory {
    exchanged: usize,
    refused: usize,
    slow: Duration,
    valid_for: Option<u32>,
    answers: VecDeque<Answer>,
}

impl Endpoint {
    /// Starts it.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        let app = Router::new().route("/token", post(exchange)).with_state(endpoint.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        endpoint
    }

    /// The same, taking its time.
    pub fn slow(self, slow: Duration) -> Self {
        self.state.lock().unwrap().slow = slow;
        self
    }

    /// The same with access tokens that are valid for so many seconds.
    pub fn valid_for(self, seconds: u32) -> Self {
        self.state.lock().unwrap().valid_for = Some(seconds);
        self
    }

    /// Answers like this once.
    pub fn answer(&self, answer: Answer) {
        self.state.lock().unwrap().answers.push_back(answer);
    }

    /// The grant to begin with.
    pub fn grant(&self) -> Value {
        json!({
            "grant": "refresh_token", "token_url": format!("http://{}/token", self.address), "client_id": "meshline",
            "client_secret": "client-secret", "refresh_token": "refresh-0",
        })
    }

    /// How many access tokens it gave.
    pub fn exchanged(&self) -> usize {
        self.state.lock().unwrap().exchanged
    }

    /// How often it was shown a refresh token that is no longer good.
    pub fn refused(&self) -> usize {
        self.state.lock().unwrap().refused
    }
}

async fn exchange(
    State(endpoint): State<Endpoint>,
    headers: HeaderMap,
    Form(form): Form<std::collections::HashMap<String, String>>,
) -> Response {
    let slow = endpoint.state.lock().unwrap().slow;
    tokio::time::sleep(slow).await;
    let invalid_grant = || {
        (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant", "error_description": "secret"})))
            .into_response()
    };
    let client =
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("meshline:client-secret"));
    assert_eq!(headers["authorization"], client.as_str());
    assert_eq!(form["grant_type"], "refresh_token");
    let mut memory = endpoint.state.lock().unwrap();
    match memory.answers.pop_front() {
        Some(Answer::Unavailable) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(Answer::InvalidGrant) => return invalid_grant(),
        None => {}
    }
    if form["refresh_token"] != format!("refresh-{}", memory.exchanged) {
        memory.refused += 1;
        return invalid_grant();
    }
    memory.exchanged += 1;
    let n = memory.exchanged;
    Json(json!({
        "access_token": format!("access-{n}"), "token_type": "Bearer", "expires_in": memory.valid_for.unwrap_or(3600), "refresh_token": format!("refresh-{n}"),
    }))
    .into_response()
}
