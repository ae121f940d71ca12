//! The environment of a torture test: a Postgres cluster, a second database as the warehouse, a webhook receiver, a calendar server,
//! and an unreliable network in front of them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use super::calendar::{self, Calendars};
use super::journal::{Difference, Expected, Record, compare};
use super::proxy::{Proxy, Weather};
use super::receiver::Receiver;
use super::sql::Sql;
use crate::postgres::Cluster;
use crate::{process, secrets};

/// The databases of Meshline and of the warehouse.
pub const DATABASE: &str = "meshline";
const WAREHOUSE: &str = "warehouse";

/// The timeout of a destination in seconds; shorter than the proxy's delay of late requests.
const TIMEOUT_SECONDS: u8 = 3;
/// The timeout of a calendar in seconds, which needs many requests for one meeting.
const CALENDAR_SECONDS: u8 = 15;
/// More consecutive failures than will happen: circuit breakers are not under test and would only slow everything down.
const NEVER: u32 = 1_000_000;

/// The state of a destination at the end.
pub struct Found {
    /// The name of the destination.
    pub destination: &'static str,
    /// How it differs from what it should hold.
    pub difference: Difference,
    /// The number of repeated writes that changed nothing; `None` for a warehouse, which cannot count them.
    pub repeats: Option<usize>,
}

/// The destinations of a torture test.
pub struct Plan {
    /// The seed of random choices.
    pub seed: u64,
    /// Whether there is a warehouse.
    pub warehouse: bool,
    /// Whether there is a calendar.
    pub calendar: bool,
    /// The number of webhooks, which all share one receiver.
    pub webhooks: usize,
    /// Whether webhooks go through the unreliable network, or straight to the receiver without time pressure.
    pub breakable: bool,
    /// The upper bound of the wait before another attempt, in ms.
    pub retry_cap_ms: u64,
}

/// The running environment, initially empty.
pub struct World<'a> {
    /// The Postgres cluster.
    pub cluster: &'a Cluster,
    /// The path of Meshline's program.
    pub meshline: PathBuf,
    /// The folder for logs and keys.
    pub folder: PathBuf,
    /// The webhook receiver.
    pub receiver: Receiver,
    /// The calendar server.
    calendars: Option<Calendars>,
    /// The networks in front of the warehouse, the receiver and the calendars, in this order.
    pub network: Vec<Proxy>,
    /// An API key.
    pub key: String,
    /// The number of effects of an event; an event with a meeting has one more.
    pub effects_per_event: usize,
    has_warehouse: bool,
}

impl<'a> World<'a> {
    /// Starts the environment.
    ///
    /// # Errors
    /// Returns an error if something does not start or Meshline rejects the configuration.
    pub fn new(cluster: &'a Cluster, meshline: PathBuf, folder: PathBuf, plan: &Plan) -> Result<Self> {
        if !cluster.create_database(DATABASE)? {
            bail!("another torture test of this checkout is running");
        }
        cluster.create_database(WAREHOUSE)?;
        let receiver = Receiver::start(plan.seed)?;
        let calendars = if plan.calendar { Some(Calendars::start(&folder.join("calendars"))?) } else { None };
        let mut network = vec![
            Proxy::before(cluster.port(), plan.seed ^ 1)?,
            Proxy::before(receiver.port(), plan.seed ^ 2)?,
        ];
        if let Some(calendars) = &calendars {
            network.push(Proxy::before(calendars.port(), plan.seed ^ 3)?);
        }
        let mut world = Self {
            cluster,
            meshline,
            folder,
            receiver,
            calendars,
            network,
            key: String::new(),
            effects_per_event: usize::from(plan.warehouse) + plan.webhooks,
            has_warehouse: plan.warehouse,
        };
        process::run(&mut world.command(&["migrate"], "torture"))?;
        let file = world.folder.join("torture.yaml");
        // JSON is valid YAML.
        secrets::write(&file, &world.definition(plan).to_string())?;
        // A pool takes only people who exist.
        for person in calendar::people() {
            process::capture(&mut world.command(&["user", "add", &person, "--role", "ae"], "torture"))?;
        }
        process::capture(world.command(&["apply", "--bootstrap"], "torture").arg(&file))?;
        let mut key = world.command(&["key", "add", "--name", "torture", "--scope", "ingest"], "torture");
        world.key = process::capture(&mut key)?.trim().to_owned();
        world.database().rows(include_str!("claims.sql"))?;
        if plan.warehouse {
            // Creates the tables in advance, so that the journal records the first write too.
            let mut warehouse = Sql::new(cluster, WAREHOUSE);
            warehouse.rows(include_str!("../../../destinations/src/warehouse/schema.sql"))?;
            warehouse.rows(include_str!("journal.sql"))?;
        }
        Ok(world)
    }

