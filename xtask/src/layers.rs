//! The direction of the layers: who may depend on whom, and what must not come along.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// The packages of ours that each package may use directly. A package that is missing here may use none.
const ALLOWED: &[(&str, &[&str])] = &[
    ("engine", &[]),
    ("store", &["engine", "migrations"]),
    ("destinations", &["engine"]),
    ("migrations", &[]),
    ("service", &["engine", "store", "destinations"]),
    ("app", &["engine", "store", "service"]),
    ("server", &["engine", "store", "destinations", "migrations", "service", "app"]),
    ("bench", &["engine", "store", "destinations", "service", "server"]),
    ("bench-rules", &["engine"]),
    ("bench-worker", &["engine"]),
    ("islands", &["app"]),
    ("xtask", &["engine"]),
];

/// What must not come along, directly or through others.
const ABSENT: &[Absence] = &[
    Absence {
        package: "engine",
        target: None,
        crates: &[
            "axum",
            "getrandom",
            "hyper",
            "leptos",
            "mio",
            "rand",
            "reqwest",
            "sea-orm",
            "socket2",
            "sqlx",
            "sqlx-core",
            "tokio",
        ],
    },
    Absence {
        package: "islands",
        target: Some(crate::wasm_target::TARGET),
        crates: &["engine", "store", "destinations", "sea-orm", "sqlx", "axum", "tokio", "hyper"],
    },
];

struct Absence {
    package: &'static str,
    target: Option<&'static str>,
    crates: &'static [&'static str],
}

/// Checks that nothing points back and that the pure stay pure.
///
/// # Errors
/// Names every dependency that must not be.
pub fn check(workspace: &Workspace) -> Result<()> {
    let mut wrong = backwards(&workspace.packages);
    for absence in ABSENT {
        let mut cargo = workspace.cargo();
        cargo.args([
            "tree",
            "--package",
            absence.package,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]);
        if let Some(target) = absence.target {
            cargo.args(["--target", target]);
        }
        let tree = process::capture(&mut cargo)?;
        let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        let found = absence.crates.iter().filter(|name| names.contains(*name));
        wrong.extend(found.map(|name| format!("{} brings {name} along", absence.package)));
    }
    if wrong.is_empty() { Ok(()) } else { bail!("{}", wrong.join("\n")) }
}

/// The direct dependencies between our packages that are not allowed.
fn backwards(packages: &[Value]) -> Vec<String> {
    let ours: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let allowed =
            ALLOWED.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, allowed)| allowed);
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let uses = dependency["name"].as_str().unwrap_or_default();
            // A package's tests may ask for more of its own features.
            if ours.contains(uses) && !allowed.contains(&uses) && uses != name {
                wrong.push(format!("{name} must not depend on {uses}"));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_allowed_direction_passes() {
        let packages = [
            json!({"name": "engine", "dependencies": [{"name": "serde", "kind": null}]}),
            json!({"name": "store", "dependencies": [
                {"name": "engine", "kind": null}, {"name": "store", "kind": "dev"}, {"name": "server", "kind": "dev"}]}),
            json!({"name": "migrations", "dependencies": []}),
            json!({"name": "server", "dependencies": [{"name": "store", "kind": null}]}),
            json!({"name": "newcomer", "dependencies": [{"name": "engine", "kind": null}]}),
        ];
        assert_eq!(
            backwards(&packages),
            ["store must not depend on server", "newcomer must not depend on engine"]
        );
    }
}
