//! Metrics of the process, for Prometheus.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

const REQUESTS: &str = "meshline_http_requests_total";
const DROPPED: &str = "meshline_http_connections_dropped_total";
const DURATION: &str = "meshline_http_request_duration_seconds";

/// Bucket bounds of the duration histogram: from a cached response to the longest request allowed.
const BOUNDS_S: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// How often the histograms are aggregated, so that samples do not accumulate while they are not scraped.
const FOLD_EVERY: Duration = Duration::from_secs(5);

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Returns the recorder of the process, created on first use.
pub(super) fn recorder() -> PrometheusHandle {
    RECORDER
        .get_or_init(|| {
            let builder = PrometheusBuilder::new();
            // Cannot fail: the only invalid input is an empty list, and this constant is not empty.
            let builder = match builder.set_buckets_for_metric(Matcher::Full(DURATION.into()), BOUNDS_S) {
                Ok(builder) => builder,
                Err(_) => PrometheusBuilder::new(),
            };
            let recorder = builder.build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::error!("another recorder of metrics is installed; /metrics stays empty");
            }
            metrics::describe_counter!(REQUESTS, "Requests answered, by route and status.");
            metrics::describe_counter!(DROPPED, "Connections closed because there were too many, by state.");
            metrics::describe_histogram!(
                DURATION,
                metrics::Unit::Seconds,
                "Time to the head of the answer, by route."
            );
            handle
        })
        .clone()
}

/// Aggregates the histograms periodically until the process exits.
pub(super) async fn fold(handle: PrometheusHandle) {
    let mut ticks = tokio::time::interval(FOLD_EVERY);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

/// Counts an idle connection that made room for a new one.
pub(super) fn drop_connection() {
    metrics::counter!(DROPPED, "state" => "idle").increment(1);
}

/// Counts a new connection that was closed because all others were busy.
pub(super) fn refuse_connection() {
    metrics::counter!(DROPPED, "state" => "new").increment(1);
}

/// Counts a response. Uses route patterns, which bounds the number of series.
pub(super) fn count(method: &Method, route: String, status: StatusCode, took: Duration) {
    let method = match *method {
        Method::GET | Method::HEAD => "GET",
        Method::POST => "POST",
        _ => "other",
    };
    metrics::histogram!(DURATION, "method" => method, "route" => route.clone()).record(took);
    metrics::counter!(REQUESTS, "method" => method, "route" => route, "status" => status.as_u16().to_string()).increment(1);
}
