//! Serializes lists in the requested format: JSON, NDJSON or CSV.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use engine::decision::Decision;
use serde::Serialize;

use super::body::line;
use crate::http::{Failure, FailureKind};

/// The format of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Format {
    /// One object with the items and the position of the next page.
    Json,
    /// One line per item.
    Ndjson,
    /// One row per item.
    Csv,
}

impl Format {
    /// Returns the media type of the format.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv",
        }
    }

    /// Returns the first supported format in `Accept`, or JSON if any format is acceptable.
    ///
    /// # Errors
    /// Returns 406 if no supported format is acceptable.
    pub(super) fn accepted(headers: &HeaderMap) -> Result<Self, Failure> {
        let Some(accept) = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()) else {
            return Ok(Self::Json);
        };
        accept
            .split(',')
            .find_map(|range| match range.split(';').next().unwrap_or_default().trim() {
                "*/*" | "application/*" | "application/json" => Some(Self::Json),
                "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Some(Self::Ndjson),
                "text/csv" | "text/*" => Some(Self::Csv),
                _ => None,
            })
            .ok_or_else(|| {
                Failure::new(
                    FailureKind::NotAcceptable,
                    "There are application/json, application/x-ndjson and text/csv.",
                )
            })
    }
}

/// A page of a list.
#[derive(Serialize)]
struct Page<'a, T> {
    items: &'a [T],
    next: Option<String>,
}

/// The CSV columns of a decision.
const COLUMNS: &[&str] = &[
    "decision_id",
    "lead_id",
    "event_id",
    "workflow",
    "mode",
    "rule_set",
    "rule_version",
    "variant",
    "rule_id",
    "action",
    "parameters",
    "confidence",
    "risk_tags",
    "held_by",
    "as_of",
    "decided_at",
];

/// Formats decisions. JSON puts the position of the next page in `next`. The other formats use the `Link` header (RFC 8288).
///
/// # Errors
/// Returns an error if an item cannot be serialized.
pub(super) fn decisions(
    format: Format,
    items: &[Decision],
    next: Option<String>,
    next_address: Option<String>,
) -> Result<Response, Failure> {
    let mut response = match format {
        Format::Json => Json(Page { items, next }).into_response(),
        Format::Ndjson => {
            let lines = items
                .iter()
                .map(line)
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| Failure::internal(&error))?;
            lines.concat().into_response()
        }
        Format::Csv => csv(items).map_err(|error| Failure::internal(&error))?.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(match format {
            Format::Csv => "text/csv; charset=utf-8",
            other => other.media_type(),
        }),
    );
    if let Some(link) =
        next_address.and_then(|address| HeaderValue::from_str(&format!("<{address}>; rel=\"next\"")).ok())
    {
        headers.insert(header::LINK, link);
    }
    Ok(response)
}

fn csv(items: &[Decision]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let mut rows = vec![COLUMNS.iter().map(|name| (*name).to_owned()).collect()];
    for item in items {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let row = [
            item.decision_id.to_string(),
            item.lead_id.to_string(),
            item.event_id.map(|id| id.to_string()).unwrap_or_default(),
            item.workflow.clone(),
            item.mode.to_string(),
            item.rule_set.clone(),
            item.rule_version.to_string(),
            text(&item.variant),
            text(&item.rule_id),
            item.action.to_string(),
            serde_json::to_string(&item.parameters)?,
            item.confidence.map(|confidence| confidence.to_string()).unwrap_or_default(),
            item.risk_tags.join(" "),
            text(&item.held_by),
            engine::time::stamp(item.as_of),
            engine::time::stamp(item.decided_at),
        ];
        rows.push(row.into());
    }
    Ok(app::csv_file::to_csv(rows)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(accept: &'static str) -> Option<Format> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        Format::accepted(&headers).ok()
    }

    #[test]
    fn the_first_form_we_have_is_given() {
        assert_eq!(Format::accepted(&HeaderMap::new()).ok(), Some(Format::Json));
        assert_eq!(accepted("text/html, */*;q=0.8"), Some(Format::Json));
        assert_eq!(accepted("text/csv"), Some(Format::Csv));
        assert_eq!(accepted("application/x-ndjson; charset=utf-8"), Some(Format::Ndjson));
        assert_eq!(accepted("image/png"), None);
    }
}
