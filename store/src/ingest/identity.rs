//! Identification of leads: finding, creating and locking the leads that events are about.
//!
//! Hand-written SQL: the hot path of events, with one array per column.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use engine::event::LeadInput;
use engine::ids::LeadId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::columns::Columns;
use crate::error::{Error, Result};
use crate::keyring::{DataKey, Keyring};

/// Identities that an event states for its lead, hashed once.
#[derive(Clone, Debug)]
pub struct LeadIdentities {
    external: Option<LeadIdentity>,
    email: Option<LeadIdentity>,
    /// ID for a new lead, used if no lead has these identities.
    fresh: LeadId,
    event_id: Uuid,
    received_at: DateTime<Utc>,
}

impl LeadIdentities {
    /// Hashes the identities that an event from a source states for its lead.
    pub fn new(
        keyring: &Keyring,
        source: &str,
        lead: &LeadInput,
        event_id: Uuid,
        received_at: DateTime<Utc>,
    ) -> Self {
        let external = lead.external_id.as_deref().map(|id| external_identity(keyring, source, id));
        let email = lead
            .email
            .as_deref()
            .and_then(engine::event::normal_email)
            .map(|email| email_identity(keyring, &email));
        let fresh = LeadId(engine::ids::mint(received_at, rand::random()));
        Self { external, email, fresh, event_id, received_at }
    }
}

/// The lead that an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentifiedLead {
    /// The lead.
    pub lead: LeadId,
    /// Whether the event is the first about this lead.
    pub is_new: bool,
}

/// A lead, locked until the transaction ends.
pub struct LockedLead {
    /// Unique ID.
    pub id: LeadId,
    /// Position of its latest decision in its sequence.
    pub sequence: i64,
    /// Data key for the lead's immutable rows.
    pub key: DataKey,
    /// Address of the person the lead is assigned to.
    pub assignee: Option<String>,
    /// Current profile.
    pub profile: Profile,
    /// When each part of the profile was stated.
    pub said: ProfileTimes,
    /// When its first event occurred, if known.
    pub first_occurred_at: Option<DateTime<Utc>>,
    /// Additional columns for a lead that has no row yet.
    pub(crate) new: Option<NewLead>,
}

/// Additional columns for the row of a new lead.
pub(crate) struct NewLead {
    data_key: Vec<u8>,
    created_at: DateTime<Utc>,
}

/// Leads that events are about, within the transaction that decides about them.
pub struct LockedLeads {
    /// All of the leads. Existing ones are locked.
    pub leads: HashMap<LeadId, LockedLead>,
    /// Identities that do not belong to a lead yet.
    pub added: BTreeMap<LeadIdentity, Uuid>,
}

/// Profile of a lead.
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
    /// Source system of the external ID.
    pub external_source: Option<String>,
    /// The person's ID in the source system.
    pub external_id: Option<String>,
}

/// When each part of a profile was stated; `None` if the part is missing or the time is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProfileTimes {
    /// When the e-mail address was stated.
    pub email: Option<DateTime<Utc>>,
    /// When the name was stated.
    pub name: Option<DateTime<Utc>>,
    /// When the company name was stated.
    pub company: Option<DateTime<Utc>>,
    /// When the company domain was stated.
    pub domain: Option<DateTime<Utc>>,
    /// When the external ID was stated.
    pub external: Option<DateTime<Utc>>,
}

/// Identity of a lead: its kind, source (for external IDs) and keyed hash.
pub type LeadIdentity = (&'static str, String, Vec<u8>);

/// Finds the leads that events are about, without locking: by source and external ID, then by e-mail address,
/// otherwise as a new lead. If an event's two identities belong to different leads, the external ID takes precedence.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn identify(
    connection: &mut PgConnection,
    named: &[LeadIdentities],
) -> Result<Vec<IdentifiedLead>> {
    let owners = find(connection, &wanted(named)).await?;
    let (leads, fresh, _) = assign(named, &owners);
    Ok(leads
        .into_iter()
        .map(|lead| IdentifiedLead { lead: LeadId(lead), is_new: fresh.contains_key(&lead) })
        .collect())
}

/// Locks the leads that events are about, as [`identify`] found them. [`save_leads`] writes new leads later, once
/// their data is complete. An event that names two leads creates a merge suggestion.
///
/// # Errors
/// Returns [`Error::Raced`] if an event now belongs to another lead, in which case the caller must decide again.
pub async fn lock_leads(
    connection: &mut PgConnection,
    keyring: &Keyring,
    named: &[LeadIdentities],
    found: &[LeadId],
) -> Result<LockedLeads> {
    let owners = find(connection, &wanted(named)).await?;
    let (leads, fresh, added) = assign(named, &owners);
    if !leads.iter().eq(found.iter().map(|lead| &lead.0)) {
        return Err(Error::Raced);
    }
    suggest_merges(connection, named, &owners).await?;
    let known: BTreeSet<Uuid> = leads.into_iter().filter(|id| !fresh.contains_key(id)).collect();
    // A lead that is being erased no longer has identities, so a retry finds or creates another lead.
    let mut locked = lock(connection, keyring, &known).await.map_err(|error| match error {
        Error::Erased => Error::Raced,
        other => other,
    })?;
    locked
        .extend(fresh.into_iter().map(|(id, named)| (LeadId(id), new_lead(keyring, id, named.received_at))));
    Ok(LockedLeads { leads: locked, added })
}

/// Locks an existing lead.
///
/// # Errors
/// Returns [`Error::NotFound`] if the lead does not exist, or [`Error::Erased`] if the person was erased.
pub async fn lock_lead(connection: &mut PgConnection, keyring: &Keyring, lead: LeadId) -> Result<LockedLead> {
    lock(connection, keyring, &[lead.0].into()).await?.remove(&lead).ok_or(Error::NotFound("lead"))
}

