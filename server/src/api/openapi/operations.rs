//! Describes every operation: its input, its output, and its status codes.

use axum::http::StatusCode;
use engine::action::Action;
use engine::decision::{Decision, Mode};
use engine::event::{EventRequest, PLAIN_TEXT};
use engine::limits;
use serde_json::{Map, Value as Json, json};

use super::schemas::Schemas;
use crate::api::batch::{BatchLine, LineAnswer};
use crate::api::decisions::{DEFAULT_LIMIT, LIMIT, formats};
use crate::api::leads::LeadAnswer;
use crate::api::outcomes::{OutcomeAnswer, OutcomeRequest};
use crate::http::Problem;
use service::decide::{EventAnswer, ReplayResult};

/// One operation of the document.
pub(super) struct Operation {
    /// The path.
    pub path: String,
    /// The HTTP method.
    pub method: &'static str,
    /// The operation object.
    pub body: Json,
}

/// Error statuses of every operation that requires a key.
const WITH_KEY: &[u16] = &[401, 403, 405, 500, 503];
/// Additional error statuses of operations with a body.
const WITH_BODY: &[u16] = &[400, 413, 415, 422];

/// Builds one operation.
struct Builder<'a> {
    schemas: &'a mut Schemas,
    path: &'static str,
    method: &'static str,
    body: Map<String, Json>,
    parameters: Vec<Json>,
    responses: Map<String, Json>,
}

impl<'a> Builder<'a> {
    fn new(
        schemas: &'a mut Schemas,
        method: &'static str,
        path: &'static str,
        tag: &str,
        id: &str,
        summary: &str,
    ) -> Self {
        let body = json!({ "operationId": id, "tags": [tag], "summary": summary });
        let body = if let Json::Object(body) = body { body } else { Map::new() };
        Self { schemas, path, method, body, parameters: Vec::new(), responses: Map::new() }
    }

    fn description(mut self, text: &str) -> Self {
        self.body.insert("description".into(), text.into());
        self
    }

    fn scope(mut self, scope: &str) -> Self {
        self.body.insert("security".into(), json!([{ "key": [scope] }]));
        self
    }

    fn open(mut self) -> Self {
        self.body.insert("security".into(), json!([]));
        self
    }

    fn parameter(mut self, place: &str, name: &str, description: &str, schema: Json) -> Self {
        let required = place == "path" || place == "header";
        self.parameters.push(json!({ "name": name, "in": place, "required": required, "description": description, "schema": schema }));
        self
    }

    fn idempotency_key(self) -> Self {
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": limits::KEY_CHARS, "pattern": "^[!-~]([ -~]*[!-~])?$" });
        self.parameter(
            "header",
            "Idempotency-Key",
            "Sent again with the same key and body, the request does nothing twice.",
            schema,
        )
    }

    fn id(self, description: &str) -> Self {
        self.parameter("path", "id", description, json!({ "type": "string", "format": "uuid" }))
    }

    fn takes(mut self, content: Json) -> Self {
        self.body.insert("requestBody".into(), json!({ "required": true, "content": content }));
        self
    }

    fn gives(mut self, status: u16, description: &str, content: Json) -> Self {
        self.responses.insert(status.to_string(), response(description, content, json!({})));
        self
    }

    fn linked(mut self, status: u16) -> Self {
        let link = json!({ "description": "The next page (RFC 8288), if there is one.", "schema": { "type": "string" } });
        self.responses[&status.to_string()]["headers"]["Link"] = link;
        self
    }

    fn fails(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            let problem = self.schemas.given::<Problem>();
            let headers = match status {
                401 => {
                    json!({ "WWW-Authenticate": { "description": "How to say who calls.", "required": true, "schema": { "type": "string" } } })
                }
                405 => {
                    json!({ "Allow": { "description": "The methods there are.", "schema": { "type": "string" } } })
                }
                503 => {
                    json!({ "Retry-After": { "description": "Seconds to wait.", "required": true, "schema": { "type": "integer", "minimum": 0 } } })
                }
                _ => json!({}),
            };
            let content = json!({ "application/problem+json": { "schema": problem } });
            self.responses.insert(status.to_string(), response(meaning(*status), content, headers));
        }
        self
    }

    fn done(mut self) -> Operation {
        if !self.parameters.is_empty() {
            self.body.insert("parameters".into(), self.parameters.into());
        }
        self.responses.sort_keys();
        self.body.insert("responses".into(), self.responses.into());
        Operation { path: self.path.to_owned(), method: self.method, body: self.body.into() }
    }
}

