//! `meshline demo`: fills a database with a demo organisation.

use std::io::IsTerminal as _;

use chrono::{DateTime, Datelike as _, TimeDelta, Utc, Weekday};
use clap::Args;
use engine::action::Action;
use engine::decision::Mode;
use engine::event::EventRequest;
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::{Connection as _, Executor as _, PgConnection};
use store::actor::Role;
use store::outcomes::{OutcomeInput, OutcomeSubject};
use store::people::{self, Password};
use store::settings::{self, Organisation};
use store::{Actor, Store};
use url::Url;
use zeroize::Zeroizing;

use self::leads::{DemoVisitors, Visitor};
use super::{CommandError, Database, exit};
use service::apply::{self, ApplyOptions, Secrets};
use service::decide::{OutcomeSignal, Pipeline, Receipt, Signal, SignalResult};

mod changes;
mod leads;

/// Options of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    #[command(flatten)]
    database: Database,

    /// Number of leads.
    #[arg(long, default_value_t = 420, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    leads: u32,
}

/// The people of the demo organisation.
const PEOPLE: &[(&str, &str, &[Role])] = &[
    ("ada@corvane.example", "Ada Keller", &[Role::Admin]),
    ("noor@corvane.example", "Noor Haddad", &[Role::RevopsLead]),
    ("felix@corvane.example", "Felix Brunner", &[Role::Revops]),
    ("tove@corvane.example", "Tove Lindholm", &[Role::Revops]),
    ("ines@corvane.example", "Inês Carvalho", &[Role::Enablement]),
    ("luis@corvane.example", "Luis Ferreira", &[Role::Enablement]),
    ("pavel@corvane.example", "Pavel Novák", &[Role::Integrations]),
    ("ruth@corvane.example", "Ruth Osei", &[Role::RepLeader]),
    ("marco@corvane.example", "Marco Bianchi", &[Role::AeRepLeader]),
    ("helen@corvane.example", "Helen Zhou", &[Role::SalesLeader]),
    ("sam@corvane.example", "Sam Whitaker", &[Role::Sdr]),
    ("jane@corvane.example", "Jane Adeyemi", &[Role::Ae]),
    ("omar@corvane.example", "Omar Reyes", &[Role::Ae]),
    ("lucia@corvane.example", "Lucía Marín", &[Role::Ae]),
];

/// The number of days of history.
const DAYS: i64 = 63;

/// Runs the command.
pub(super) async fn run(options: DemoOptions) -> Result<u8, CommandError> {
    let store = options.database.connect().await?.background();
    let url = options.database.url()?;
    if !people::all(&store).await?.is_empty() || store::workflows::any(&store).await? {
        return Err(CommandError::Usage(
            "this database has data already; the demo needs an empty one".into(),
        ));
    }
    if store.owner_login().await?.is_none() {
        return Err(CommandError::Usage(
            "the demo makes partitions of past months and a second database; use the login that ran `meshline migrate`"
                .into(),
        ));
    }
    let actor = Actor::command("demo");
    let from = actor.now - TimeDelta::days(DAYS);
    store::migrate::make_partitions(&url, from, actor.now).await?;
    let warehouse = make_warehouse(&url).await?;
    let organisation = Organisation { name: "Corvane".into(), ..Organisation::default() };
    settings::set_organisation(&store, &actor, &organisation).await?;
    let logins = add_people(&store, &actor).await?;
    configure(&store, &actor, &warehouse).await?;
    Box::pin(play(&store, &actor, from, options.leads)).await?;
    changes::propose(&store).await?;
    println!("{logins}");
    Ok(exit::FINE)
}

/// Creates a second database on the same server as the warehouse. Returns its URL without the password, and the password.
async fn make_warehouse(url: &str) -> Result<(String, Option<String>), CommandError> {
    let mut address =
        Url::parse(url).map_err(|error| CommandError::Usage(format!("the database's address: {error}")))?;
    let name = format!("{}_warehouse", address.path().trim_start_matches('/'));
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err(CommandError::Usage(format!("the demo cannot create a database named `{name}`")));
    }
    let mut owner = PgConnection::connect(url).await.map_err(store::Error::from)?;
    // A name cannot be a bound parameter; the check above rejects every character that would need quoting, except the hyphen.
    match owner.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE \"{name}\""))).await {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P04") => {}
        other => {
            other.map_err(store::Error::from)?;
        }
    }
    let password = address.password().map(percent_decoded);
    address.set_password(None).ok();
    address.set_path(&name);
    Ok((address.to_string(), password))
}

fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Adds the people with one random password. Returns the table of logins.
async fn add_people(store: &Store, actor: &Actor) -> Result<String, CommandError> {
    let password = format!("demo-{}", hex::encode(rand::random::<[u8; 6]>()));
    let mut table = format!("Demo logins, all with the password {password}\n");
    for (email, name, roles) in PEOPLE {
        let id = people::add(store, actor, email, name, roles).await?;
        let secret =
            Password::parse(&password).map_err(|problem| CommandError::Usage(problem.to_string()))?;
        people::set_password(store, actor, id, secret).await?;
        let titles: Vec<&str> = roles.iter().map(|role| role.title()).collect();
        table.push_str(&format!("  {email:<24} {name:<16} {}\n", titles.join(", ")));
    }
    store::layers::set_owners(
        store,
        actor,
        ["ines@corvane.example", "felix@corvane.example", "pavel@corvane.example", "noor@corvane.example"],
    )
    .await?;
    Ok(table.trim_end().to_owned())
}

