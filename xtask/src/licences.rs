//! Checks the licences of everything that ships.
//!
//! This is our own check rather than `cargo-deny`, whose rules for the same list are ten lines of TOML. `cargo-deny` would be one
//! more tool that CI compiles (168 crates, linked with fat LTO), and it joins the dependencies of all targets: it rejects
//! `webpki-root-certs`, which it reaches through a crate for Linux only and then an edge for WebAssembly only, although no build
//! contains it. This check asks cargo for each target separately and takes about two seconds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use spdx::{Expression, LicenseReq, ParseMode};

use crate::workspace::Workspace;
use crate::{process, wasm_target};

/// The permitted licences.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// A crate that is permitted although its licence is not in the list.
struct Exception {
    name: &'static str,
    licence: &'static str,
    #[expect(dead_code, reason = "documents the list")]
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[Exception {
    name: "webpki-roots",
    licence: "CDLA-Permissive-2.0",
    reason: "Mozilla's list of certificate authorities: data, whose licence only requires that it is passed on",
}];

/// The platforms that the code runs on.
const TARGETS: &[&str] = &["x86_64-unknown-linux-gnu", wasm_target::TARGET];

/// Checks every crate that one of our packages is built from or with. Crates that only tests use are ignored.
///
/// # Errors
/// Returns an error that lists every crate whose licence is missing, invalid or not permitted.
pub fn check(workspace: &Workspace) -> Result<()> {
    let mut wrong = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for target in TARGETS {
        let mut cargo = workspace.cargo();
        cargo.args(["metadata", "--format-version", "1", "--filter-platform", target]);
        let metadata: Value = serde_json::from_str(&process::capture(&mut cargo)?)?;
        for package in reached(&metadata)? {
            let name = format!("{} {}", text(package, "name"), text(package, "version"));
            if let Some(problem) = problem(package) {
                wrong.insert(name.clone(), problem);
            }
            seen.insert(name);
        }
    }
    eprintln!("{} crates checked", seen.len());
    if wrong.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = wrong.into_iter().map(|(name, problem)| format!("{name}: {problem}")).collect();
    bail!("{}", lines.join("\n"))
}

/// Returns the packages reachable from the workspace through normal and build dependencies.
fn reached(metadata: &Value) -> Result<Vec<&Value>> {
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let nodes: HashMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|node| (text(node, "id"), node))
        .collect();
    let mut waiting: Vec<String> =
        list(&metadata["workspace_members"]).iter().filter_map(|id| id.as_str().map(str::to_owned)).collect();
    let mut found = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        let node = nodes.get(id.as_str()).with_context(|| format!("cargo metadata does not resolve {id}"))?;
        if !found.insert(id) {
            continue;
        }
        for dependency in node["deps"].as_array().into_iter().flatten() {
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev") {
                waiting.push(text(dependency, "pkg").to_owned());
            }
        }
    }
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    Ok(packages.iter().filter(|package| found.contains(text(package, "id"))).collect())
}

/// Returns the reason that the package must not ship, if any.
fn problem(package: &Value) -> Option<String> {
    let is_excepted =
        |licence: &str| EXCEPTIONS.iter().any(|it| it.name == text(package, "name") && it.licence == licence);
    match package["license"].as_str() {
        Some(licence) if is_excepted(licence) => None,
        Some(licence) if may_ship(licence) => None,
        Some(licence) => Some(format!("{licence} is not permitted")),
        None => Some("it declares no licence".to_owned()),
    }
}

/// Returns whether permitted licences alone satisfy an SPDX expression. The deprecated `MIT/Apache-2.0` is read as a choice. An
/// exception (`WITH`) only ever adds permissions.
fn may_ship(licence: &str) -> bool {
    let allowed =
        |requirement: &LicenseReq| requirement.license.id().is_some_and(|id| ALLOWED.contains(&id.name));
    Expression::parse_mode(licence, ParseMode::LAX).is_ok_and(|expression| expression.evaluate(allowed))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn expressions_are_evaluated() {
        for fine in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0-only OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(may_ship(fine), "{fine}");
        }
        for wrong in ["GPL-3.0-only", "MIT AND AGPL-3.0-or-later", "no such licence", "LicenseRef-own", ""] {
            assert!(!may_ship(wrong), "{wrong}");
        }
    }

    #[test]
    fn dev_dependencies_are_ignored() {
        let edge = |to: &str, kind: Value| json!({"pkg": to, "dep_kinds": [{"kind": kind}]});
        let metadata = json!({
            "workspace_members": ["us"],
            "packages": [{"id": "us"}, {"id": "used"}, {"id": "builds"}, {"id": "tests"}],
            "resolve": {"nodes": [
                {"id": "us", "deps": [edge("used", Value::Null), edge("tests", json!("dev"))]},
                {"id": "used", "deps": [edge("builds", json!("build"))]},
                {"id": "builds", "deps": []},
                {"id": "tests", "deps": []},
            ]},
        });
        let found: Vec<&str> =
            reached(&metadata).unwrap().iter().map(|package| text(package, "id")).collect();
        assert_eq!(found, ["us", "used", "builds"]);
    }
}
