//! The peer of the ingest measurement: `pgbench`, which writes the rows of an event itself.
//!
//! Its script is derived from what one real event wrote: every row with the event's transaction id is read back and becomes an
//! `INSERT` with the same columns and bytes. Every transaction generates new ids, as UUIDv7 of its own time, so that rows go to the
//! current month's partition and the right place in each index. Unique values that look random (keyed hashes) become a SHA-256 of
//! such an id, and times become the transaction's. Everything else is a constant from the real row. A row that existed before and
//! was changed becomes an `UPDATE` to its new values.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::stand::{Serving, Stand};
use crate::process;

/// The tables that others refer to, in the order in which the application fills them.
const ORDER: [&str; 10] = [
    "idempotency_keys",
    "leads",
    "lead_identities",
    "events",
    "decisions",
    "features",
    "lead_states",
    "effect_keys",
    "effects",
    "outbox",
];

/// Returns the position of a table in an order that satisfies foreign keys.
pub fn place(table: &str) -> usize {
    ORDER.iter().position(|known| *known == table).unwrap_or(ORDER.len())
}

/// The additional behaviour of a script besides writing the rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Nothing. Each statement makes its own round trip.
    Rows,
    /// Pipelines all statements of a transaction.
    Pipelined,
    /// Also holds the release, locks the pool and notifies the dispatchers, as the application does.
    Sequence,
}

/// A SQL function that generates a UUIDv7 at the transaction's time from a 15-bit tag and 56 random bits.
const HELPER: &str = "CREATE OR REPLACE FUNCTION bench_id(tag integer, random bigint) RETURNS uuid LANGUAGE sql STABLE AS $$ \
    SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(tag), 3, '0') || '80' || lpad(to_hex(random), 14, '0'))::uuid $$";

/// The rows that one event wrote.
pub struct Probe {
    /// The decided action.
    pub action: String,
    tables: Vec<Written>,
    minted: Vec<String>,
    workflow: String,
}

struct Written {
    table: String,
    columns: Vec<Column>,
    /// Whether the rows existed before.
    changed: bool,
    rows: Vec<Vec<Option<String>>>,
}

struct Column {
    name: String,
    kind: String,
    in_key: bool,
    in_primary_key: bool,
}

impl Probe {
    /// Sends an event and reads back what it wrote.
    ///
    /// # Errors
    /// Returns an error if the event is not accepted or a query fails.
    pub fn take(stand: &Stand, database: &str, serving: &Serving, number: u64, event: &str) -> Result<Self> {
        let query = |sql: &str| stand.cluster.query_in(database, sql).map(|text| text.trim().to_owned());
        let answer = serving.send(number, event)?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("the response lacks an id");
        let decision = &answer["decision"];
        let mut minted =
            vec![text(&answer["event_id"])?, text(&answer["lead_id"])?, text(&decision["decision_id"])?];
        for effect in decision["effects"].as_array().into_iter().flatten() {
            minted.push(text(effect)?);
        }
        let shadows = query(&format!("SELECT id FROM shadow_verdicts WHERE decision_id = '{}'", minted[2]))?;
        minted.extend(shadows.lines().map(str::to_owned));
        let xid = query(&format!("SELECT xmin FROM events WHERE id = '{}'", minted[0]))?;
        let workflow = query(&format!("SELECT workflow_id FROM events WHERE id = '{}'", minted[0]))?;
        let tables = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1";
        let mut written = Vec::new();
        for table in query(tables)?.lines() {
            if query(&format!("SELECT EXISTS (SELECT FROM {table} WHERE xmin::text = '{xid}')"))? == "t" {
                written.push(Written::read(&query, table, &xid, &minted)?);
            }
        }
        written.sort_by_key(|written| place(&written.table));
        Ok(Self { action: text(&decision["action"])?, tables: written, minted, workflow })
    }

