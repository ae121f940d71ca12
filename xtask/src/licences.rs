//! The licences of everything that ships.
//!
//! Our own check rather than `cargo-deny`, whose rules for the same list are ten lines of TOML. It would be one more tool that CI
//! compiles (168 crates, linked with fat LTO), and it joins the dependencies of all targets: it refuses `webpki-root-certs`, which
//! it reaches over a crate for Linux alone and then an edge for WebAssembly alone, so that no build contains it. This one asks
//! cargo for each target by itself and takes about two seconds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use spdx::{Expression, LicenseReq, ParseMode};

use crate::workspace::Workspace;
use crate::{process, wasm_target};

/// The licences that may ship.
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

/// A crate that is all right although its licence is not in the list.
struct Exception {
    name: &'static str,
    licence: &'static str,
    #[expect(dead_code, reason = "it is for whoever reads the list")]
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[Exception {
    name: "webpki-roots",
    licence: "CDLA-Permissive-2.0",
    reason: "Mozilla's list of certificate authorities: data, whose licence asks only to be passed on",
}];

/// Where the code runs.
const TARGETS: &[&str] = &["x86_64-unknown-linux-gnu", wasm_target::TARGET];

/// Checks each crate that a package of ours is built from or with. What only tests use does not count.
///
/// # Errors
/// Names every crate whose licence is missing, cannot be read, or is not allowed.
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
    eprintln!("{} crates looked at", seen.len());
    if wrong.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = wrong.into_iter().map(|(name, problem)| format!("{name}: {problem}")).collect();
    bail!("{}", lines.join("\n"))
}

/// The packages reached from the workspace by normal and build dependencies.
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

/// Why the package must not ship, if so.
fn problem(package: &Value) -> Option<String> {
    let is_excepted =
        |licence: &str| EXCEPTIONS.iter().any(|it| it.name == text(package, "name") && it.licence == licence);
    match package["license"].as_str() {
        Some(licence) if is_excepted(licence) => None,
        Some(licence) if may_ship(licence) => None,
        Some(licence) => Some(format!("{licence} is not allowed")),
        None => Some("it names no licence".to_owned()),
    }
}

/// Whether what an SPDX expression demands can be fulfilled with allowed licences alone. The old
/// `MIT/Apache-2.0` is read as a choice. An exception (`WITH`) only ever adds permissions.
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
    fn expressions_are_understood() {
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
    fn what_only_tests_use_does_not_count() {
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
