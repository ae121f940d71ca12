//! Checks the layers: which package may depend on which, which crates a package must not depend on, and how the modules within a
//! package may use each other.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::modules::{GLOB, Modules};
use crate::process;
use crate::workspace::Workspace;

/// The packages of the workspace that each package may depend on directly. A package that is not listed may depend on none.
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

/// The crates that a package must not depend on, directly or transitively.
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

/// The folders whose modules must not form dependency cycles: a package, and a path in its `src`.
const STRAIGHT: &[(&str, &[&str])] =
    &[("app", &[]), ("app", &["pages"]), ("store", &[]), ("service", &[]), ("server", &[])];

/// The paths that a module must not use.
const FORBIDDEN: &[Forbidden] = &[
    Forbidden { package: "app", module: "actions", path: "crate::pages", but: &[] },
    Forbidden { package: "app", module: "ui", path: "crate::pages", but: &[] },
    Forbidden { package: "app", module: "ui", path: "crate::actions", but: &[] },
    // The store persists what other layers decide: it compiles no bundle, evaluates no rule, judges no change.
    Forbidden { package: "store", module: "", path: "engine::bundle::Bundle", but: &[] },
    Forbidden { package: "store", module: "", path: "engine::bundle::BundleSource", but: &[] },
    Forbidden { package: "store", module: "", path: "engine::content", but: &[] },
    Forbidden { package: "store", module: "", path: "engine::rules", but: &["engine::rules::pick"] },
    Forbidden { package: "store", module: "", path: "engine::change::read", but: &[] },
    Forbidden { package: "store", module: "", path: "engine::change::compare", but: &[] },
    Forbidden { package: "store", module: "", path: "engine::change::place", but: &[] },
];

struct Forbidden {
    package: &'static str,
    /// The module, including its submodules; empty for the whole package.
    module: &'static str,
    path: &'static str,
    /// The exceptions.
    but: &'static [&'static str],
}

impl Forbidden {
    fn covers(&self, module: &str, path: &str) -> bool {
        let brought = path.strip_suffix(GLOB).and_then(|globbed| globbed.strip_suffix("::"));
        (self.module.is_empty() || is_below(module, self.module))
            && (is_below(path, self.path) || brought.is_some_and(|globbed| is_below(self.path, globbed)))
            && !self.but.iter().any(|allowed| is_below(path, allowed))
    }
}

/// Returns whether a path equals another one or lies below it.
fn is_below(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

struct Absence {
    package: &'static str,
    target: Option<&'static str>,
    crates: &'static [&'static str],
}

/// Checks the direction of dependencies and the purity of packages.
///
/// # Errors
/// Returns an error that lists every violation.
pub fn check(workspace: &Workspace) -> Result<()> {
    let mut wrong = backwards(&workspace.packages);
    for package in STRAIGHT.iter().map(|(package, _)| *package).collect::<BTreeSet<_>>() {
        let modules = Modules::read(&workspace.root.join(package))?;
        wrong.extend(cycles(package, &modules));
        wrong.extend(forbidden(package, &modules));
    }
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
        wrong.extend(
            found.map(|name| format!("{} must not depend on {name}, even indirectly", absence.package)),
        );
    }
    if wrong.is_empty() { Ok(()) } else { bail!("{}", wrong.join("\n")) }
}

/// Returns the cycles in the folders that must have none.
fn cycles(package: &str, modules: &Modules) -> Vec<String> {
    let mut wrong = Vec::new();
    for (_, folder) in STRAIGHT.iter().filter(|(name, _)| *name == package) {
        let folder: Vec<String> = folder.iter().map(|name| (*name).to_owned()).collect();
        for cycle in modules.cycles(&folder) {
            let edges = cycle.edges.iter();
            let edges: Vec<String> =
                edges.map(|(from, to, file)| format!("`{from}` uses `{to}` in {file}")).collect();
            let place = [&[package.to_owned()], &folder[..]].concat().join("::");
            wrong.push(format!("dependency cycle between the modules of {place}: {}", edges.join(", ")));
        }
    }
    wrong
}

/// Returns the uses of forbidden paths.
fn forbidden(package: &str, modules: &Modules) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    for used in modules.resolved() {
        let (module, path) = (used.module.join("::"), used.path.join("::"));
        let rules = FORBIDDEN.iter().filter(|rule| rule.package == package);
        for rule in rules.filter(|rule| rule.covers(&module, &path)) {
            let who = if rule.module.is_empty() { package } else { rule.module };
            wrong
                .insert(format!("{who} must not use {}: {package}/src/{} uses {path}", rule.path, used.file));
        }
    }
    wrong
}

