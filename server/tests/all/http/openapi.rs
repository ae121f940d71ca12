//! The OpenAPI document.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Method;
use serde_json::Value as Json;
use server::api::{ROUTES, openapi};

use crate::support::TestApp;

/// The document is stored in the repository so that reviews show changes to the API. `MESHLINE_UPDATE_GOLDEN=1` rewrites it.
#[test]
fn the_document_matches_the_repository() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/openapi.json");
    let now = format!("{}\n", serde_json::to_string_pretty(&openapi::document()).unwrap());
    if std::env::var_os("MESHLINE_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert!(
        golden == now,
        "the OpenAPI document has changed; review it with MESHLINE_UPDATE_GOLDEN=1 and git diff"
    );
}

#[tokio::test]
async fn the_document_is_public() {
    let app = TestApp::start().await;
    let served: Json =
        app.request(Method::GET, "/api/openapi.json").send().await.unwrap().json().await.unwrap();
    assert_eq!(served, openapi::document());
}

#[test]
fn every_route_is_documented_with_a_unique_id() {
    let document = openapi::document();
    let mut ids = BTreeSet::new();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{path}");
            assert!(operation["security"].is_array(), "{path} says who may call it");
            documented.insert((method.to_uppercase(), path.clone()));
        }
    }
    for (method, path) in ROUTES {
        assert!(documented.contains(&((*method).to_owned(), (*path).to_owned())), "{method} {path}");
    }
}

#[test]
fn every_reference_resolves() {
    fn references(json: &Json, found: &mut Vec<String>) {
        match json {
            Json::Object(object) => {
                found.extend(object.get("$ref").and_then(Json::as_str).map(str::to_owned));
                object.values().for_each(|value| references(value, found));
            }
            Json::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = openapi::document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 40);
    for reference in found {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
}
