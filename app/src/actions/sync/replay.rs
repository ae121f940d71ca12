//! Retries of failed deliveries.

use chrono::{DateTime, Utc};
use engine::ids::EffectId;
use leptos::prelude::*;
use service::run::{ReplayDeliveries, ReplayDeliveriesInput};
use store::sync::unfinished::PAGE_ROWS;
use store::sync::{self, ReplayResult, ReplaySummary};

use super::destination;
use crate::actions::{LocalPath, REPEATED, actor, actor_once, allowed, back_to, lead_to, lead_to_with, runs};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::{Texts, texts};
use crate::ui::number;

/// Retries a failed effect, then redirects to `next`.
///
/// # Errors
/// Returns an error if the database fails.
#[server(prefix = "/actions", endpoint = "replay-effect")]
pub async fn replay_effect(
    /// The effect's id.
    effect: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<ReplayEffect>()?;
    let id: EffectId = effect.parse().map_err(|_| Error::NotFound { what: Missing::Action })?;
    let said = match sync::replay(&request.store, &actor(&request)?, id).await {
        Ok(ReplayResult::Ready) => texts().unfinished_retrying(),
        Ok(ReplayResult::Superseded) => texts().unfinished_superseded(),
        Err(store::Error::NotFound(_)) => texts().unfinished_not_failed(),
        Err(store::Error::Refused(_)) => texts().unfinished_overtaken(),
        Err(error) => return Err(error.into()),
    };
    lead_to_with(&back_to(next.as_deref(), "/sync/effects?state=failed"), &Flash::new(said))
}

/// Retries the selected effects, then redirects to `next`.
///
/// # Errors
/// Returns an error if an id is not valid, or if the database fails.
#[server(prefix = "/actions", endpoint = "replay-chosen")]
pub async fn replay_chosen(
    /// Their ids.
    #[server(default)]
    effects: Vec<String>,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<ReplayChosen>()?;
    let back = back_to(next.as_deref(), "/sync/effects?state=failed");
    let ids: Vec<EffectId> = effects
        .iter()
        .take(PAGE_ROWS)
        .map(|text| text.parse().map_err(|_| Error::NotFound { what: Missing::Action }))
        .collect::<Result<_>>()?;
    if ids.is_empty() {
        return lead_to_with(&back, &Flash::new(texts().unfinished_none_selected()));
    }
    let came = match sync::replay_chosen(&request.store, &actor_once(&request, &form)?, &ids).await {
        Err(store::Error::Repeated) => return lead_to_with(&back, &Flash::new(REPEATED)),
        came => came?,
    };
    lead_to_with(&watching(back, &came, request.now), &Flash::new(replay_message(&came)))
}

/// Starts a run that retries all failed deliveries that match a filter, then redirects to it.
///
/// # Errors
/// Returns an error if the destination does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "replay-effects")]
pub async fn replay_effects(
    /// The destination's name; all of them when it is empty.
    #[server(default)]
    destination: String,
    /// What their last error has in it; any when it is empty.
    #[server(default)]
    error: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<ReplayEffects>()?;
    let destination = match destination.as_str() {
        "" => None,
        name => Some(self::destination(&request.store, name).await?.id()),
    };
    let input = ReplayDeliveriesInput { destination, error: Some(error).filter(|text| !text.is_empty()) };
    match runs::start_once::<ReplayDeliveries>(&request, &form, &input).await? {
        Some(run) => lead_to(&runs::path(run)),
        None => lead_to_with(&back_to(None, "/sync/effects?state=failed"), &Flash::new(REPEATED)),
    }
}

/// Stops a replay, then redirects to `next`.
///
/// # Errors
/// Returns an error if the timestamp is out of range, or if the database fails.
#[server(prefix = "/actions", endpoint = "stop-replay")]
pub async fn stop_replay(
    /// When it began, in microseconds since 1970.
    at: i64,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<StopReplay>()?;
    let at = DateTime::from_timestamp_micros(at).ok_or(Error::NotFound { what: Missing::Replay })?;
    let stopped = sync::stop_replay(&request.store, &actor(&request)?, at).await?;
    let said = texts().unfinished_stopped(stopped, number::count(i128::from(stopped)));
    lead_to_with(&back_to(next.as_deref(), "/sync/effects?state=failed"), &Flash::new(said))
}

/// The smallest replay that shows a progress bar; the list itself shows the progress of smaller ones.
const WORTH_A_BAR: usize = 10;

/// Returns the page with the progress of a replay: how many effects it has, and the instant that identifies it.
fn watching(back: LocalPath, came: &ReplaySummary, at: DateTime<Utc>) -> LocalPath {
    if came.ready < WORTH_A_BAR {
        return back;
    }
    let sign = if back.as_str().contains('?') { '&' } else { '?' };
    let path = format!("{back}{sign}again={}.{}", came.ready, at.timestamp_micros());
    LocalPath::parse(&path).unwrap_or(back)
}

/// Describes the result of a retry, in a sentence for each count.
fn replay_message(came: &ReplaySummary) -> String {
    let part = |n: usize, text: fn(&Texts, i64, String) -> String| {
        (n > 0).then(|| text(texts(), n as i64, number::count(n as i64)))
    };
    let parts: Vec<String> = [
        part(came.ready, Texts::unfinished_retrying_many),
        part(came.superseded, Texts::unfinished_superseded_many),
        part(came.overtaken, Texts::unfinished_overtaken_many),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() { texts().unfinished_none_retried() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_a_retry_has_a_sentence_for_each_count() {
        let said =
            |ready, superseded, overtaken| replay_message(&ReplaySummary { ready, superseded, overtaken });
        assert_eq!(said(0, 0, 0), "No failed actions match any more.");
        assert_eq!(said(1, 0, 0), "1 action is being retried.");
        assert_eq!(
            said(1_200, 0, 1),
            "1,200 actions are being retried. 1 waits for a later action that is being sent."
        );
        assert_eq!(
            said(12, 1, 2),
            "12 actions are being retried. 1 was closed because a later decision has been delivered. 2 wait for later actions that are being sent."
        );
    }
}