/// Returns the direct dependencies between our packages that are not allowed.
fn backwards(packages: &[Value]) -> Vec<String> {
    let ours: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let allowed =
            ALLOWED.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, allowed)| allowed);
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let uses = dependency["name"].as_str().unwrap_or_default();
            // A package's tests may enable additional features of the package itself.
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

    fn modules(sources: &[(&str, &str)]) -> Modules {
        Modules::of(sources.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned()))).unwrap()
    }

    #[test]
    fn a_cycle_in_each_of_the_folders_is_rejected() {
        for (package, folder) in STRAIGHT {
            let path = |name: &'static str| folder.iter().copied().chain([name]).collect::<Vec<_>>();
            let (a, b) = (path("a"), path("b"));
            let planted = modules(&[
                (&format!("{}.rs", a.join("/")), &format!("use crate::{}::y;", b.join("::"))),
                (&format!("{}.rs", b.join("/")), &format!("fn f() {{ crate::{}::x() }}", a.join("::"))),
            ]);
            let wrong = cycles(package, &planted);
            assert_eq!(wrong.len(), 1, "{wrong:?}");
            assert!(wrong[0].contains("`a` uses `b` in"), "{wrong:?}");
        }
    }

    #[test]
    fn every_forbidden_use_is_rejected() {
        for rule in FORBIDDEN {
            let module = if rule.module.is_empty() { "some" } else { rule.module };
            let file = format!("{module}/deep/file.rs");
            let planted = modules(&[(&file, &format!("use {}::thing;", rule.path))]);
            let wrong = forbidden(rule.package, &planted);
            assert!(wrong.iter().any(|text| text.contains(rule.path) && text.contains(&file)), "{wrong:?}");
            for allowed in rule.but {
                let fine = modules(&[(&file, &format!("use {allowed}::thing;"))]);
                assert!(forbidden(rule.package, &fine).is_empty());
            }
        }
    }

    #[test]
    fn compiling_a_bundle_in_the_store_is_rejected_however_it_is_written() {
        for text in [
            "use engine::bundle::Bundle; fn f(s: X) { Bundle::compile(s) }",
            "use engine::bundle; fn f(s: X) { bundle::Bundle::compile(s) }",
            "use engine::bundle::{BundlePart, Bundle as Compiled}; fn f(s: X) { Compiled::compile(s) }",
            "fn f(s: X) { engine::bundle::Bundle::compile(s) }",
            "fn f(s: X) { ::engine::bundle::Bundle::compile(s) }",
            "use engine::bundle::*; fn f(s: X) { Bundle::compile(s) }",
            "use engine::{ids, bundle::*}; fn f(s: X) { Bundle::compile(s) }",
            "use engine::*; fn f(s: X) { bundle::Bundle::compile(s) }",
            "use engine as e; fn f(s: X) { e::bundle::Bundle::compile(s) }",
        ] {
            assert!(!forbidden("store", &modules(&[("reads/lead.rs", text)])).is_empty(), "{text}");
        }
        let fine = "use engine::bundle::BundlePart;\n#[cfg(test)]\nmod tests { use engine::bundle::Bundle; }";
        assert!(forbidden("store", &modules(&[("workflows.rs", fine)])).is_empty());
    }

    #[test]
    fn importing_a_page_in_an_action_or_in_ui_is_rejected() {
        let import = [("actions/queue.rs", "use crate::pages::queue::suggestion;")];
        assert_eq!(
            forbidden("app", &modules(&import)).into_iter().collect::<Vec<_>>(),
            [
                "actions must not use crate::pages: app/src/actions/queue.rs uses crate::pages::queue::suggestion"
            ]
        );
        let through_the_root = [
            ("lib.rs", "pub mod pages; pub use pages::Address;"),
            ("pages.rs", ""),
            ("ui/table.rs", "use crate::Address;"),
        ];
        assert_eq!(forbidden("app", &modules(&through_the_root)).len(), 1);
        for glob in ["use crate::pages::*;", "use crate::*; fn f() { pages::x() }"] {
            assert!(!forbidden("app", &modules(&[("ui/table.rs", glob)])).is_empty(), "{glob}");
        }
        assert!(
            forbidden("app", &modules(&[("ui/table.rs", "use crate::ui::*; use leptos::prelude::*;")]))
                .is_empty()
        );
    }
}