fn response(description: &str, content: Json, headers: Json) -> Json {
    let mut response = json!({
        "description": description,
        "headers": { "x-request-id": { "$ref": "#/components/headers/x-request-id" } },
        "content": content,
    });
    if let (Some(all), Json::Object(more)) = (response["headers"].as_object_mut(), headers) {
        all.extend(more);
    }
    response
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be read: the body is no JSON, or the idempotency key is missing.",
        401 => "There is no key, or it is not valid.",
        403 => "The key lacks the scope.",
        404 => "There is no such thing.",
        406 => "It cannot be given in the form that was asked for.",
        413 => "The body is too large.",
        415 => "The body is in another format.",
        422 => "The request can be read, and cannot be carried out; `errors` says where it is wrong.",
        503 => "The database does not answer at the moment. Nothing was changed.",
        _ => StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Failed."),
    }
}

fn as_json(schema: Json) -> Json {
    json!({ "application/json": { "schema": schema } })
}

/// Returns all operations, in the order of [`crate::api::ROUTES`].
pub(super) fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    vec![
        take_event(schemas),
        take_batch(schemas),
        record_outcome(schemas),
        show_lead(schemas),
        list_decisions(schemas),
        show_decision(schemas),
        replay(schemas),
        Builder::new(schemas, "GET", "/api/openapi.json", "process", "document", "This document.")
            .open()
            .gives(200, "The document.", as_json(json!({ "type": "object" })))
            .fails(&[405, 500, 503])
            .done(),
        Builder::new(schemas, "GET", "/healthz", "process", "alive", "Whether the process is there.")
            .open()
            .gives(200, "It is.", plain_text())
            .fails(&[405, 500, 503])
            .done(),
        Builder::new(schemas, "GET", "/readyz", "process", "ready", "Whether requests can be sent here.")
            .open()
            .gives(200, "They can. The second line names the version.", plain_text())
            .fails(&[405, 500, 503])
            .done(),
        figures(schemas),
    ]
}

fn take_event(schemas: &mut Schemas) -> Operation {
    let (event, answer) = (schemas.taken::<EventRequest>(), schemas.given::<EventAnswer>());
    Builder::new(schemas, "POST", "/api/v1/events", "events", "takeEvent", "Tell an event, and get the decision.")
        .description("Without `workflow`, the event goes to the one workflow that takes events of this kind from this source.")
        .scope("ingest")
        .idempotency_key()
        .takes(as_json(event))
        .gives(201, "It was recorded and decided.", as_json(answer.clone()))
        .gives(200, "It had been recorded before; this is the first answer.", as_json(answer))
        .fails(WITH_KEY)
        .fails(WITH_BODY)
        .done()
}

fn take_batch(schemas: &mut Schemas) -> Operation {
    let (line, answer) = (schemas.taken::<BatchLine>(), schemas.given::<LineAnswer>());
    let lines = |item: &Json| json!({ "schema": { "type": "string" }, "x-item-schema": item });
    Builder::new(schemas, "POST", "/api/v1/events/batch", "events", "takeBatch", "Tell many events, a line each.")
        .description(&format!(
            "Every line is a JSON object: an event and its `idempotency_key`. It is answered by a line, in order, with the \
             status and the body that a single request would have got, or the problem. A bad line stops nothing. At most {} lines.",
            limits::BATCH_LINES
        ))
        .scope("ingest")
        .takes(json!({ "application/x-ndjson": lines(&line), "text/plain": lines(&line) }))
        .gives(200, "The answers, a line each.", json!({ "application/x-ndjson": lines(&answer) }))
        .fails(WITH_KEY)
        .fails(&[400, 413, 415])
        .done()
}

fn record_outcome(schemas: &mut Schemas) -> Operation {
    let (outcome, answer) = (schemas.taken::<OutcomeRequest>(), schemas.given::<OutcomeAnswer>());
    Builder::new(
        schemas,
        "POST",
        "/api/v1/outcomes",
        "outcomes",
        "recordOutcome",
        "Tell what really happened to a lead.",
    )
    .description(
        "The lead is named by `lead_id`, by `external_id` (with its `source`) or by `email`: by one of them.",
    )
    .scope("outcome")
    .idempotency_key()
    .takes(as_json(outcome))
    .gives(201, "It was recorded.", as_json(answer.clone()))
    .gives(200, "It had been recorded before; this is the first answer.", as_json(answer))
    .fails(WITH_KEY)
    .fails(WITH_BODY)
    .done()
}

