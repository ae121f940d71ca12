//! `/api/v1/decisions`: lists and replays decisions.

use axum::Json;
use axum::extract::{OriginalUri, State as FromState};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use chrono::{DateTime, Utc};
use engine::decision::Decision;
use engine::ids::DecisionId;
use store::log::DecisionFilter;
use strum::VariantArray as _;

use super::caller::ApiCaller;
use super::query::{Id, Query};
use super::table::{self, Format};
use crate::http::{Failure, State};
use service::decide::ReplayResult;

/// Maximum number of items per page.
pub(super) const LIMIT: i64 = 200;
/// Default number of items per page.
pub(super) const DEFAULT_LIMIT: i64 = 50;

/// The query parameters of the list.
const PARAMETERS: &[&str] =
    &["workflow", "action", "rule_id", "mode", "lead_id", "from", "to", "after", "limit", "format"];

/// Returns a decision.
pub(super) async fn show(
    FromState(state): FromState<State>,
    _: ApiCaller,
    Id(id): Id,
) -> Result<Json<Decision>, Failure> {
    Ok(Json(store::log::decision(&state.store, DecisionId(id)).await?))
}

/// Replays a decision and returns the comparison.
pub(super) async fn replay(
    FromState(state): FromState<State>,
    _: ApiCaller,
    Id(id): Id,
) -> Result<Json<ReplayResult>, Failure> {
    Ok(Json(state.pipeline.replay(DecisionId(id)).await?))
}

/// Returns a page of decisions, newest first.
pub(super) async fn list(
    FromState(state): FromState<State>,
    _: ApiCaller,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let mut query = Query::of(&uri)?;
    let filter = DecisionFilter {
        workflow: query.text("workflow")?,
        action: query.value("action", "An action is advance, nurture, reject, assign, hold or escalate.")?,
        rule_id: query.text("rule_id")?,
        mode: query
            .value("mode", "A mode is historical, simulation, shadow, assign_review, live or manual.")?,
        lead: query.id("lead_id")?.map(Into::into),
        from: query.with("from", INSTANT, instant)?,
        to: query.with("to", INSTANT, instant)?,
    };
    let after = query.id("after")?.map(DecisionId);
    let limit = query.with("limit", "A limit is a number from 1 to 200.", limit)?.unwrap_or(DEFAULT_LIMIT);
    let format = query.value("format", "A format is json, ndjson or csv.")?;
    query.finish(PARAMETERS)?;
    let format = format.map_or_else(|| Format::accepted(&headers), Ok)?;
    // Reads one more than requested to find out whether there is a next page.
    let mut items = store::log::decisions(&state.store, &filter, after, limit + 1).await?;
    let has_more = items.len() as i64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or_default());
    let next = items.last().filter(|_| has_more).map(|last| last.decision_id.to_string());
    let address = next.as_deref().map(|next| following(&uri, next));
    table::decisions(format, &items, next, address)
}

const INSTANT: &str = "This is an instant as in 2026-11-22T09:00:00Z.";

fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

fn limit(text: &str) -> Option<i64> {
    text.parse().ok().filter(|limit| (1..=LIMIT).contains(limit))
}

/// Returns the address of the page after `next`, with the same filters.
fn following(uri: &Uri, next: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    query.extend_pairs(pairs.filter(|(name, _)| name != "after"));
    query.append_pair("after", next);
    format!("{}?{}", uri.path(), query.finish())
}

/// Returns the names of the formats for the OpenAPI document.
pub(super) fn formats() -> Vec<&'static str> {
    Format::VARIANTS.iter().map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_filters() {
        let uri: Uri = "/api/v1/decisions?workflow=a%20b&after=1&limit=2".parse().unwrap();
        assert_eq!(following(&uri, "0199"), "/api/v1/decisions?workflow=a+b&limit=2&after=0199");
    }
}
