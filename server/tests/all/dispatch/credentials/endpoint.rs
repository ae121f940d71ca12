//! A token endpoint that replaces the refresh token with every exchange and accepts each one once.

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

/// The endpoint. Clones share their state.
#[derive(Clone)]
pub struct Endpoint {
    address: std::net::SocketAddr,
    state: Arc<Mutex<Memory>>,
}

/// A response to give once instead of the default one.
pub enum Answer {
    /// The endpoint is unavailable.
    Unavailable,
    /// The grant was revoked.
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
    /// Starts the endpoint.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        let app = Router::new().route("/token", post(exchange)).with_state(endpoint.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        endpoint
    }

    /// Delays responses.
    pub fn slow(self, slow: Duration) -> Self {
        self.state.lock().unwrap().slow = slow;
        self
    }

    /// Issues access tokens that are valid for this many seconds.
    pub fn valid_for(self, seconds: u32) -> Self {
        self.state.lock().unwrap().valid_for = Some(seconds);
        self
    }

    /// Queues a response to give once.
    pub fn answer(&self, answer: Answer) {
        self.state.lock().unwrap().answers.push_back(answer);
    }

    /// Returns the initial grant.
    pub fn grant(&self) -> Value {
        json!({
            "grant": "refresh_token", "token_url": format!("http://{}/token", self.address), "client_id": "meshline",
            "client_secret": "client-secret", "refresh_token": "refresh-0",
        })
    }

    /// Returns the number of access tokens it has issued.
    pub fn exchanged(&self) -> usize {
        self.state.lock().unwrap().exchanged
    }

    /// Returns how often it received a refresh token that is no longer valid.
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
