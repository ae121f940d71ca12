//! Who an event is about: found, made and locked.
//!
//! Hand-written SQL: the path of every event, with an array for each column.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use engine::event::LeadInput;
use engine::ids::LeadId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::columns::Columns;
use crate::error::{Error, Result};
use crate::keyring::{DataKey, Keyring};

/// What an event says about who its lead is.
#[derive(Clone, Debug)]
pub struct Named<'a> {
    /// The source that external ids belong to.
    pub source: &'a str,
    /// The lead as the event names it.
    pub lead: &'a LeadInput,
    /// The event, for merge suggestions.
    pub event_id: Uuid,
    /// When the event came.
    pub received_at: DateTime<Utc>,
}

/// A lead, locked until the transaction ends.
pub struct LockedLead {
    /// Its id.
    pub id: LeadId,
    /// Number of its last decision.
    pub sequence: i64,
    /// Key of its immutable rows.
    pub key: DataKey,
    /// The person it is assigned to.
    pub assignee: Option<String>,
    /// Its profile.
    pub profile: Profile,
    /// When its first event happened, as far as known.
    pub first_occurred_at: Option<DateTime<Utc>>,
    /// What else its row needs, while it has none yet.
    pub(crate) new: Option<NewLead>,
}

/// What the row of a new lead needs beside the rest.
pub(crate) struct NewLead {
    data_key: Vec<u8>,
    created_at: DateTime<Utc>,
}

/// Who events are about.
pub struct Identified {
    /// The lead of each event.
    pub leads: Vec<LeadId>,
    /// All of them. Those that are there already are locked.
    pub locked: HashMap<LeadId, LockedLead>,
    /// Identities that nobody has yet.
    pub added: BTreeMap<Identity, Uuid>,
}

/// What is known of who a lead is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// E-mail address.
    pub email: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Company name.
    pub company: Option<String>,
    /// Company domain.
    pub domain: Option<String>,
    /// The source of the external id.
    pub external_source: Option<String>,
    /// The source's id of the person.
    pub external_id: Option<String>,
}

