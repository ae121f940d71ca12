//! The software bill of materials: which crates are in the server and in the WebAssembly that it serves.
//!
//! It is CycloneDX 1.6 in JSON, made from `cargo tree`, which knows the features of exactly this build, and the checksums in
//! `Cargo.lock`. What only builds or tests the program is not in it: macros, build scripts and dev dependencies. The same sources give the
//! same file, so it has no time and no serial number.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use spdx::Expression;

use crate::workspace::Workspace;
use crate::{process, wasm, wasm_target};

/// The file beside the program.
pub const FILE: &str = "meshline.cdx.json";
/// Our own packages, and the application as a whole.
const OURS: &str = "meshline";

/// A crate by name and version.
type CrateId = (String, String);

/// The crates of one or more programs.
#[derive(Default)]
struct Tree {
    licences: BTreeMap<CrateId, String>,
    /// What depends on what; `None` is the application.
    edges: BTreeMap<Option<CrateId>, BTreeSet<CrateId>>,
}

/// Returns the bill of materials as JSON.
///
/// # Errors
/// Returns an error if cargo cannot resolve the dependencies.
pub fn make(workspace: &Workspace) -> Result<String> {
    let mut tree = Tree::default();
    tree.add(&cargo_tree(workspace, "server", None)?)?;
    for bundle in wasm::BUNDLES {
        tree.add(&cargo_tree(workspace, bundle.package, Some(wasm_target::TARGET))?)?;
    }
    let lock = fs::read_to_string(workspace.root.join("Cargo.lock")).context("reading Cargo.lock")?;
    let version = workspace.packages.iter().find(|package| package["name"] == "server");
    let version = version.and_then(|package| package["version"].as_str()).unwrap_or_default();
    let bill = tree.bill(version, &checksums(&lock))?;
    Ok(serde_json::to_string_pretty(&bill)? + "\n")
}

fn cargo_tree(workspace: &Workspace, package: &str, target: Option<&str>) -> Result<String> {
    let mut cargo = workspace.cargo();
    cargo.args(["tree", "--locked", "--package", package, "--edges", "normal,no-proc-macro"]);
    cargo.args(["--prefix", "depth", "--format", "\t{p}\t{l}"]);
    if let Some(target) = target {
        cargo.args(["--target", target]);
    }
    process::capture(&mut cargo)
}

impl Tree {
    /// Adds lines of depth, package and licence, each below the last line of a lower depth.
    fn add(&mut self, lines: &str) -> Result<()> {
        let mut above: Vec<Option<CrateId>> = Vec::new();
        for line in lines.lines() {
            let mut parts = line.split('\t');
            let (Some(depth), Some(package), Some(licence)) = (parts.next(), parts.next(), parts.next())
            else {
                bail!("cargo tree printed `{line}`");
            };
            above.truncate(depth.parse().with_context(|| format!("cargo tree printed `{line}`"))?);
            let mut words = package.split(' ');
            let (name, version) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            // Only our own packages have a path after them.
            let id =
                words.next().is_none().then(|| (name.to_owned(), version.trim_start_matches('v').to_owned()));
            if let Some(id) = &id {
                // Of a crate that was printed before, cargo omits what it depends on.
                let licence = licence.trim_end_matches("(*)").trim();
                self.licences.insert(id.clone(), licence.to_owned());
                let parent = above.last().cloned().flatten();
                self.edges.entry(parent).or_default().insert(id.clone());
            }
            above.push(id);
        }
        Ok(())
    }

    fn bill(&self, version: &str, checksums: &BTreeMap<CrateId, String>) -> Result<Value> {
        let component = |(id, licence): (&CrateId, &String)| {
            let (name, version) = id;
            let checksum = checksums
                .get(id)
                .with_context(|| format!("Cargo.lock has no checksum of {name} {version}"))?;
            let mut component = json!({
                "type": "library",
                "bom-ref": purl(id),
                "name": name,
                "version": version,
                "scope": "required",
                "hashes": [{"alg": "SHA-256", "content": checksum}],
                "purl": purl(id),
            });
            if !licence.is_empty() {
                component["licenses"] = json!([licence_choice(licence)]);
            }
            Ok(component)
        };
        let components = self.licences.iter().map(component).collect::<Result<Vec<_>>>()?;
        let edges = self.edges.iter().map(|(from, to)| {
            let from = from.as_ref().map_or(OURS.to_owned(), purl);
            json!({"ref": from, "dependsOn": to.iter().map(purl).collect::<Vec<_>>()})
        });
        Ok(json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {"component": {
                "type": "application",
                "bom-ref": OURS,
                "name": OURS,
                "version": version,
                "licenses": [licence_choice("Apache-2.0")],
            }},
            "components": components,
            "dependencies": edges.collect::<Vec<_>>(),
        }))
    }
}