fn show_lead(schemas: &mut Schemas) -> Operation {
    let lead = schemas.given::<LeadAnswer>();
    Builder::new(schemas, "GET", "/api/v1/leads/{id}", "leads", "showLead", "The current state of a lead.")
        .scope("read")
        .id("The lead.")
        .gives(200, "The lead.", as_json(lead))
        .fails(WITH_KEY)
        .fails(&[404])
        .done()
}

fn list_decisions(schemas: &mut Schemas) -> Operation {
    let (action, mode, decision) =
        (schemas.taken::<Action>(), schemas.taken::<Mode>(), schemas.given::<Decision>());
    let name = || json!({ "type": "string", "minLength": 1, "maxLength": limits::NAME_CHARS, "pattern": PLAIN_TEXT });
    let instant = || json!({ "type": "string", "format": "date-time" });
    let page = json!({
        "type": "object",
        "required": ["items", "next"],
        "additionalProperties": false,
        "properties": {
            "items": { "type": "array", "maxItems": LIMIT, "items": decision },
            "next": { "type": ["string", "null"], "description": "What to send as `after` to get the next page; `null` on the last." },
        },
    });
    let content = json!({
        "application/json": { "schema": page },
        "application/x-ndjson": { "schema": { "type": "string" }, "x-item-schema": decision },
        "text/csv": { "schema": { "type": "string" } },
    });
    Builder::new(
        schemas,
        "GET",
        "/api/v1/decisions",
        "decisions",
        "listDecisions",
        "Decisions, newest first.",
    )
    .scope("read")
    .parameter("query", "workflow", "Of this workflow.", name())
    .parameter("query", "action", "With this action.", action)
    .parameter("query", "rule_id", "By this rule.", name())
    .parameter("query", "mode", "In this mode.", mode)
    .parameter("query", "lead_id", "About this lead.", json!({ "type": "string", "format": "uuid" }))
    .parameter("query", "from", "As of this instant or later.", instant())
    .parameter("query", "to", "As of before this instant.", instant())
    .parameter(
        "query",
        "after",
        "The page after this one: `next` of the page before.",
        json!({ "type": "string", "format": "uuid" }),
    )
    .parameter(
        "query",
        "limit",
        "Items of a page.",
        json!({ "type": "integer", "minimum": 1, "maximum": LIMIT, "default": DEFAULT_LIMIT }),
    )
    .parameter(
        "query",
        "format",
        "The form; without it, `Accept` counts.",
        json!({ "type": "string", "enum": formats() }),
    )
    .gives(200, "A page of decisions.", content)
    .linked(200)
    .fails(WITH_KEY)
    .fails(&[406, 422])
    .done()
}

fn show_decision(schemas: &mut Schemas) -> Operation {
    let decision = schemas.given::<Decision>();
    Builder::new(
        schemas,
        "GET",
        "/api/v1/decisions/{id}",
        "decisions",
        "showDecision",
        "A decision with its inputs and its trace.",
    )
    .scope("read")
    .id("The decision.")
    .gives(200, "The decision.", as_json(decision))
    .fails(WITH_KEY)
    .fails(&[404])
    .done()
}

fn replay(schemas: &mut Schemas) -> Operation {
    let replay = schemas.given::<ReplayResult>();
    Builder::new(schemas, "POST", "/api/v1/decisions/{id}/replay", "decisions", "replayDecision", "Decide again, and compare.")
        .description("The stored bundle decides the stored inputs again. Nothing is written, so that no idempotency key is needed.")
        .scope("read")
        .id("The decision.")
        .gives(200, "Whether the bytes are the same.", as_json(replay))
        .fails(WITH_KEY)
        .fails(&[404])
        .done()
}

fn figures(schemas: &mut Schemas) -> Operation {
    let mut operation = Builder::new(
        schemas,
        "GET",
        "/metrics",
        "process",
        "figures",
        "Figures of the process, for Prometheus.",
    )
    .description("Open to callers on the same machine; others need a key.")
    .gives(200, "The figures in Prometheus' text format.", plain_text())
    .fails(WITH_KEY)
    .done();
    operation.body["security"] = json!([{}, { "key": ["read"] }]);
    operation
}

fn plain_text() -> Json {
    json!({ "text/plain": { "schema": { "type": "string" } } })
}