/// Kind, source (for external ids) and keyed hash of what identifies a lead.
pub type Identity = (&'static str, String, Vec<u8>);

/// The leads that events are about: by (source, external id), else by e-mail, else new. An event whose two identities
/// belong to two leads goes to the external id's, and a merge is suggested. What is new is written by [`save_leads`],
/// once all is known of it.
///
/// # Errors
/// When the database fails.
pub async fn identify(
    connection: &mut PgConnection,
    keyring: &Keyring,
    named: &[Named<'_>],
) -> Result<Identified> {
    let identities: Vec<(Option<Identity>, Option<Identity>)> =
        named.iter().map(|named| identities_of(keyring, named)).collect();
    let wanted: BTreeSet<Identity> =
        identities.iter().flat_map(|(external, email)| [external, email]).flatten().cloned().collect();
    let owners = find(connection, &wanted).await?;
    let mut fresh: BTreeMap<Uuid, &Named<'_>> = BTreeMap::new();
    let mut added: BTreeMap<Identity, Uuid> = BTreeMap::new();
    let leads = assign(named, &identities, &owners, &mut fresh, &mut added);
    suggest_merges(connection, named, &identities, &owners).await?;
    let known: BTreeSet<Uuid> = leads.iter().filter(|id| !fresh.contains_key(id)).copied().collect();
    let mut locked = lock(connection, keyring, &known).await?;
    locked
        .extend(fresh.into_iter().map(|(id, named)| (LeadId(id), new_lead(keyring, id, named.received_at))));
    Ok(Identified { leads: leads.into_iter().map(LeadId).collect(), locked, added })
}

fn identities_of(keyring: &Keyring, named: &Named<'_>) -> (Option<Identity>, Option<Identity>) {
    let external = named.lead.external_id.as_deref().map(|id| external_identity(keyring, named.source, id));
    let email = named
        .lead
        .email
        .as_deref()
        .and_then(engine::event::normal_email)
        .map(|email| email_identity(keyring, &email));
    (external, email)
}

/// How a lead is found by its source's id.
pub(crate) fn external_identity(keyring: &Keyring, source: &str, id: &str) -> Identity {
    ("external", source.to_owned(), keyring.lookup("identity:external", id.trim().as_bytes()).to_vec())
}

/// How a lead is found by a normalised e-mail address.
pub(crate) fn email_identity(keyring: &Keyring, email: &str) -> Identity {
    ("email", String::new(), keyring.lookup("identity:email", email.as_bytes()).to_vec())
}

/// The lead of each event, given who owns which identity; new leads and identities are noted.
fn assign<'a, 'n>(
    named: &'a [Named<'n>],
    identities: &[(Option<Identity>, Option<Identity>)],
    owners: &BTreeMap<Identity, Uuid>,
    fresh: &mut BTreeMap<Uuid, &'a Named<'n>>,
    added: &mut BTreeMap<Identity, Uuid>,
) -> Vec<Uuid> {
    let mut leads = Vec::with_capacity(named.len());
    for (named, (external, email)) in named.iter().zip(identities) {
        let owner = |identity: &Option<Identity>, added: &BTreeMap<Identity, Uuid>| {
            identity
                .as_ref()
                .and_then(|identity| owners.get(identity).or_else(|| added.get(identity)).copied())
        };
        let lead = owner(external, added).or_else(|| owner(email, added)).unwrap_or_else(|| {
            let id = engine::ids::mint(named.received_at, rand::random());
            fresh.insert(id, named);
            id
        });
        for identity in [external, email].into_iter().flatten() {
            if !owners.contains_key(identity) {
                added.entry(identity.clone()).or_insert(lead);
            }
        }
        leads.push(lead);
    }
    leads
}

/// Who owns identities, merges followed.
pub(crate) async fn find(
    connection: &mut PgConnection,
    wanted: &BTreeSet<Identity>,
) -> Result<BTreeMap<Identity, Uuid>> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let wanted: Vec<&Identity> = wanted.iter().collect();
    let columns = Columns::of(&wanted)
        .with("kind", |identity| identity.0)
        .with("source", |identity| &identity.1)
        .with("value_hmac", |identity| &identity.2);
    let sql = format!(
        "WITH RECURSIVE found AS ( \
           SELECT i.kind, i.source, i.value_hmac, i.lead_id FROM lead_identities i \
           JOIN {} USING (kind, source, value_hmac) \
           UNION ALL SELECT f.kind, f.source, f.value_hmac, a.merged_into FROM found f JOIN lead_aliases a ON a.lead_id = f.lead_id) \
         SELECT f.kind, f.source, f.value_hmac, f.lead_id FROM found f WHERE NOT EXISTS (SELECT 1 FROM lead_aliases a WHERE a.lead_id = f.lead_id)",
        columns.table("w"),
    );
    let rows: Vec<(String, String, Vec<u8>, Uuid)> = columns.query_as(sql)?.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|(kind, source, value, lead)| {
            ((if kind == "email" { "email" } else { "external" }, source, value), lead)
        })
        .collect())
}

/// Keeps new identities. When somebody else takes one of them at this moment, the transaction has to start again and
/// will find that lead.
async fn add(connection: &mut PgConnection, added: &BTreeMap<Identity, Uuid>) -> Result<()> {
    if added.is_empty() {
        return Ok(());
    }
    let rows: Vec<(&Identity, &Uuid)> = added.iter().collect();
    let kept = Columns::of(&rows)
        .with("kind", |(identity, _)| identity.0)
        .with("source", |(identity, _)| &identity.1)
        .with("value_hmac", |(identity, _)| &identity.2)
        .with("lead_id", |(_, lead)| *lead)
        .insert_into("lead_identities", "ON CONFLICT DO NOTHING", connection)
        .await?;
    if kept == added.len() as u64 { Ok(()) } else { Err(Error::Raced) }
}