    /// Returns a summary of the rows, for people.
    pub fn summary(&self) -> String {
        let tables = self.tables.iter().map(|written| {
            let what = if written.changed { "changed" } else { "new" };
            format!("{} {} {what}", written.table, written.rows.len())
        });
        format!("{}: {}", self.action, tables.collect::<Vec<_>>().join(", "))
    }

    /// Returns a script that writes the same rows.
    pub fn script(&self, style: Style) -> String {
        let mut script =
            format!("-- The rows of an event with the action `{}`, in one transaction:\n", self.action);
        let _ = writeln!(script, "-- {}", self.summary());
        for (place, _) in self.minted.iter().enumerate() {
            let _ = writeln!(script, "\\set r{place} random(0, {})", (1_u64 << 56) - 1);
        }
        if style == Style::Pipelined {
            script.push_str("\\startpipeline\n");
        }
        script.push_str("BEGIN;\n");
        if style == Style::Sequence {
            let id = &self.workflow;
            let _ = writeln!(script, "SELECT pg_advisory_xact_lock_shared(hashtextextended('{id}', 0));");
            let _ = writeln!(script, "SELECT id, release_epoch FROM workflows WHERE id = '{id}';");
        }
        for written in &self.tables {
            script.push_str(&if written.changed {
                self.update(written, style)
            } else {
                self.insert(written)
            });
        }
        if style == Style::Sequence && self.tables.iter().any(|written| written.table == "outbox") {
            script.push_str("SELECT pg_notify('meshline_outbox', '');\n");
        }
        script.push_str("COMMIT;\n");
        if style == Style::Pipelined {
            script.push_str("\\endpipeline\n");
        }
        script
    }

    fn insert(&self, written: &Written) -> String {
        let names: Vec<&str> = written.columns.iter().map(|column| column.name.as_str()).collect();
        let rows = written.rows.iter().map(|row| {
            let values =
                written.columns.iter().zip(row).map(|(column, value)| self.value(column, value, row));
            format!("({})", values.collect::<Vec<_>>().join(", "))
        });
        let rows = rows.collect::<Vec<_>>().join(", ");
        format!("INSERT INTO {} ({}) VALUES {rows};\n", written.table, names.join(", "))
    }

    fn update(&self, written: &Written, style: Style) -> String {
        let mut statements = String::new();
        for row in &written.rows {
            let part = |in_primary_key: bool, joined: &str| {
                let parts =
                    written.columns.iter().zip(row).filter(|(c, _)| c.in_primary_key == in_primary_key);
                let parts = parts.map(|(c, value)| format!("{} = {}", c.name, self.value(c, value, row)));
                parts.collect::<Vec<_>>().join(joined)
            };
            let (table, set, key) = (&written.table, part(false, ", "), part(true, " AND "));
            if style == Style::Sequence {
                let _ = writeln!(statements, "SELECT * FROM {table} WHERE {key} FOR NO KEY UPDATE;");
            }
            let _ = writeln!(statements, "UPDATE {table} SET {set} WHERE {key};");
        }
        statements
    }

    fn value(&self, column: &Column, value: &Option<String>, row: &[Option<String>]) -> String {
        let Some(value) = value else { return "NULL".into() };
        let id = |text: &str| {
            let place = self.minted.iter().position(|minted| minted == text)?;
            Some(format!("bench_id({place}, :r{place})"))
        };
        match column.kind.as_str() {
            "uuid" => id(value).unwrap_or_else(|| literal(value, "uuid")),
            "timestamp with time zone" => "now()".into(),
            // Unique and random: derived from the id in the same row.
            "bytea" if column.in_key => match row.iter().flatten().find_map(|value| id(value)) {
                Some(id) => format!("sha256(uuid_send({id}))"),
                None => literal(value, "bytea"),
            },
            kind => literal(value, kind),
        }
    }
}

