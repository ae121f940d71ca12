//! `POST /api/v1/events/batch`: many events as NDJSON. The response has one line per request line, in order.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State as FromState;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use engine::event::EventRequest;
use engine::limits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use tokio::sync::mpsc;
use tracing::Instrument as _;

use super::body::{self, checked_key, key_rule};
use super::caller::ApiCaller;
use super::events::answer;
use crate::http::body::read;
use crate::http::{Failure, FailureKind, Problem, State};
use service::decide::{EventAnswer, Receipt, Signal};

/// Accepted media types for a batch. NDJSON has no registered type, and some clients do not support any of the common ones.
const TYPES: &[&str] = &[
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "text/plain",
];
/// Number of lines per transaction.
const CHUNK: usize = 500;
/// How long a response waits for its reader. A slower reader loses its place to other requests.
const PATIENCE: Duration = Duration::from_secs(30);

/// A line of a batch: an event and the key that makes it unique.
// The handler parses lines manually so that it can reject unknown fields of the event, which serde cannot do in a flattened
// member. This type only describes the schema.
#[derive(Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
#[expect(dead_code, reason = "see above")]
pub(super) struct BatchLine {
    /// Unique among the events of its source; sent again with it, the event is not taken twice.
    #[schemars(length(min = 1, max = 200))]
    pub idempotency_key: String,
    /// The event.
    #[serde(flatten)]
    pub event: EventRequest,
}

/// What is answered for a line.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LineAnswer {
    /// Number of the line in the request, from 1, empty ones counted.
    pub line: usize,
    /// The status that a single request would have got.
    pub status: u16,
    /// What a single request would have got.
    #[serde(flatten)]
    pub answer: Option<EventAnswer>,
    /// Why the line was not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Processes a batch. Reads the whole request before it sends the first answer: many clients read only after they have sent
/// everything, so a streaming server and such a client would deadlock.
pub(super) async fn take(
    FromState(state): FromState<State>,
    program: ApiCaller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let place = state.batches.take(program.key).await.map_err(|error| Failure::internal(&error))?;
    let text = read(body, &headers, limits::BATCH_BYTES).await?;
    if !body::media_type(&headers).is_some_and(|name| TYPES.contains(&name)) {
        return Err(Failure::new(
            FailureKind::UnsupportedMediaType,
            "Send NDJSON with `Content-Type: application/x-ndjson`.",
        ));
    }
    if lines(&text).count() > limits::BATCH_LINES {
        return Err(Failure::new(
            FailureKind::TooLarge,
            format!("A batch has at most {} lines.", limits::BATCH_LINES),
        ));
    }
    let (sender, mut receiver) = mpsc::channel::<Vec<u8>>(1);
    let receipt = program.receipt();
    let work = async move {
        answer_all(&state, &receipt, &text, &sender).await;
        drop(place);
    };
    tokio::spawn(work.in_current_span());
    // Compression polls once more after the end, which the channel supports and `stream::unfold` does not.
    let answers = futures::stream::poll_fn(move |context| {
        receiver
            .poll_recv(context)
            .map(|chunk| chunk.map(|chunk| Ok::<_, std::io::Error>(Bytes::from(chunk))))
    });
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))];
    Ok((headers, Body::from_stream(answers)).into_response())
}

/// Returns the lines that are not empty, numbered from 1.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    text.split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .zip(1..)
        .filter(|(line, _)| !line.is_empty())
        .map(|(line, number)| (number, line))
}

async fn answer_all(state: &State, receipt: &Receipt, text: &Bytes, sender: &mpsc::Sender<Vec<u8>>) {
    let mut lines = lines(text).peekable();
    let mut down: Option<Failure> = None;
    while lines.peek().is_some() {
        let chunk: Vec<(usize, &[u8])> = lines.by_ref().take(CHUNK).collect();
        let answers = match &down {
            // The database will not recover before the next line, so the remaining lines fail immediately.
            Some(failure) => chunk.iter().map(|(number, _)| refused(*number, failure, receipt)).collect(),
            None => take_chunk(state, receipt, &chunk, &mut down).await,
        };
        let mut text = Vec::with_capacity(answers.len() * 1024);
        for answer in &answers {
            text.extend(body::line(answer).unwrap_or_default());
        }
        if sender.send_timeout(text, PATIENCE).await.is_err() {
            tracing::info!("the reader of a batch went away");
            return;
        }
    }
}

async fn take_chunk(
    state: &State,
    receipt: &Receipt,
    chunk: &[(usize, &[u8])],
    down: &mut Option<Failure>,
) -> Vec<LineAnswer> {
    let mut signals = Vec::with_capacity(chunk.len());
    let mut notes = Vec::with_capacity(chunk.len());
    // The failure of each invalid line. The valid ones are in `signals`, in order.
    let bad: Vec<Option<Failure>> = chunk
        .iter()
        .map(|(_, line)| match parse(line, receipt) {
            Ok(signal) => {
                notes.push(signal.event.notes());
                signals.push(signal);
                None
            }
            Err(failure) => Some(failure),
        })
        .collect();
    let wanted = signals.len();
    let taken = match if wanted == 0 { Ok(Vec::new()) } else { state.pipeline.take(receipt, signals).await } {
        Ok(taken) => taken.into_iter().zip(notes).map(|(taken, notes)| answer(taken, notes)).collect(),
        Err(error) => {
            let failure = Failure::while_writing(error);
            *down = failure.is_unavailable().then(|| failure.clone());
            (0..wanted).map(|_| Err(failure.clone())).collect::<Vec<_>>()
        }
    };
    let mut taken = taken.into_iter();
    let mut next = || taken.next().unwrap_or_else(|| Err(Failure::internal(&"a line got no answer")));
    chunk
        .iter()
        .zip(bad)
        .map(|((number, _), bad)| match bad.map_or_else(&mut next, Err) {
            Ok((status, answer)) => {
                LineAnswer { line: *number, status: status.as_u16(), answer: Some(answer), problem: None }
            }
            Err(failure) => refused(*number, &failure, receipt),
        })
        .collect()
}

fn refused(line: usize, failure: &Failure, receipt: &Receipt) -> LineAnswer {
    let problem = failure.problem(&receipt.request_id);
    LineAnswer { line, status: problem.status, answer: None, problem: Some(problem) }
}

/// Parses an event and its key, with the same checks as for a single event.
fn parse(line: &[u8], receipt: &Receipt) -> Result<Signal, Failure> {
    const KEY: &str = "idempotency_key";
    if line.len() > limits::EVENT_BYTES {
        return Err(Failure::new(
            FailureKind::TooLarge,
            format!("The line has more than {} bytes.", limits::EVENT_BYTES),
        ));
    }
    let mut object: Map<String, Json> = body::parse(line)?;
    let key = object.shift_remove(KEY);
    let Some(key) = key.as_ref().and_then(Json::as_str).and_then(checked_key) else {
        return Err(Failure::new(FailureKind::Malformed, key_rule()).at(format!("/{KEY}"), key_rule()));
    };
    let event: EventRequest = body::read_value(Json::Object(object))?;
    let problems = event.check(receipt.received_at);
    if problems.is_empty() { Ok(Signal { key, event }) } else { Err(Failure::invalid(problems)) }
}

impl Failure {
    fn is_unavailable(&self) -> bool {
        self.status() == StatusCode::SERVICE_UNAVAILABLE
    }
}
