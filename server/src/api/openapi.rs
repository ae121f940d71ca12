//! The API description (OpenAPI 3.1) at `/api/openapi.json`, generated from the operations below and the schemas of their types.
//!
//! It is built manually on top of `schemars`. `utoipa` derives its own schemas, so the engine's types, whose `JsonSchema` also
//! generates the files in `schemas/`, would need a second description and a second set of attributes for constraints. `aide`
//! supports `schemars`, but replaces the router that the tables of access and middleware are checked against. Either would save
//! about 190 of 510 lines, `schemas` and the builder. The remaining lines are the texts of the operations, which are needed
//! anyway.

mod operations;
mod schemas;

use std::sync::OnceLock;

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value as Json, json};

use self::operations::operations;
use self::schemas::Schemas;

static TEXT: OnceLock<Bytes> = OnceLock::new();

/// Serves the document.
pub(super) async fn serve() -> Response {
    let text = TEXT.get_or_init(|| serde_json::to_vec(&document()).unwrap_or_default().into());
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text.clone()).into_response()
}

/// Returns the whole document.
pub fn document() -> Json {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Json> = Map::new();
    for operation in operations(&mut schemas) {
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        item[operation.method.to_lowercase()] = operation.body;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Meshline",
            "version": app::VERSION,
            "summary": "Lead qualification as infrastructure.",
            "description": "Events about leads come in, and each is answered with a decision once the decision is committed. \
                Errors are problem documents (RFC 9457). Every answer carries the request's id in `x-request-id`.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": "events", "description": "What comes in." },
            { "name": "outcomes", "description": "What really happened." },
            { "name": "leads", "description": "Who it is about." },
            { "name": "decisions", "description": "What was decided, and why." },
            { "name": "process", "description": "What watches the process." },
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "A key made with `meshline key add`. Its scopes say what it is good for." },
            },
            "headers": {
                "x-request-id": {
                    "description": "Names the request in the logs and in problem documents.",
                    "required": true,
                    "schema": { "type": "string", "format": "uuid" },
                },
            },
            "schemas": schemas.finish(),
        },
    })
}
