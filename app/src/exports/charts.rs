//! Dashboard charts as files.

use crate::context::Request;
use crate::error::{Error, Missing, Result};
use crate::pages::dashboard;
use crate::ui::clock::Clock;

/// The path of the files; `{file}` is the chart's name with `.csv` or `.svg`.
pub const PATH: &str = "/dashboard/charts/{file}";

/// Returns a chart with the dashboard's filters: its content type and its bytes.
///
/// # Errors
/// Returns [`Error::NotFound`] if the chart or the format does not exist, or another error if the database fails.
pub async fn chart(
    request: &Request,
    query: Vec<(String, String)>,
    file: &str,
) -> Result<(&'static str, Vec<u8>)> {
    let viewer = request.viewer.as_ref().ok_or(Error::SignedOut)?;
    let clock = Clock { now: request.now, zone: viewer.time_zone };
    let (name, ending) = file.split_once('.').unwrap_or((file, ""));
    let chart = async || dashboard::chart(request, &query.into_iter().collect(), clock, name).await;
    match ending {
        "csv" => {
            let csv = chart().await?.0.csv().map_err(|error| {
                tracing::error!(%error, name, "the table of a chart could not be written");
                Error::Internal
            })?;
            Ok(("text/csv; charset=utf-8; header=present", csv))
        }
        "svg" => {
            let (chart, context) = chart().await?;
            Ok(("image/svg+xml; charset=utf-8", chart.svg(&context).into_bytes()))
        }
        _ => Err(Error::NotFound { what: Missing::File }),
    }
}
