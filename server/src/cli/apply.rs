//! `meshline apply`: workflows and what decides in them, from a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use engine::bundle::Bundle;
use engine::problem::Problem;
use engine::rules::ReferenceList;
use serde_json::{Value as Json, json};
use sqlx::PgConnection;
use store::changes::{self, Proposed};
use store::destinations::{DestinationInput, DestinationRow};
use store::workflows::{self, Definition, Kind, Target};
use store::{Actor, Store};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Database, Failure, exit};
use crate::apply_file::{ApplyFile, ConnectionFile, WorkflowFile};

/// Options of `apply`.
///
/// Lists, pools, destinations and workflows are taken together or not at all. What is new or different becomes a draft;
/// nothing that is live changes. Applied again, the same file changes nothing.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Options {
    #[command(flatten)]
    database: Database,

    /// The file, YAML. Files it names (lists) are looked for beside it.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Only say what would change; exit code 1 if anything would.
    #[arg(long)]
    plan: bool,

    /// Put workflows live that never were. Later versions of a live workflow stay drafts.
    #[arg(long)]
    bootstrap: bool,
}

/// Runs the command.
pub(super) async fn run(options: Options) -> Result<u8, Failure> {
    let (file, secrets) = read(&options.file)?;
    let store = options.database.connect().await?;
    let changes = apply(
        &store,
        &Actor::command("apply"),
        &file,
        &secrets,
        Wish { bootstrap: options.bootstrap, plan: options.plan },
    )
    .await?;
    for change in &changes {
        println!("{change}");
    }
    match (changes.is_empty(), options.plan) {
        (true, _) => println!("Nothing to change."),
        (false, true) => return Ok(exit::DIFFERENCE),
        (false, false) => {}
    }
    Ok(exit::FINE)
}

/// What to do with an apply file.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Put workflows live that never were.
    pub bootstrap: bool,
    /// Change nothing.
    pub plan: bool,
}

/// Secrets of destinations, by name.
pub type Secrets = BTreeMap<String, Zeroizing<Vec<u8>>>;

fn read(path: &Path) -> Result<(ApplyFile, Secrets), Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Failure::File { path: name.clone(), error })?;
    parse(&name, &text, path.parent().unwrap_or(Path::new("")))
}

/// Reads and checks an apply file; files it names are looked for in `folder`.
pub fn parse(name: &str, text: &str, folder: &Path) -> Result<(ApplyFile, Secrets), Failure> {
    let invalid = |problems| Failure::Invalid { file: name.to_owned(), problems };
    let mut file: ApplyFile = engine::rules::yaml::read(text).map_err(invalid)?;
    let mut problems = Vec::new();
    for (list_name, list) in &mut file.lists {
        let pointer = format!("/lists/{list_name}");
        let Some(path) = list.file.take() else { continue };
        match std::fs::read(folder.join(&path)).map(|bytes| ReferenceList::from_csv(&bytes)) {
            Ok((read, found)) => {
                list.entries.extend(read.entries().map(str::to_owned));
                problems.extend(found.into_iter().map(|problem| problem.under(&pointer)));
            }
            Err(error) => problems
                .push(Problem::at(format!("{pointer}/file"), format!("{path} cannot be read: {error}."))),
        }
        list.entries.sort();
        list.entries.dedup();
    }
    let mut secrets = Secrets::new();
    for (destination, connection) in &file.destinations {
        match connection.destination.secret().map(|source| source.read(folder)) {
            Some(Ok(secret)) => drop(secrets.insert(destination.clone(), secret)),
            Some(Err(error)) => {
                problems.push(Problem::at(format!("/destinations/{destination}"), error.to_string()))
            }
            None => {}
        }
    }
    problems.extend(file.check());
    if problems.is_empty() { Ok((file, secrets)) } else { Err(invalid(problems)) }
}