fn wanted(named: &[LeadIdentities]) -> BTreeSet<LeadIdentity> {
    named.iter().flat_map(|named| [&named.external, &named.email]).flatten().cloned().collect()
}

/// Returns the identity for a source's external ID.
pub(crate) fn external_identity(keyring: &Keyring, source: &str, id: &str) -> LeadIdentity {
    ("external", source.to_owned(), keyring.lookup("identity:external", id.trim().as_bytes()).to_vec())
}

/// Returns the identity for a normalized e-mail address.
pub(crate) fn email_identity(keyring: &Keyring, email: &str) -> LeadIdentity {
    ("email", String::new(), keyring.lookup("identity:email", email.as_bytes()).to_vec())
}

/// Returns the lead of each event, given the owners of identities, along with the new leads and new identities.
fn assign<'n>(
    named: &'n [LeadIdentities],
    owners: &BTreeMap<LeadIdentity, Uuid>,
) -> (Vec<Uuid>, BTreeMap<Uuid, &'n LeadIdentities>, BTreeMap<LeadIdentity, Uuid>) {
    let mut leads = Vec::with_capacity(named.len());
    let (mut fresh, mut added) = (BTreeMap::new(), BTreeMap::new());
    for named in named {
        let owner = |identity: &Option<LeadIdentity>, added: &BTreeMap<LeadIdentity, Uuid>| {
            identity
                .as_ref()
                .and_then(|identity| owners.get(identity).or_else(|| added.get(identity)).copied())
        };
        let lead =
            owner(&named.external, &added).or_else(|| owner(&named.email, &added)).unwrap_or_else(|| {
                fresh.insert(named.fresh.0, named);
                named.fresh.0
            });
        for identity in [&named.external, &named.email].into_iter().flatten() {
            if !owners.contains_key(identity) {
                added.entry(identity.clone()).or_insert(lead);
            }
        }
        leads.push(lead);
    }
    (leads, fresh, added)
}

/// Returns the owners of identities, following merges.
pub(crate) async fn find(
    connection: &mut PgConnection,
    wanted: &BTreeSet<LeadIdentity>,
) -> Result<BTreeMap<LeadIdentity, Uuid>> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let wanted: Vec<&LeadIdentity> = wanted.iter().collect();
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

/// Inserts new identities. If a concurrent transaction takes one of them, this transaction must restart, and then
/// finds that lead.
async fn add(connection: &mut PgConnection, added: &BTreeMap<LeadIdentity, Uuid>) -> Result<()> {
    if added.is_empty() {
        return Ok(());
    }
    let rows: Vec<(&LeadIdentity, &Uuid)> = added.iter().collect();
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
    named: &[LeadIdentities],
    owners: &BTreeMap<LeadIdentity, Uuid>,
) -> Result<()> {
    let mut found: BTreeMap<(Uuid, Uuid), &LeadIdentities> = BTreeMap::new();
    for named in named {
        let owner = |identity: &Option<LeadIdentity>| {
            identity.as_ref().and_then(|identity| owners.get(identity)).copied()
        };
        if let (Some(lead), Some(other)) = (owner(&named.external), owner(&named.email))
            && lead != other
        {
            found.entry((lead, other)).or_insert(named);
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    // Insert in key order, so that two transactions with the same suggestions wait for each other instead of
    // deadlocking.
    let rows: Vec<_> = found.into_iter().collect();
    Columns::of(&rows)
        .with("lead_id", |((lead, _), _)| *lead)
        .with("other_lead_id", |((_, other), _)| *other)
        .with("event_id", |(_, named)| named.event_id)
        .with("opened_at", |(_, named)| named.received_at)
        .insert_into("merge_suggestions", "ON CONFLICT DO NOTHING", connection)
        .await?;
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
        said: ProfileTimes::default(),
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
    email_at: Option<DateTime<Utc>>,
    name_at: Option<DateTime<Utc>>,
    company_at: Option<DateTime<Utc>>,
    domain_at: Option<DateTime<Utc>>,
    external_at: Option<DateTime<Utc>>,
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
        "SELECT id, sequence, data_key, assignee, email, name, company, domain, external_source, external_id, email_at, name_at, company_at, domain_at, external_at, \
         first_occurred_at \
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
                said: ProfileTimes {
                    email: row.email_at,
                    name: row.name_at,
                    company: row.company_at,
                    domain: row.domain_at,
                    external: row.external_at,
                },
                first_occurred_at: row.first_occurred_at,
                new: None,
            };
            Ok((lead.id, lead))
        })
        .collect()
}

/// Writes changes to leads, and inserts new leads with their identities.
///
/// # Errors
/// Returns [`Error::Raced`] if a concurrent transaction takes one of the identities. The caller must restart the
/// transaction, which then finds that lead.
pub async fn save_leads(
    connection: &mut PgConnection,
    leads: impl Iterator<Item = &LockedLead>,
    added: &BTreeMap<LeadIdentity, Uuid>,
) -> Result<()> {
    let (new, known): (Vec<&LockedLead>, Vec<&LockedLead>) = leads.partition(|lead| lead.new.is_some());
    insert(connection, &new).await?;
    // Identities reference the leads, so they come second.
    add(connection, added).await?;
    update(connection, &known).await
}

/// Returns the columns to write, for new and existing leads alike.
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
        .with("email_at", |lead| lead.said.email)
        .with("name_at", |lead| lead.said.name)
        .with("company_at", |lead| lead.said.company)
        .with("domain_at", |lead| lead.said.domain)
        .with("external_at", |lead| lead.said.external)
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
