//! `cargo xtask migrations`: applies, reverts and reapplies every migration.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::postgres::{self, Cluster};
use crate::workspace::Workspace;
use crate::{build, output, packages, process};

/// Compares the schemas after the first and the second application.
///
/// # Errors
/// Returns an error if a migration fails in either direction or the schemas differ.
pub fn migrations() -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    packages::ensure(&[&packages::POSTGRES])?;
    let server = output::phase("server", || build::server_and_tests(&workspace))?;
    let cluster = Cluster::start(&workspace, &postgres::TEST)?;
    let name = format!("migrations_{}", std::process::id());
    cluster.create_database(&name)?;
    let key = workspace.private()?.join("migrations.key");
    let migrate = |phase: &str, arguments: &[&str]| {
        let mut command = Command::new(&server);
        command.args(arguments).env("DATABASE_URL", cluster.url(&name)).env("MESHLINE_KEY_FILE", &key);
        output::phase(phase, || process::run(&mut command))
    };
    migrate("up", &["migrate"])?;
    let first = comparable(&cluster.schema(&name)?);
    migrate("down", &["migrate", "--down"])?;
    migrate("up again", &["migrate"])?;
    let second = comparable(&cluster.schema(&name)?);
    cluster.drop_database(&name)?;

    if first == second {
        println!("the schema is identical after up, down and up: {} lines", first.len());
        return Ok(ExitCode::SUCCESS);
    }
    print_difference(&first, &second);
    bail!("the schema differs after up, down and up")
}

/// Returns the significant lines: `\restrict` and `\unrestrict` contain a random token.
fn comparable(schema: &str) -> Vec<String> {
    let matters = |line: &&str| {
        !line.is_empty() && !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict")
    };
    schema.lines().filter(matters).map(str::to_owned).collect()
}

fn print_difference(first: &[String], second: &[String]) {
    for line in first.iter().filter(|line| !second.contains(line)) {
        println!("- {line}");
    }
    for line in second.iter().filter(|line| !first.contains(line)) {
        println!("+ {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_tokens_are_ignored() {
        let dump = |token| format!("\\restrict {token}\n\nCREATE TABLE t ();\n\\unrestrict {token}\n");
        assert_eq!(comparable(&dump("a")), ["CREATE TABLE t ();"]);
        assert_eq!(comparable(&dump("a")), comparable(&dump("b")));
    }
}