/// Brings a checked file into the database, in one transaction; says each change in a line.
pub async fn apply(
    store: &Store,
    actor: &Actor,
    file: &ApplyFile,
    secrets: &Secrets,
    wish: Wish,
) -> Result<Vec<String>, Failure> {
    let mut changes = Vec::new();
    let mut tx = store.pool().begin().await.map_err(store::Error::from)?;
    let parts = parts(file)?;
    let begun = if wish.bootstrap {
        begin(&mut tx, actor, &mut changes, file, &parts).await?
    } else {
        Begun::default()
    };
    for ((kind, name), part) in parts.iter().filter(|(key, _)| !begun.parts.contains(*key)) {
        if changes::propose(&mut tx, actor, *kind, name, &part.body).await? == Proposed::Drafted {
            changes.push(format!("draft   {kind} {name} ({})", part.what));
        }
    }
    let known = store::destinations::by_name(&mut tx).await?;
    for (name, definition) in &file.destinations {
        destination(
            store,
            &mut tx,
            actor,
            &mut changes,
            known.get(name),
            name,
            definition,
            secrets.get(name).map(|secret| secret.as_slice()),
            wish.bootstrap,
        )
        .await?;
    }
    for (name, definition) in &file.workflows {
        workflow(&mut tx, actor, &mut changes, &begun, name, definition, wish.bootstrap).await?;
    }
    if wish.plan {
        tx.rollback().await.map_err(store::Error::from)?;
    } else {
        store::workflows::announce_release(&mut tx).await?;
        tx.commit().await.map_err(store::Error::from)?;
    }
    Ok(changes)
}

/// The content of one part of the file, and how much of it there is.
struct FilePart {
    body: Json,
    what: String,
}

/// What workflows that never were live begin with.
#[derive(Default)]
struct Begun {
    /// The parts that became versions.
    parts: BTreeSet<(Kind, String)>,
    /// The versions of each such workflow's first bundle.
    bundles: BTreeMap<String, Vec<Uuid>>,
}

fn parts(file: &ApplyFile) -> Result<BTreeMap<(Kind, String), FilePart>, Failure> {
    let mut parts = BTreeMap::new();
    let mut add = |kind: Kind, name: &str, body: Json, what: String| {
        parts.insert((kind, name.to_owned()), FilePart { body, what });
    };
    for (name, list) in &file.lists {
        add(Kind::List, name, json!({ "entries": list.entries }), format!("{} entries", list.entries.len()));
    }
    for (name, pool) in &file.pools {
        add(Kind::Pool, name, to_json(&file.pool(name, pool))?, format!("{} people", pool.members.len()));
    }
    for (name, workflow) in &file.workflows {
        let fields = format!("{} fields", workflow.fields.0.len());
        add(Kind::Catalogue, name, to_json(&workflow.fields)?, fields.clone());
        add(Kind::Map, name, to_json(&workflow.map_file(name))?, fields);
        let rules = format!("{} rules", workflow.rules.len());
        add(Kind::RuleSet, name, to_json(&workflow.rule_set_file(name))?, rules);
    }
    Ok(parts)
}

/// Makes versions of everything that workflows which never were live begin with.
async fn begin(
    tx: &mut PgConnection,
    actor: &Actor,
    changes: &mut Vec<String>,
    file: &ApplyFile,
    parts: &BTreeMap<(Kind, String), FilePart>,
) -> Result<Begun, Failure> {
    let mut begun = Begun::default();
    for (name, definition) in &file.workflows {
        if workflows::by_name(tx, name).await?.is_some_and(|known| known.live_bundle.is_some()) {
            continue;
        }
        let rules = definition.rule_set_file(name);
        let compiled = Bundle::compile(file.bundle(name, definition))
            .map_err(|problems| Failure::Invalid { file: name.to_owned(), problems })?;
        let mut wanted =
            BTreeSet::from([Kind::Catalogue, Kind::Map, Kind::RuleSet].map(|kind| (kind, name.clone())));
        wanted.extend(compiled.asked_lists().into_iter().map(|list| (Kind::List, list.to_owned())));
        wanted.extend(rules.pools().into_iter().map(|pool| (Kind::Pool, pool)));
        let mut ids = Vec::with_capacity(wanted.len());
        for key in wanted {
            let Some(part) = parts.get(&key) else { continue };
            ids.push(workflows::begin(tx, actor, key.0, &key.1, &part.body).await?.0);
            if !begun.parts.contains(&key) {
                changes.push(format!("version {} {} ({})", key.0, key.1, part.what));
            }
            begun.parts.insert(key);
        }
        ids.sort_unstable();
        begun.bundles.insert(name.clone(), ids);
    }
    Ok(begun)
}

