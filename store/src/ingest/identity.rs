//! Identification of leads: finding, creating and locking the leads that events are about.
//!
//! Hand-written SQL: the hot path of events, with one array per column.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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
    /// The e-mail address as addresses were normalized once, if that differs.
    plain_email: Option<LeadIdentity>,
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
        let external = lead.trusted_id().map(|id| external_identity(keyring, source, id));
        let mut emails =
            lead.email.as_deref().map(|email| email_identities(keyring, email)).unwrap_or_default();
        let (email, plain_email) = (emails.next(), emails.next());
        let fresh = LeadId(engine::ids::mint(received_at, rand::random()));
        Self { external, email, plain_email, fresh, event_id, received_at }
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
#[derive(Default)]
pub struct LockedLeads {
    /// All of the leads. Existing ones are locked.
    pub leads: HashMap<LeadId, LockedLead>,
    /// Events whose e-mail address belongs to another lead than the one that they are about.
    pub foreign_emails: HashSet<Uuid>,
    /// Identities that do not belong to a lead yet.
    pub added: BTreeMap<LeadIdentity, Uuid>,
    /// Pairs of leads that may be one person.
    pub suggestions: Vec<MergeSuggestion>,
}

/// A pair of leads that an event names together.
#[derive(Clone, Copy, Debug)]
pub struct MergeSuggestion {
    lead: Uuid,
    other: Uuid,
    event_id: Uuid,
    opened_at: DateTime<Utc>,
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
    let Assigned { leads, fresh, .. } = assign(named, &owners);
    Ok(leads
        .into_iter()
        .map(|lead| IdentifiedLead { lead: LeadId(lead), is_new: fresh.contains_key(&lead) })
        .collect())
}

/// Locks the leads that events are about, as [`identify`] found them. [`save_leads`] writes new leads later, once
/// their data is complete. An event that names two leads yields a merge suggestion, for [`suggest_merges`].
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
    let Assigned { leads, fresh, added, conflicts } = assign(named, &owners);
    if !leads.iter().eq(found.iter().map(|lead| &lead.0)) {
        return Err(Error::Raced);
    }
    let known: BTreeSet<Uuid> = leads.into_iter().filter(|id| !fresh.contains_key(id)).collect();
    // A lead that is being erased no longer has identities, so a retry finds or creates another lead.
    let mut locked = lock(connection, keyring, &known).await.map_err(|error| match error {
        Error::Erased => Error::Raced,
        other => other,
    })?;
    locked
        .extend(fresh.into_iter().map(|(id, named)| (LeadId(id), new_lead(keyring, id, named.received_at))));
    let foreign_emails = conflicts.iter().map(|conflict| conflict.named.event_id).collect();
    let suggestions = conflicts.iter().map(|conflict| MergeSuggestion {
        lead: conflict.lead,
        other: conflict.other,
        event_id: conflict.named.event_id,
        opened_at: conflict.named.received_at,
    });
    Ok(LockedLeads { leads: locked, added, foreign_emails, suggestions: suggestions.collect() })
}

/// Locks an existing lead.
///
/// # Errors
/// Returns [`Error::NotFound`] if the lead does not exist, or [`Error::Erased`] if the person was erased.
pub async fn lock_lead(connection: &mut PgConnection, keyring: &Keyring, lead: LeadId) -> Result<LockedLead> {
    lock(connection, keyring, &[lead.0].into()).await?.remove(&lead).ok_or(Error::NotFound("lead"))
}

fn wanted(named: &[LeadIdentities]) -> BTreeSet<LeadIdentity> {
    let identities = named.iter().flat_map(|named| [&named.external, &named.email, &named.plain_email]);
    identities.flatten().cloned().collect()
}

/// Returns the identity for a source's external ID.
pub(crate) fn external_identity(keyring: &Keyring, source: &str, id: &str) -> LeadIdentity {
    ("external", source.to_owned(), keyring.lookup("identity:external", trimmed_id(id).as_bytes()).to_vec())
}

/// Returns an ID as it is compared.
fn trimmed_id(id: &str) -> &str {
    engine::identity::external_id(id).ok().flatten().unwrap_or_else(|| id.trim())
}

