//! `POST /api/v1/events`: accepts a single event and answers with its decision.

use axum::Json;
use axum::body::Body;
use axum::extract::State as FromState;
use axum::http::{HeaderMap, StatusCode};
use engine::event::{EventRequest, Note};
use engine::limits;

use super::body;
use super::caller::ApiCaller;
use crate::http::{Failure, FailureKind, State};
use service::decide::{EventAnswer, Signal, SignalRefusal, SignalResult};

/// Accepts an event and returns its decision.
pub(super) async fn take(
    FromState(state): FromState<State>,
    program: ApiCaller,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<EventAnswer>), Failure> {
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
    taken: Result<SignalResult, SignalRefusal>,
    notes: Vec<Note>,
) -> Result<(StatusCode, EventAnswer), Failure> {
    match taken {
        Ok(SignalResult::New(answer)) => Ok((StatusCode::CREATED, EventAnswer { notes, ..answer })),
        Ok(SignalResult::Repeat(answer)) => Ok((StatusCode::OK, EventAnswer { notes, ..answer })),
        Err(refusal) => Err(refusal.into()),
    }
}

impl From<SignalRefusal> for Failure {
    fn from(refusal: SignalRefusal) -> Self {
        let detail = format!("{refusal}.");
        let (kind, pointer) = match refusal {
            SignalRefusal::KeyReused | SignalRefusal::FirstAnswerGone => {
                (FailureKind::KeyReused, "Idempotency-Key")
            }
            SignalRefusal::UnknownWorkflow(_) => (FailureKind::UnknownWorkflow, "/workflow"),
            SignalRefusal::NotLive(_) => (FailureKind::NotLive, "/workflow"),
            SignalRefusal::NoRoute { .. } | SignalRefusal::AmbiguousRoute(_) => {
                (FailureKind::NoRoute, "/workflow")
            }
        };
        let detail = detail[..1].to_uppercase() + &detail[1..];
        Self::new(kind, detail.clone()).at(pointer, detail)
    }
}
