//! A webhook receiver that fulfils its part of the contract.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::Value as Json;

use crate::webhook::KEY;

/// The state of a receiver.
#[derive(Clone, Default)]
pub struct Receiver {
    state: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    requests: Vec<HeaderMap>,
    events: BTreeMap<String, Json>,
    current: BTreeMap<String, ((i64, i64), String)>,
    answers: VecDeque<Response>,
}

impl Receiver {
    /// Starts a receiver on its own port.
    pub async fn start() -> (Self, SocketAddr) {
        let receiver = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/hook", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (receiver, address)
    }

    /// Queues a response to send instead of the default one.
    pub fn answer(&self, answer: impl axum::response::IntoResponse) {
        self.state.lock().unwrap().answers.push_back(answer.into_response());
    }

    /// Returns the headers of every request with a valid signature.
    pub fn requests(&self) -> Vec<HeaderMap> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Returns the ids of the messages, without duplicates.
    pub fn events(&self) -> Vec<String> {
        self.state.lock().unwrap().events.keys().cloned().collect()
    }

    /// Returns the message that wins for a record.
    pub fn current(&self, remote_key: &str) -> Option<(String, Json)> {
        let state = self.state.lock().unwrap();
        let (_, id) = state.current.get(remote_key)?;
        Some((id.clone(), state.events[id].clone()))
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, bytes: Bytes) -> Response {
    if standardwebhooks::Webhook::new(KEY).unwrap().verify(&bytes, &headers).is_err() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut state = receiver.state.lock().unwrap();
    state.requests.push(headers.clone());
    if let Some(answer) = state.answers.pop_front() {
        return answer;
    }
    let Ok(body) = serde_json::from_slice::<Json>(&bytes) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    if body["schema"] == "meshline.test.v1" {
        return StatusCode::NO_CONTENT.into_response();
    }
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    let number = |name: &str| body[name].as_i64().unwrap();
    let order = (number("incarnation"), number("lead_sequence"));
    let record = body["remote_key"].as_str().unwrap().to_owned();
    let current = state.current.entry(record).or_insert(((i64::MIN, 0), String::new()));
    if order > current.0 {
        *current = (order, id.clone());
    }
    state.events.insert(id, body);
    StatusCode::NO_CONTENT.into_response()
}
