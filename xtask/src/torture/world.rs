//! Everything a torture needs: a Postgres of its own, a second database as the warehouse, a webhook's receiver, and the
//! breakable network before both.

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

/// Meshline's database and the warehouse.
pub const DATABASE: &str = "meshline";
const WAREHOUSE: &str = "warehouse";

/// Seconds that a destination may take; less than the proxy's late requests.
const TIMEOUT_SECONDS: u8 = 3;
/// The same for a calendar, which takes many requests for one meeting.
const CALENDAR_SECONDS: u8 = 15;
/// More failures in a row than there will be: whether breakers open is not what is asked here, and they would only make
/// everything take longer.
const NEVER: u32 = 1_000_000;

/// What was found at a destination.
pub struct Found {
    /// Which one.
    pub destination: &'static str,
    /// How it differs from what should be there.
    pub difference: Difference,
    /// Writes that came again and changed nothing; a warehouse does not see those.
    pub repeats: Option<usize>,
}

/// What stands at the destinations' end.
pub struct Plan {
    /// Where the choices start.
    pub seed: u64,
    /// Whether there is a warehouse.
    pub warehouse: bool,
    /// Whether there is a calendar.
    pub calendar: bool,
    /// How many webhooks there are; all come to one receiver.
    pub webhooks: usize,
    /// Whether webhooks go through the breakable network, or straight to the receiver and with all the time there is.
    pub breakable: bool,
    /// The bound of the wait before another attempt.
    pub retry_cap_ms: u64,
}

/// All of it, up and empty.
pub struct World<'a> {
    /// The Postgres.
    pub cluster: &'a Cluster,
    /// Meshline's program.
    pub meshline: PathBuf,
    /// For logs and keys.
    pub folder: PathBuf,
    /// The receiver of webhooks.
    pub receiver: Receiver,
    /// The server of calendars.
    calendars: Option<Calendars>,
    /// The network before the warehouse, that before the receiver, and that before the calendars.
    pub network: Vec<Proxy>,
    /// A key of the API.
    pub key: String,
    /// Effects that every event has; those with a meeting have one more.
    pub effects_per_event: usize,
    has_warehouse: bool,
}

impl<'a> World<'a> {
    /// Makes it.
    ///
    /// # Errors
    /// Something does not start, or Meshline refuses what it is told.
    pub fn new(cluster: &'a Cluster, meshline: PathBuf, folder: PathBuf, plan: &Plan) -> Result<Self> {
        if !cluster.create_database(DATABASE)? {
            bail!("another torture of this checkout is under way");
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
        // JSON is YAML.
        secrets::write(&file, &world.definition(plan).to_string())?;
        process::capture(world.command(&["apply", "--bootstrap"], "torture").arg(&file))?;
        let mut key = world.command(&["key", "add", "--name", "torture", "--scope", "ingest"], "torture");
        world.key = process::capture(&mut key)?.trim().to_owned();
        world.database().rows(include_str!("claims.sql"))?;
        if plan.warehouse {
            // Its tables as any warehouse would have them, so that the journal sees the first write too.
            let mut warehouse = Sql::new(cluster, WAREHOUSE);
            warehouse.rows(include_str!("../../../destinations/src/warehouse/schema.sql"))?;
            warehouse.rows(include_str!("journal.sql"))?;
        }
        Ok(world)
    }

    /// Meshline's program, told which database and key are ours. What it claims is noted under the name.
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

    /// A look into Meshline's database.
    pub fn database(&self) -> Sql<'a> {
        Sql::new(self.cluster, DATABASE)
    }

    /// Whether there is a calendar.
    pub fn has_calendar(&self) -> bool {
        self.calendars.is_some()
    }

    /// Changes the weather everywhere; that before the receiver is also the calendars'.
    pub fn weather(&self, warehouse: Weather, others: Weather) {
        for (number, network) in self.network.iter().enumerate() {
            network.set(if number == 0 { warehouse } else { others });
        }
    }

    /// Compares each destination, read by itself, with the effects. Answers the differences, and how many writes were
    /// repeated and recognised, where the destination can tell.
    ///
    /// # Errors
    /// A database does not answer.
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
            // The journal sees changes. That nobody took the rows away again, the tables tell.
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

    /// The effects that go to destinations of a kind.
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

/// What goes to a destination.
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
