//! Importing a file, and copying the rows that it made.

use std::fs;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::events::{Mix, WORKFLOW};
use super::pgbench::place;
use super::stand::Stand;
use super::{Figures, machine};
use crate::process;

/// Where the import goes, and where the rows are copied to.
const DATABASES: [&str; 2] = ["imported", "copied"];

/// Imports so many leads and copies the same rows into the same tables.
pub fn run(stand: &Stand, mix: Mix, leads: u64, figures: &mut Figures) {
    let imported = import(stand, mix, leads, figures);
    let had = imported.is_ok();
    figures.add("import_per_s", "leads imported a second", imported);
    let copied = if had { copy(stand, leads) } else { Err(anyhow::anyhow!("there is nothing to copy")) };
    figures.add("copy_per_s", "COPY of the identical rows, leads a second", copied);
}

fn import(stand: &Stand, mix: Mix, leads: u64, figures: &mut Figures) -> Result<f64> {
    let [imported, copied] = DATABASES;
    stand.database(imported)?;
    // The copy refers to the same workflow, bundle and versions.
    stand.cluster.drop_database(copied)?;
    stand.cluster.query_in("postgres", &format!("CREATE DATABASE {copied} TEMPLATE {imported}"))?;
    let file = stand.folder.join("leads.csv");
    mix.csv(&file, 0, leads)?;
    stand.cluster.query_in(imported, "CHECKPOINT")?;
    let postgres = stand.cluster.pid()?;
    let before = (machine::family_cpu_s(postgres)?, machine::family_cpu_s(std::process::id())?);
    let start = Instant::now();
    let mut command = stand.meshline(imported);
    command.arg("import").arg(&file).args(["--workflow", WORKFLOW]);
    command.args(["--map", "email=E-Mail", "--map", "name=Name", "--map", "company=Company"]);
    let said = process::capture(&mut command)?;
    let seconds = start.elapsed().as_secs_f64();
    ensure!(said.starts_with(&format!("{leads} rows: {leads} imported")), "not all were imported: {said}");
    let each = |now: f64, then: f64| (now - then) * 1000.0 / leads as f64;
    figures.say(
        "import, processor time a lead",
        format!(
            "{:.3} ms meshline, {:.3} ms Postgres",
            each(machine::family_cpu_s(std::process::id())?, before.1),
            each(machine::family_cpu_s(postgres)?, before.0)
        ),
    );
    Ok(leads as f64 / seconds)
}

/// A table that is copied, with its columns as SQL lists them.
struct Copied {
    table: String,
    columns: String,
}

/// Only reading the files into the tables is timed.
fn copy(stand: &Stand, leads: u64) -> Result<f64> {
    let [imported, copied] = DATABASES;
    let tables = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition";
    let mut wanted: Vec<Copied> = Vec::new();
    for table in stand.cluster.query_in(imported, tables)?.lines() {
        let is_filled = format!("SELECT EXISTS (SELECT FROM {table})");
        let filled = |database: &str| {
            Ok::<_, anyhow::Error>(stand.cluster.query_in(database, &is_filled)?.trim() == "t")
        };
        if filled(imported)? && !filled(copied)? {
            // A generated column can be read, but not written.
            let columns = format!(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute \
                 WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
            );
            let columns = stand.cluster.query_in(imported, &columns)?.trim().to_owned();
            wanted.push(Copied { table: table.to_owned(), columns });
        }
    }
    wanted.sort_by_key(|one| place(&one.table));
    let path = |table: &str| stand.folder.join(format!("{table}.copy"));
    let script = |database: &str, copied: &dyn Fn(&Copied) -> String| -> Command {
        let mut psql = stand.cluster.client("psql", database);
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]);
        for one in &wanted {
            psql.arg("-c").arg(format!(
                "\\copy {} '{}' (FORMAT binary)",
                copied(one),
                path(&one.table).display()
            ));
        }
        psql
    };
    // A partitioned table is read through a query only.
    process::run(&mut script(imported, &|one| format!("(SELECT {} FROM {}) TO", one.columns, one.table)))?;
    stand.cluster.query_in(copied, "CHECKPOINT")?;
    let start = Instant::now();
    let done = process::run(&mut script(copied, &|one| format!("{} ({}) FROM", one.table, one.columns)));
    let seconds = start.elapsed().as_secs_f64();
    for one in &wanted {
        fs::remove_file(path(&one.table)).context("removing a dump")?;
    }
    done?;
    for database in DATABASES {
        stand.cluster.drop_database(database)?;
    }
    Ok(leads as f64 / seconds)
}