/// Returns the identities of an e-mail address: that of its normal form, and after it that of the form in which addresses were
/// normalized once, if it is another one. None if the address is not valid.
pub(crate) fn email_identities(keyring: &Keyring, email: &str) -> std::vec::IntoIter<LeadIdentity> {
    let normal = engine::identity::normal_email(email);
    let plain = normal.as_ref().and_then(|_| engine::identity::plain_email(email));
    let plain = plain.filter(|plain| normal.as_ref() != Some(plain));
    let identity =
        |email: String| ("email", String::new(), keyring.lookup("identity:email", email.as_bytes()).to_vec());
    normal.into_iter().chain(plain).map(identity).collect::<Vec<_>>().into_iter()
}

/// The leads of events, as their identities determine them.
struct Assigned<'n> {
    /// The lead of each event.
    leads: Vec<Uuid>,
    /// The new leads, each with the event that makes it.
    fresh: BTreeMap<Uuid, &'n LeadIdentities>,
    /// Identities that do not belong to a lead yet.
    added: BTreeMap<LeadIdentity, Uuid>,
    /// Events whose e-mail address belongs to another lead than their external ID.
    conflicts: Vec<Conflict<'n>>,
}

/// An event that names two leads.
struct Conflict<'n> {
    lead: Uuid,
    other: Uuid,
    named: &'n LeadIdentities,
}

/// Assigns events to leads, given the owners of identities.
fn assign<'n>(named: &'n [LeadIdentities], owners: &BTreeMap<LeadIdentity, Uuid>) -> Assigned<'n> {
    let mut leads = Vec::with_capacity(named.len());
    let (mut fresh, mut added) = (BTreeMap::new(), BTreeMap::new());
    let mut conflicts = Vec::new();
    for named in named {
        let owner = |identity: &Option<LeadIdentity>, added: &BTreeMap<LeadIdentity, Uuid>| {
            identity
                .as_ref()
                .and_then(|identity| owners.get(identity).or_else(|| added.get(identity)).copied())
        };
        let by_email = owner(&named.email, &added).or_else(|| owner(&named.plain_email, &added));
        let lead = owner(&named.external, &added).or(by_email).unwrap_or_else(|| {
            fresh.insert(named.fresh.0, named);
            named.fresh.0
        });
        let other = by_email.filter(|other| *other != lead);
        conflicts.extend(other.map(|other| Conflict { lead, other, named }));
        let email = if other.is_some() { &None } else { &named.email };
        for identity in [&named.external, email].into_iter().flatten() {
            if !owners.contains_key(identity) {
                added.entry(identity.clone()).or_insert(lead);
            }
        }
        leads.push(lead);
    }
    Assigned { leads, fresh, added, conflicts }
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
    // One look into the index for each identity. A plan for a join, made while the table is small, would read the whole table and be
    // kept.
    let sql = format!(
        "WITH RECURSIVE found AS ( \
           SELECT i.kind, i.source, i.value_hmac, i.lead_id FROM {} CROSS JOIN LATERAL ( \
             SELECT i.* FROM lead_identities i \
             WHERE i.kind = w.kind AND i.source = w.source AND i.value_hmac = w.value_hmac LIMIT 1) i \
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

/// Opens the suggestions to merge leads.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn suggest_merges(connection: &mut PgConnection, suggestions: &[MergeSuggestion]) -> Result<()> {
    if suggestions.is_empty() {
        return Ok(());
    }
    // Insert in key order, so that two transactions with the same suggestions wait for each other instead of
    // deadlocking.
    let mut found: BTreeMap<(Uuid, Uuid), &MergeSuggestion> = BTreeMap::new();
    for suggestion in suggestions {
        found.entry((suggestion.lead, suggestion.other)).or_insert(suggestion);
    }
    let rows: Vec<_> = found.into_values().collect();
    Columns::of(&rows)
        .with("lead_id", |suggestion| suggestion.lead)
        .with("other_lead_id", |suggestion| suggestion.other)
        .with("event_id", |suggestion| suggestion.event_id)
        .with("opened_at", |suggestion| suggestion.opened_at)
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