/// Returns the licence as CycloneDX has it. The deprecated `MIT/Apache-2.0` is a choice.
fn licence_choice(licence: &str) -> Value {
    let canonical = Expression::canonicalize(licence).ok().flatten();
    let expression = canonical.as_deref().unwrap_or(licence);
    match Expression::parse(expression) {
        Ok(_) => json!({"expression": expression}),
        Err(_) => json!({"license": {"name": licence}}),
    }
}

fn purl((name, version): &CrateId) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

/// Returns the checksums in a lock file.
fn checksums(lock: &str) -> BTreeMap<CrateId, String> {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))?;
        line.strip_suffix('"').map(str::to_owned)
    };
    lock.split("[[package]]")
        .filter_map(|package| {
            Some(((value(package, "name")?, value(package, "version")?), value(package, "checksum")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_bill_lists_what_is_in_the_program_and_nothing_else() {
        let bill: Value = serde_json::from_str(&make(&Workspace::find().unwrap()).unwrap()).unwrap();
        assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&json!("CycloneDX"), &json!("1.6")));
        let components = bill["components"].as_array().unwrap();
        let find = |name: &str| components.iter().find(|component| component["name"] == name);
        let axum = find("axum").unwrap();
        let version = axum["version"].as_str().unwrap();
        assert_eq!(axum["purl"], format!("pkg:cargo/axum@{version}"));
        assert_eq!(axum["licenses"], json!([{"expression": "MIT"}]));
        assert_eq!(axum["hashes"][0]["content"].as_str().unwrap().len(), 64);
        assert_eq!(find("csv").unwrap()["licenses"], json!([{"expression": "Unlicense OR MIT"}]));
        assert!(find("wasm-bindgen").is_some(), "the islands are in it");
        // A dev dependency, a macro, a build dependency, and our own packages.
        for other in ["proptest", "leptos_macro", "cc", "xtask", "server", "app"] {
            assert!(find(other).is_none(), "{other}");
        }
        let mut refs: HashSet<&Value> = components.iter().map(|component| &component["bom-ref"]).collect();
        assert_eq!(refs.len(), components.len(), "references are unique");
        refs.insert(&bill["metadata"]["component"]["bom-ref"]);
        for edge in bill["dependencies"].as_array().unwrap() {
            assert!(refs.contains(&edge["ref"]));
            assert!(edge["dependsOn"].as_array().unwrap().iter().all(|to| refs.contains(to)), "{edge}");
        }
    }

    #[test]
    fn what_our_packages_depend_on_is_what_the_application_depends_on() {
        let mut tree = Tree::default();
        let lines = "0\tserver v0.1.0 (/w/server)\tApache-2.0\n1\taxum v0.8.1\tMIT\n2\tbytes v1.2.3+4\tMIT/Apache-2.0\n\
                     1\tapp v0.1.0 (/w/app)\tApache-2.0\n2\tbytes v1.2.3+4\tMIT/Apache-2.0 (*)\n";
        tree.add(lines).unwrap();
        let lock = "version = 4\n\n[[package]]\nname = \"axum\"\nversion = \"0.8.1\"\nsource = \"registry\"\nchecksum = \"aa\"\n\n\
                    [[package]]\nname = \"bytes\"\nversion = \"1.2.3+4\"\nchecksum = \"bb\"\ndependencies = [\n \"x\",\n]\n";
        let bill = tree.bill("0.1.0", &checksums(lock)).unwrap();
        let edges = json!([
            {"ref": "meshline", "dependsOn": ["pkg:cargo/axum@0.8.1", "pkg:cargo/bytes@1.2.3%2B4"]},
            {"ref": "pkg:cargo/axum@0.8.1", "dependsOn": ["pkg:cargo/bytes@1.2.3%2B4"]},
        ]);
        assert_eq!(bill["dependencies"], edges);
        assert_eq!(bill["components"][1]["licenses"], json!([{"expression": "MIT OR Apache-2.0"}]));
        assert_eq!(bill["components"][1]["hashes"][0]["content"], "bb");
        assert!(tree.bill("0.1.0", &BTreeMap::new()).is_err());
        assert!(tree.add("server\n").is_err());
    }
}
