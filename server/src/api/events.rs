//! `POST /api/v1/events`: accepts a single event and answers with its decision.

use axum::Json;
use axum::body::Body;
use axum::extract::State as FromState;
use axum::http::{HeaderMap, StatusCode};
use engine::event::{EventRequest, Note};
use engine::limits;

use super::body;
use super::caller::Program;
use crate::http::{Failure, Kind, State};
use service::decide::{Answer, Refusal, Signal, Taken};

/// Accepts an event and returns its decision.
pub(super) async fn take(
    FromState(state): FromState<State>,
    program: Program,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Answer>), Failure> {
    let event: EventRequest = body::json(body, &headers, limits::EVENT_BYTES).await?;
    let key = body::idempotency_key(&headers)?;
    let problems = event.check(program.arrival.at);
    if !problems.is_empty() {
        return Err(Failure::invalid(problems));
    }
    let notes = event.notes();
    let taken = state.intake.take(program.receipt(), Signal { key, event }).await;
    let taken = taken.map_err(Failure::while_writing)?;
    let (status, answer) = answer(taken, notes)?;
    Ok((status, Json(answer)))
}

/// Returns the status and the answer for a processed signal, with the notes on its event.
///
/// # Errors
/// Returns the failure that corresponds to the refusal.
pub(super) fn answer(
    taken: Result<Taken, Refusal>,
    notes: Vec<Note>,
) -> Result<(StatusCode, Answer), Failure> {
    match taken {
        Ok(Taken::New(answer)) => Ok((StatusCode::CREATED, Answer { notes, ..answer })),
        Ok(Taken::Repeat(answer)) => Ok((StatusCode::OK, Answer { notes, ..answer })),
        Err(refusal) => Err(refusal.into()),
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let detail = format!("{refusal}.");
        let (kind, pointer) = match refusal {
            Refusal::KeyReused | Refusal::FirstAnswerGone => (Kind::KeyReused, "Idempotency-Key"),
            Refusal::UnknownWorkflow(_) => (Kind::UnknownWorkflow, "/workflow"),
            Refusal::NotLive(_) => (Kind::NotLive, "/workflow"),
            Refusal::NoRoute { .. } | Refusal::AmbiguousRoute(_) => (Kind::NoRoute, "/workflow"),
        };
        let detail = detail[..1].to_uppercase() + &detail[1..];
        Self::new(kind, detail.clone()).at(pointer, detail)
    }
}