#[expect(clippy::too_many_arguments, reason = "all of it is one row of the file")]
async fn destination(
    store: &Store,
    tx: &mut PgConnection,
    actor: &Actor,
    changes: &mut Vec<String>,
    known: Option<&DestinationRow>,
    name: &str,
    connection: &ConnectionFile,
    secret: Option<&[u8]>,
    bootstrap: bool,
) -> Result<(), Failure> {
    let kind = connection.destination.kind().to_string();
    let settings = connection.destination.settings().map_err(store::Error::from)?;
    if let Some(known) = known {
        let same = known.kind == kind
            && known.settings == settings
            && known.pace == connection.pace
            && (known.paused_reason == connection.paused || !bootstrap);
        if same {
            return Ok(());
        }
        if !bootstrap {
            changes.push(format!("differs destination {name} (left as it is: connected destinations change with --bootstrap only)"));
            return Ok(());
        }
    }
    if let Some(problem) = connection.pace.problem() {
        return Err(Failure::Invalid {
            file: format!("destination {name}"),
            problems: vec![Problem::at(format!("/destinations/{name}/pace"), problem)],
        });
    }
    if secret.is_some() || known.is_none() {
        // Whether it opens is known only with its secret; the one that is stored was checked when it came.
        destinations::open(&kind, &settings, secret).map_err(|error| Failure::Invalid {
            file: format!("destination {name}"),
            problems: vec![Problem::at(format!("/destinations/{name}"), error.to_string())],
        })?;
    }
    let waiting =
        (!bootstrap).then_some("not connected yet: it came with a file that was applied without --bootstrap");
    let paused_reason = connection.paused.as_deref().or(waiting);
    store::destinations::save(
        store,
        tx,
        actor,
        DestinationInput {
            name,
            kind: &kind,
            settings: &settings,
            pace: &connection.pace,
            secret,
            paused_reason,
        },
    )
    .await?;
    changes.push(format!(
        "connect destination {name} ({kind}{})",
        paused_reason.map(|why| format!(", paused: {why}")).unwrap_or_default()
    ));
    Ok(())
}

async fn workflow(
    tx: &mut PgConnection,
    actor: &Actor,
    changes: &mut Vec<String>,
    begun: &Begun,
    name: &str,
    definition: &WorkflowFile,
    bootstrap: bool,
) -> Result<(), Failure> {
    check_growth(tx, name, definition).await?;
    let title = definition.title.clone().unwrap_or_else(|| name.replace('-', " "));
    let targets = definition.destinations.iter().map(|target| Target {
        to: target.to.clone(),
        purpose: target.purpose.to_string(),
        on: target.on.clone(),
        expires_hours: target.expires_hours,
    });
    let about = Definition { destinations: targets.collect() };
    let mut routes: Vec<_> =
        definition.takes.iter().map(|trigger| (trigger.kind, trigger.source.clone())).collect();
    routes.sort_by_key(|(kind, source)| (kind.to_string(), source.clone()));
    let known = workflows::by_name(tx, name).await?;
    let same = match &known {
        Some(known) => {
            let stored = workflows::routes_of(tx, known.id.into()).await?;
            known.title == title
                && known.definition.0 == about
                && stored
                    == routes
                        .iter()
                        .map(|(kind, source)| (kind.to_string(), source.clone()))
                        .collect::<Vec<_>>()
        }
        None => false,
    };
    let is_live = known.as_ref().is_some_and(|known| known.live_bundle.is_some());
    let id = match known {
        Some(known) if same => known.id.into(),
        Some(known) if is_live && !bootstrap => {
            changes.push(format!("differs workflow {name} (left as it is: a live workflow's triggers and destinations change with --bootstrap only)"));
            known.id.into()
        }
        _ => {
            changes.push(format!("save    workflow {name}"));
            workflows::save(tx, actor, name, &title, &about, &routes).await?
        }
    };
    if let Some(ids) = begun.bundles.get(name) {
        let bundle =
            workflows::release(tx, actor, id, name, ids, "first release by `apply --bootstrap`").await?;
        changes.push(format!("live    workflow {name} ({bundle})"));
    }
    Ok(())
}

async fn check_growth(tx: &mut PgConnection, name: &str, definition: &WorkflowFile) -> Result<(), Failure> {
    let Some(earlier) = workflows::newest(tx, Kind::Catalogue, name).await? else { return Ok(()) };
    let earlier = serde_json::from_value(earlier.body).map_err(store::Error::from)?;
    let problems: Vec<Problem> = definition
        .fields
        .check_growth(&earlier)
        .into_iter()
        .map(|problem| problem.under(&format!("/workflows/{name}/fields")))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::Invalid { file: "the file".into(), problems }) }
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<Json, Failure> {
    serde_json::to_value(value).map_err(|error| Failure::Store(error.into()))
}
