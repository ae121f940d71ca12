//! Applies a file that defines workflows and everything they decide by, as teams keep it in version control.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use destinations::Credential;
use destinations::credentials::Grant;
use engine::bundle::Bundle;
use engine::change::kinds::Membership;
use engine::problem::Problem;
use engine::rules::ReferenceList;
use engine::tabular::{DecodedText, TextEncoding};
use serde_json::{Value as Json, json};
use sqlx::PgConnection;
use store::credentials::GrantComparison;
use store::destinations::{DestinationInput, DestinationRow};
use store::titles::TitledObject;
use store::workflows::{self, Kind, WorkflowDefinition, WorkflowTarget};
use store::{Actor, Store};
use strum::VariantArray as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::assignees::assignee_problems;
use crate::change::{self, ProposeResult};
use crate::credentials::StoredTokens;
use crate::error::{Error, Result};
use crate::release;

pub mod file;

use self::file::{ApplyFile, ConnectionFile, WorkflowFile};

/// Options for applying a file.
#[derive(Clone, Copy, Debug)]
pub struct ApplyOptions {
    /// Puts workflows live that have never been live.
    pub bootstrap: bool,
    /// Reports the changes without making them.
    pub plan: bool,
}

/// The secrets that a file refers to.
#[derive(Default)]
pub struct Secrets {
    /// Secrets of destinations, by destination name.
    pub destinations: BTreeMap<String, Zeroizing<Vec<u8>>>,
    /// Credentials, by name.
    pub credentials: BTreeMap<String, Grant>,
}

/// Reads and checks an apply file, together with the secrets and lists it refers to.
///
/// # Errors
/// Returns [`Error::File`] if the file cannot be read, and [`Error::InvalidFile`] if its content is invalid.
pub fn read(path: &Path) -> Result<(ApplyFile, Secrets)> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Error::File { path: name.clone(), error })?;
    parse(&name, &text, path.parent().unwrap_or(Path::new("")))
}

/// Converts a file to UTF-8, if its encoding is known.
fn utf8(bytes: Vec<u8>) -> std::io::Result<Vec<u8>> {
    match TextEncoding::detect(&mut bytes.as_slice())? {
        None | Some(TextEncoding::Utf8) => Ok(bytes),
        Some(encoding) => {
            let mut text = Vec::new();
            DecodedText::new(bytes.as_slice(), encoding).read_to_end(&mut text)?;
            Ok(text)
        }
    }
}