    /// Returns a command that runs Meshline on our database and key. Its claims are recorded under `name`.
    pub fn command(&self, arguments: &[&str], name: &str) -> Command {
        let mut command = Command::new(&self.meshline);
        let url = format!("{}?options=-c%20torture.who%3D{name}", self.cluster.url(DATABASE));
        command.args(arguments).current_dir(&self.folder).env_remove("MESHLINE_CONFIG");
        command.env("DATABASE_URL", url).env("MESHLINE_KEY_FILE", self.folder.join("master.key"));
        command
            .env("TORTURE_PASSWORD", self.cluster.password())
            .env("TORTURE_SIGNING_KEY", Receiver::secret())
            .env("TORTURE_CALENDAR_PASSWORD", calendar::PASSWORD);
        command.env("MESHLINE_LOG", "warn");
        command
    }

    /// Returns a session on Meshline's database.
    pub fn database(&self) -> Sql<'a> {
        Sql::new(self.cluster, DATABASE)
    }

    /// Returns whether there is a calendar.
    pub fn has_calendar(&self) -> bool {
        self.calendars.is_some()
    }

    /// Changes the networks: that of the warehouse, and those of all other destinations.
    pub fn weather(&self, warehouse: Weather, others: Weather) {
        for (number, network) in self.network.iter().enumerate() {
            network.set(if number == 0 { warehouse } else { others });
        }
    }

    /// Reads each destination directly and compares it with the effects. Also counts repeated writes, where the destination can
    /// detect them.
    ///
    /// # Errors
    /// Returns an error if a database does not answer.
    pub fn read_back(&self) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        if self.has_warehouse {
            let mut warehouse = Sql::new(self.cluster, WAREHOUSE);
            let mut of = |table: &str| {
                entries(warehouse.rows(&format!(
                    "SELECT effect_key, remote_key, lead_sequence FROM torture.journal WHERE written_to = '{table}' ORDER BY n"
                ))?)
            };
            let record =
                Record { taken: of("decision_events")?, shown: of("lead_current")?, ..Record::default() };
            // The journal records changes; the tables show that the rows still exist.
            let rows =
                Sql::new(self.cluster, WAREHOUSE).number("SELECT count(*) FROM meshline.decision_events")?;
            let mut difference = compare(&self.expected("postgres")?, &record);
            difference.lost += record.taken.len().saturating_sub(usize::try_from(rows)?);
            found.push(Found { destination: "warehouse", difference, repeats: None });
        }
        if let Some(calendars) = &self.calendars {
            let difference = calendars.compare(&self.expected("caldav")?)?;
            found.push(Found { destination: "calendars", difference, repeats: None });
        }
        let expected = self.expected("webhook")?;
        found.push(self.receiver.record(|record| Found {
            destination: "webhook",
            difference: compare(&expected, record),
            repeats: Some(record.repeats),
        }));
        Ok(found)
    }

    /// Returns the effects for destinations of one kind.
    fn expected(&self, kind: &str) -> Result<Vec<Expected>> {
        entries(self.database().rows(&format!(
            "SELECT encode(e.effect_key, 'hex'), encode(e.remote_key, 'hex'), e.lead_sequence \
             FROM effects e JOIN destinations d ON d.id = e.destination_id WHERE d.kind = '{kind}'"
        ))?)
    }

    fn definition(&self, plan: &Plan) -> Value {
        let retry = json!({"base_ms": 20, "cap_ms": plan.retry_cap_ms, "attempts": 100_000});
        let mut destinations = Map::new();
        if plan.warehouse {
            let url = format!("postgres://meshline@127.0.0.1:{}/{WAREHOUSE}", self.network[0].port());
            let settings = json!({"url": url, "retry": retry, "timeout_seconds": TIMEOUT_SECONDS});
            let secret = json!({"env": "TORTURE_PASSWORD"});
            destinations.insert(
                "warehouse".into(),
                json!({"kind": "postgres", "settings": settings, "secret": secret, "pace": {"breaks_after": NEVER}}),
            );
        }
        let (port, timeout) = if plan.breakable {
            (self.network[1].port(), TIMEOUT_SECONDS)
        } else {
            (self.receiver.port(), 15)
        };
        for number in 0..plan.webhooks {
            let url = format!("http://127.0.0.1:{port}/{number}");
            let settings = json!({"url": url, "retry": retry, "timeout_seconds": timeout});
            let secret = json!({"env": "TORTURE_SIGNING_KEY"});
            destinations.insert(
                format!("webhook-{number}"),
                json!({"kind": "webhook", "settings": settings, "secret": secret, "pace": {"breaks_after": NEVER}}),
            );
        }
        if self.calendars.is_some() {
            let settings = json!({
                "url": format!("http://127.0.0.1:{}/", self.network[2].port()), "user": calendar::USER,
                "calendars": calendar::paths(), "time_zone": "UTC", "retry": retry, "timeout_seconds": CALENDAR_SECONDS,
                "working_hours": {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "23:30"},
                "meeting_minutes": 15, "notice_minutes": 60, "within_days": 60,
            });
            let secret = json!({"env": "TORTURE_CALENDAR_PASSWORD"});
            let pace = json!({"breaks_after": NEVER});
            destinations.insert(
                "calendars".into(),
                json!({"kind": "caldav", "settings": settings, "secret": secret, "pace": pace}),
            );
        }
        let targets: Vec<Value> = destinations.keys().map(|name| target(name)).collect();
        let members: Vec<Value> =
            calendar::people().map(|person| json!({"person": person, "weight": 1})).collect();
        json!({
            "destinations": destinations,
            "pools": {"reps": {"members": members}},
            "workflows": {"torture": {
                "takes": [{"kind": "form", "source": "torture"}],
                "fields": {"n": {"type": "number", "min": 0}, "share": {"type": "number", "min": 0}},
                "map": {
                    "n": {"from": "/payload/n", "extract": "number", "decimal": "point"},
                    "share": {"from": "/payload/share", "extract": "number", "decimal": "point"},
                },
                "rules": [
                    {"id": "meet", "when": "share == 0", "then": [{"assign": {"pool": "reps", "meeting": "intro"}}]},
                    {"id": "even", "when": "n >= 0", "then": ["advance"]},
                ],
                "default": "nurture",
                "destinations": targets,
            }},
        })
    }
}

/// Returns a workflow's entry for a destination.
fn target(name: &str) -> Value {
    match name {
        "warehouse" => json!({"to": name, "purpose": "decision_event"}),
        "calendars" => json!({"to": name, "purpose": "meeting", "on": ["assign"]}),
        _ => json!({"to": name, "purpose": "lead_update"}),
    }
}

fn entries(rows: Vec<Vec<String>>) -> Result<Vec<Expected>> {
    rows.into_iter()
        .map(|row| match <[String; 3]>::try_from(row) {
            Ok([effect, remote, sequence]) => Ok(Expected {
                effect_key: super::receiver::bare(&effect).to_owned(),
                remote_key: super::receiver::bare(&remote).to_owned(),
                sequence: sequence.parse()?,
            }),
            Err(row) => bail!("a row of {} columns", row.len()),
        })
        .collect()
}