async fn suggest_merges(
    connection: &mut PgConnection,
    named: &[Named<'_>],
    identities: &[(Option<Identity>, Option<Identity>)],
    owners: &BTreeMap<Identity, Uuid>,
) -> Result<()> {
    for (named, (external, email)) in named.iter().zip(identities) {
        let owner = |identity: &Option<Identity>| {
            identity.as_ref().and_then(|identity| owners.get(identity)).copied()
        };
        if let (Some(lead), Some(other)) = (owner(external), owner(email))
            && lead != other
        {
            sqlx::query("INSERT INTO merge_suggestions (lead_id, other_lead_id, event_id, opened_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
                .bind(lead)
                .bind(other)
                .bind(named.event_id)
                .bind(named.received_at)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

fn new_lead(keyring: &Keyring, id: Uuid, received_at: DateTime<Utc>) -> LockedLead {
    let (key, wrapped) = keyring.new_data_key(id);
    LockedLead {
        id: LeadId(id),
        sequence: 0,
        key,
        assignee: None,
        profile: Profile::default(),
        first_occurred_at: None,
        new: Some(NewLead { data_key: wrapped, created_at: received_at }),
    }
}

#[derive(sqlx::FromRow)]
struct LeadRow {
    id: Uuid,
    sequence: i64,
    data_key: Option<Vec<u8>>,
    assignee: Option<String>,
    email: Option<String>,
    name: Option<String>,
    company: Option<String>,
    domain: Option<String>,
    external_source: Option<String>,
    external_id: Option<String>,
    first_occurred_at: Option<DateTime<Utc>>,
}

async fn lock(
    connection: &mut PgConnection,
    keyring: &Keyring,
    ids: &BTreeSet<Uuid>,
) -> Result<HashMap<LeadId, LockedLead>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<LeadRow> = sqlx::query_as(
        "SELECT id, sequence, data_key, assignee, email, name, company, domain, external_source, external_id, first_occurred_at \
         FROM leads WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
    )
    .bind(ids.iter().copied().collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let key = keyring.unwrap_data_key(row.id, row.data_key.as_deref().ok_or(Error::Erased)?)?;
            let profile = Profile {
                email: row.email,
                name: row.name,
                company: row.company,
                domain: row.domain,
                external_source: row.external_source,
                external_id: row.external_id,
            };
            let lead = LockedLead {
                id: row.id.into(),
                sequence: row.sequence,
                key,
                assignee: row.assignee,
                profile,
                first_occurred_at: row.first_occurred_at,
                new: None,
            };
            Ok((lead.id, lead))
        })
        .collect()
}

/// Writes what changed of leads, new ones with their identities.
///
/// # Errors
/// [`Error::Raced`] when somebody else takes one of the identities at this moment: the transaction has to start again
/// and will find that lead.
pub async fn save_leads(
    connection: &mut PgConnection,
    leads: impl Iterator<Item = &LockedLead>,
    added: &BTreeMap<Identity, Uuid>,
) -> Result<()> {
    let (new, known): (Vec<&LockedLead>, Vec<&LockedLead>) = leads.partition(|lead| lead.new.is_some());
    insert(connection, &new).await?;
    // They refer to the leads.
    add(connection, added).await?;
    update(connection, &known).await
}

/// What changes of a lead's row, new or not.
fn columns<'r>(leads: &'r [&LockedLead]) -> Columns<'r, &'r LockedLead> {
    Columns::of(leads)
        .with("id", |lead| lead.id.0)
        .with("sequence", |lead| lead.sequence)
        .with("assignee", |lead| &lead.assignee)
        .with("email", |lead| &lead.profile.email)
        .with("name", |lead| &lead.profile.name)
        .with("company", |lead| &lead.profile.company)
        .with("domain", |lead| &lead.profile.domain)
        .with("external_source", |lead| &lead.profile.external_source)
        .with("external_id", |lead| &lead.profile.external_id)
        .with("first_occurred_at", |lead| lead.first_occurred_at)
}

async fn insert(connection: &mut PgConnection, leads: &[&LockedLead]) -> Result<()> {
    if leads.is_empty() {
        return Ok(());
    }
    columns(leads)
        .with("data_key", |lead| lead.new.as_ref().map(|new| &new.data_key))
        .with("created_at", |lead| lead.new.as_ref().map(|new| new.created_at))
        .insert_into("leads", "", connection)
        .await?;
    Ok(())
}

async fn update(connection: &mut PgConnection, leads: &[&LockedLead]) -> Result<()> {
    if leads.is_empty() {
        return Ok(());
    }
    let columns = columns(leads);
    let values = columns.names().split(", ").map(|name| format!("{name} = u.{name}")).collect::<Vec<_>>();
    let sql =
        format!("UPDATE leads l SET {} FROM {} WHERE l.id = u.id", values.join(", "), columns.table("u"));
    columns.query(sql)?.execute(connection).await?;
    Ok(())
}
