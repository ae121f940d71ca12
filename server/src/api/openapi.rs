//! stub
use axum::Json;
/// x
pub(super) async fn serve() -> Json<serde_json::Value> { Json(serde_json::json!({})) }