impl Written {
    fn read(
        query: &impl Fn(&str) -> Result<String>,
        table: &str,
        xid: &str,
        minted: &[String],
    ) -> Result<Self> {
        let in_index = |primary: &str| {
            format!(
                "EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND {primary} AND a.attnum = ANY (i.indkey))"
            )
        };
        // `xact` keeps its default.
        let columns: Value = serde_json::from_str(&query(&format!(
            "SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, NULL), {}, {}) ORDER BY a.attnum) FROM pg_attribute a \
             WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attname <> 'xact'",
            in_index("true"),
            in_index("i.indisprimary"),
        ))?)?;
        let columns: Vec<Column> = columns.as_array().into_iter().flatten().map(Column::read).collect();
        let values: Vec<String> = columns.iter().map(|column| format!("{}::text", column.name)).collect();
        let rows = query(&format!(
            "SELECT json_agg(json_build_array({})) FROM {table} WHERE xmin::text = '{xid}'",
            values.join(", ")
        ))?;
        let rows: Vec<Vec<Option<String>>> = serde_json::from_str(&rows)?;
        let is_new = |row: &Vec<Option<String>>| row.iter().flatten().any(|value| minted.contains(value));
        let changed = !rows.iter().all(is_new);
        if changed && rows.iter().any(is_new) {
            bail!("the event both inserted and updated rows of {table}, which is not supported");
        }
        Ok(Self { table: table.to_owned(), columns, changed, rows })
    }
}

impl Column {
    fn read(value: &Value) -> Self {
        let text = |place: usize| value[place].as_str().unwrap_or_default().to_owned();
        let flag = |place: usize| value[place].as_bool().unwrap_or_default();
        Self { name: text(0), kind: text(1), in_key: flag(2), in_primary_key: flag(3) }
    }
}

/// Returns a literal without colons, which pgbench would take for variables.
fn literal(value: &str, kind: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('\'', "''").replace(':', "\\072");
    match kind {
        "text" => format!("E'{escaped}'"),
        _ => format!("CAST(E'{escaped}' AS {kind})"),
    }
}

/// A set of `pgbench` scripts and their weights in percent.
pub struct Peer {
    scripts: Vec<(PathBuf, u64)>,
}

/// The result of a run.
pub struct Measured {
    /// Transactions per second, excluding connection time.
    pub per_s: f64,
    /// The mean duration of a transaction, in ms.
    pub mean_ms: f64,
}

impl Peer {
    /// Writes the scripts and creates their helper function.
    ///
    /// # Errors
    /// Returns an error if that fails.
    pub fn new(stand: &Stand, database: &str, style: Style, probes: &[(Probe, u64)]) -> Result<Self> {
        stand.cluster.query_in(database, HELPER)?;
        let name = match style {
            Style::Rows => "rows",
            Style::Pipelined => "pipelined",
            Style::Sequence => "sequence",
        };
        let mut scripts = Vec::new();
        for (probe, percent) in probes.iter().filter(|(_, percent)| *percent > 0) {
            let path = stand.folder.join(format!("event-{}-{name}.sql", probe.action));
            fs::write(&path, probe.script(style))?;
            scripts.push((path, *percent));
        }
        Ok(Self { scripts })
    }

    /// Runs `pgbench`.
    ///
    /// # Errors
    /// Returns an error if a transaction fails or the output cannot be parsed.
    pub fn run(&self, stand: &Stand, database: &str, clients: usize, seconds: u64) -> Result<Measured> {
        let mut command = stand.cluster.client("pgbench", database);
        command.env("PGOPTIONS", "-c role=meshline_app");
        command.args([
            "-n",
            "-c",
            &clients.to_string(),
            "-j",
            "2",
            "-M",
            "prepared",
            "-T",
            &seconds.to_string(),
        ]);
        for (path, percent) in &self.scripts {
            command.arg("-f").arg(format!("{}@{percent}", path.display()));
        }
        let said = process::capture(&mut command)?;
        let number = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
            number.with_context(|| format!("pgbench did not tell its {name}\n{said}"))
        };
        if !said.contains("number of failed transactions: 0 ") {
            bail!("pgbench had failures\n{said}");
        }
        Ok(Measured { per_s: number("tps = ")?, mean_ms: number("latency average = ")? })
    }
}