/// Parses and checks an apply file. Paths in the file are relative to `folder`.
///
/// # Errors
/// Returns [`Error::InvalidFile`] with every problem in the file.
pub fn parse(name: &str, text: &str, folder: &Path) -> Result<(ApplyFile, Secrets)> {
    let invalid = |problems| Error::InvalidFile { file: name.to_owned(), problems };
    let mut file: ApplyFile = engine::rules::yaml::read(text).map_err(invalid)?;
    let mut problems = Vec::new();
    for (list_name, list) in &mut file.lists {
        let pointer = format!("/lists/{list_name}");
        let Some(path) = list.file.take() else { continue };
        match std::fs::read(folder.join(&path)).and_then(utf8).map(|bytes| ReferenceList::from_csv(&bytes)) {
            Ok((read, _)) if read.is_empty() => {
                problems.push(Problem::at(format!("{pointer}/file"), format!("{path} has no entries.")));
            }
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
    let mut secrets = Secrets::default();
    for (credential, grant) in &file.credentials {
        match grant.with_secrets(folder) {
            Ok(grant) => drop(secrets.credentials.insert(credential.clone(), grant)),
            Err(error) => problems.push(Problem::at(format!("/credentials/{credential}"), error.to_string())),
        }
    }
    for (destination, connection) in &file.destinations {
        match connection.destination.secret().map(|source| source.read(folder)) {
            Some(Ok(secret)) => drop(secrets.destinations.insert(destination.clone(), secret)),
            Some(Err(error)) => {
                problems.push(Problem::at(format!("/destinations/{destination}"), error.to_string()))
            }
            None => {}
        }
    }
    problems.extend(file.check());
    if problems.is_empty() { Ok((file, secrets)) } else { Err(invalid(problems)) }
}

/// Applies a checked file to the database in one transaction and returns one line per change.
///
/// # Errors
/// Returns an error if the database refuses or fails, or if a destination cannot be opened with its settings.
pub async fn apply(
    store: &Store,
    actor: &Actor,
    file: &ApplyFile,
    secrets: &Secrets,
    options: ApplyOptions,
) -> Result<Vec<String>> {
    let mut changes = Vec::new();
    let mut tx = store.begin().await?;
    let parts = parts(file)?;
    check_people(&mut tx, &parts).await?;
    let begun = if options.bootstrap {
        begin(&mut tx, actor, &mut changes, file, &parts).await?
    } else {
        Begun::default()
    };
    for ((kind, name), part) in parts.iter().filter(|(key, _)| !begun.parts.contains(*key)) {
        if change::propose(&mut tx, actor, *kind, name, &part.body).await? == ProposeResult::Drafted {
            changes.push(format!("draft   {kind} {name} ({})", part.what));
        }
    }
    let credentials = credentials(store, &mut tx, actor, &mut changes, secrets, options.bootstrap).await?;
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
            SignIn {
                secret: secrets.destinations.get(name).map(|secret| secret.as_slice()),
                credential: definition.credential.as_ref().and_then(|name| credentials.get(name)).copied(),
            },
            options.bootstrap,
        )
        .await?;
    }
    for (what, title) in file.titles() {
        if store::titles::set(&mut tx, actor, what, Some(title)).await? {
            let (kind, name) = match what {
                TitledObject::Version(kind, name) => (<&str>::from(kind), name),
                TitledObject::Destination(name) => ("destination", name),
            };
            changes.push(format!("title   {kind} {name} ({title})"));
        }
    }
    let names: Vec<&str> = file.workflows.keys().map(String::as_str).collect();
    workflows::hold_epochs(&mut tx, &names).await?;
    for (name, definition) in &file.workflows {
        workflow(&mut tx, actor, &mut changes, &begun, name, definition, options.bootstrap).await?;
    }
    if options.plan {
        tx.rollback().await?;
    } else {
        store::workflows::announce_release(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(changes)
}

/// The content of one part of the file, with a summary of its size.
struct FilePart {
    body: Json,
    what: String,
}

/// The first versions of workflows that have never been live.
#[derive(Default)]
struct Begun {
    /// The parts that became versions.
    parts: BTreeSet<(Kind, String)>,
    /// The versions in each workflow's first bundle.
    bundles: BTreeMap<String, Vec<Uuid>>,
}

fn parts(file: &ApplyFile) -> Result<BTreeMap<(Kind, String), FilePart>> {
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

/// Rejects parts that hand leads to people who cannot get them. Parts that stay as they are do not keep the rest of a file from
/// being applied when one of their people leaves.
async fn check_people(tx: &mut PgConnection, parts: &BTreeMap<(Kind, String), FilePart>) -> Result<()> {
    let mut problems = Vec::new();
    for ((kind, name), part) in parts {
        let newest = workflows::newest(tx, *kind, name).await?;
        if newest.is_some_and(|newest| newest.body == part.body) {
            continue;
        }
        let prefix = format!("{}/{name}", kind.spec().path);
        let found = assignee_problems(tx, *kind, &part.body).await?;
        problems.extend(found.into_iter().map(|problem| problem.under(&prefix)));
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::InvalidFile { file: "The file".into(), problems }) }
}

/// Creates the first version of every part of workflows that have never been live.
async fn begin(
    tx: &mut PgConnection,
    actor: &Actor,
    changes: &mut Vec<String>,
    file: &ApplyFile,
    parts: &BTreeMap<(Kind, String), FilePart>,
) -> Result<Begun> {
    let mut begun = Begun::default();
    for (name, definition) in &file.workflows {
        if workflows::by_name(tx, name).await?.is_some_and(|known| known.live_release.is_some()) {
            continue;
        }
        let compiled = Bundle::compile(file.bundle(name, definition))
            .map_err(|problems| Error::InvalidFile { file: name.to_owned(), problems })?;
        let wanted = needed(&compiled, name);
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

/// How a destination authenticates.
#[derive(Clone, Copy)]
struct SignIn<'a> {
    secret: Option<&'a [u8]>,
    credential: Option<Uuid>,
}

/// Saves the credentials of the file and returns their ids by name.
async fn credentials(
    store: &Store,
    tx: &mut PgConnection,
    actor: &Actor,
    changes: &mut Vec<String>,
    secrets: &Secrets,
    bootstrap: bool,
) -> Result<BTreeMap<String, Uuid>> {
    let mut ids = BTreeMap::new();
    for (name, grant) in &secrets.credentials {
        let grant = Zeroizing::new(serde_json::to_vec(grant)?);
        let id = match store::credentials::compare(store, tx, name, &grant).await? {
            GrantComparison::Same(id) => id,
            GrantComparison::Different(id) if !bootstrap => {
                changes.push(format!(
                    "differs credential {name} (left as it is: credentials change with --bootstrap only)"
                ));
                id
            }
            GrantComparison::New | GrantComparison::Different(_) => {
                changes.push(format!("connect credential {name}"));
                store::credentials::save(store, tx, actor, name, &grant).await?
            }
        };
        ids.insert(name.clone(), id);
    }
    Ok(ids)
}

/// Returns the parts of a workflow's bundle: its own, and those that its rules refer to.
fn needed(bundle: &Bundle, workflow: &str) -> BTreeSet<(Kind, String)> {
    let mut all = BTreeSet::new();
    for kind in Kind::VARIANTS {
        match kind.spec().place.as_ref().map(|place| place.membership) {
            Some(Membership::One) => drop(all.insert((*kind, workflow.to_owned()))),
            Some(Membership::Named(names)) => all.extend(names(bundle).into_iter().map(|name| (*kind, name))),
            None => {}
        }
    }
    all
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
    sign_in: SignIn<'_>,
    bootstrap: bool,
) -> Result<()> {
    let kind = connection.destination.kind().to_string();
    let settings = connection.destination.settings()?;
    if let Some(known) = known {
        let same = known.kind == kind
            && known.settings == settings
            && known.pace == connection.pace
            && known.credential_id == sign_in.credential
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
        return Err(Error::InvalidFile {
            file: format!("destination {name}"),
            problems: vec![Problem::at(format!("/destinations/{name}/pace"), problem)],
        });
    }
    if sign_in.secret.is_some() || sign_in.credential.is_some() || known.is_none() {
        // Only the secret shows whether the destination opens. A stored secret was checked when it was saved.
        let credential = match sign_in.credential {
            Some(id) => Credential::Tokens(Arc::new(StoredTokens::new(store.clone(), id))),
            None => Credential::from(sign_in.secret),
        };
        destinations::open(&kind, &settings, credential).map_err(|error| Error::InvalidFile {
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
            secret: sign_in.secret,
            credential: sign_in.credential,
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
) -> Result<()> {
    check_growth(tx, name, definition).await?;
    let title = definition.title.clone().unwrap_or_else(|| name.replace('-', " "));
    let targets = definition.destinations.iter().map(|target| WorkflowTarget {
        to: target.to.clone(),
        purpose: target.purpose.to_string(),
        on: target.on.clone(),
        expires_hours: target.expires_hours,
    });
    let about = WorkflowDefinition { destinations: targets.collect() };
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
    let is_live = known.as_ref().is_some_and(|known| known.live_release.is_some());
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
        let bundle = release::first(tx, actor, id, name, ids, "first release").await?;
        changes.push(format!("live    workflow {name} ({bundle})"));
    }
    Ok(())
}

async fn check_growth(tx: &mut PgConnection, name: &str, definition: &WorkflowFile) -> Result<()> {
    let Some(earlier) = workflows::newest(tx, Kind::Catalogue, name).await? else { return Ok(()) };
    let earlier = serde_json::from_value(earlier.body)?;
    let problems: Vec<Problem> = definition
        .fields
        .check_growth(&earlier)
        .into_iter()
        .map(|problem| problem.under(&format!("/workflows/{name}/fields")))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::InvalidFile { file: "the file".into(), problems }) }
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<Json> {
    serde_json::to_value(value).map_err(Error::from)
}