async fn configure(
    store: &Store,
    actor: &Actor,
    (warehouse, password): &(String, Option<String>),
) -> Result<(), CommandError> {
    // The files are embedded in the program; the list is written to disk only while it is read.
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("tam.csv"), include_str!("../../demo/tam.csv"))?;
    let text = include_str!("../../demo/demo.yaml").replace("postgres://127.0.0.1/warehouse", warehouse);
    let (file, _) = apply::parse("the demo", &text, folder.path())?;
    let mut secrets = Secrets::default();
    if let Some(password) = password {
        secrets.destinations.insert("warehouse".into(), Zeroizing::new(password.clone().into_bytes()));
    }
    let signing: [u8; 32] = rand::random();
    secrets.destinations.insert(
        "crm-webhook".into(),
        Zeroizing::new(
            format!("whsec_{}", base64::Engine::encode(&base64::prelude::BASE64_STANDARD, signing))
                .into_bytes(),
        ),
    );
    apply::apply(store, actor, &file, &secrets, ApplyOptions { bootstrap: true, plan: false }).await?;
    Ok(())
}

/// Sends the leads through the pipeline at their original times, day by day, and records their outcomes.
async fn play(store: &Store, actor: &Actor, from: DateTime<Utc>, count: u32) -> Result<(), CommandError> {
    let pipeline = Pipeline::new(store.clone());
    let mut visitors: Vec<Visitor> = DemoVisitors::new(count).collect();
    let mut times: Vec<DateTime<Utc>> =
        visitors.iter().map(|visitor| working_hours(from, actor.now, visitor.moment)).collect();
    times.sort();
    let progress = progress(u64::from(count));
    for (n, (visitor, at)) in visitors.drain(..).zip(times).enumerate() {
        progress.inc(1);
        let receipt = Receipt {
            received_at: at,
            as_of: at,
            received_from: "command:demo".into(),
            request_id: actor.request_id.clone(),
            mode: Mode::Live,
        };
        let event: EventRequest = visitor.event(at);
        let answers = pipeline.take(&receipt, vec![Signal { key: format!("demo-{n}"), event }]).await?;
        let Some(Ok(SignalResult::New(answer))) = answers.into_iter().next() else { continue };
        let outcomes: Vec<OutcomeSignal> = visitor
            .outcomes(answer.decision.action, at, actor.now)
            .into_iter()
            .enumerate()
            .map(|(step, input)| outcome(n, step, answer.lead_id, input))
            .collect();
        let told = Receipt { received_at: actor.now, ..receipt };
        pipeline.record_outcomes(&told, &outcomes).await?;
    }
    progress.finish_and_clear();
    Ok(())
}

fn progress(leads: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(leads);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} leads decided") {
        bar.set_style(style);
    }
    bar
}

fn outcome(n: usize, step: usize, lead: engine::ids::LeadId, input: OutcomeInput) -> OutcomeSignal {
    OutcomeSignal {
        scope: "outcome".into(),
        key: format!("demo-{n}-{step}"),
        body: format!("demo-{n}-{step}").into_bytes(),
        subject: OutcomeSubject::Lead(lead),
        input,
    }
}

/// Returns a moment of the period, on a working day between 7:00 and 19:00 if possible: forms are sent during work.
fn working_hours(from: DateTime<Utc>, to: DateTime<Utc>, moment: f64) -> DateTime<Utc> {
    let span = (to - from).num_seconds() as f64;
    let at = from + TimeDelta::seconds((span * moment) as i64);
    let at = match at.weekday() {
        Weekday::Sat => at - TimeDelta::days(1),
        Weekday::Sun => at - TimeDelta::days(2),
        _ => at,
    };
    let second = at.timestamp().rem_euclid(86_400);
    let shifted = at - TimeDelta::seconds(second) + TimeDelta::seconds(7 * 3600 + second / 2);
    engine::time::cut(if shifted < to { shifted } else { at })
}

/// Returns whether an AE ends the action with a verdict.
fn is_worked(action: Action) -> bool {
    matches!(action, Action::Assign | Action::Advance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_file_is_valid_and_its_leads_are_reproducible() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tam.csv"), include_str!("../../demo/tam.csv")).unwrap();
        apply::parse("the demo", include_str!("../../demo/demo.yaml"), folder.path()).unwrap();
        let at = "2026-11-02T09:00:00Z".parse().unwrap();
        let told = || DemoVisitors::new(50).map(|visitor| visitor.event(at)).collect::<Vec<_>>();
        assert_eq!(told(), told());
        assert!(told().iter().all(|event| event.check(at).is_empty()));
    }
}
