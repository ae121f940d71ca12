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

/// What an event says about who its lead is, its identities hashed once.
#[derive(Clone, Debug)]
pub struct NamedLead {
    external: Option<Identity>,
    email: Option<Identity>,
    /// The id of the lead if nobody is known by these identities.
    fresh: LeadId,
    event_id: Uuid,
    received_at: DateTime<Utc>,
}

impl NamedLead {
    /// Hashes what an event of a source says about its lead.
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

/// Who an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identified {
    /// The lead.
    pub lead: LeadId,
    /// Whether the event is the first that names it.
    pub is_new: bool,
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
    /// When what its profile says was said.
    pub said: ProfileTimes,
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

/// Leads that events are about, in the transaction that decides about them.
pub struct LockedLeads {
    /// All of them. Those that exist already are locked.
    pub leads: HashMap<LeadId, LockedLead>,
    /// Identities that no lead has yet.
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

/// When each part of a profile was said; nothing where the profile has no such part, or it was said at an unknown time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProfileTimes {
    /// The e-mail address.
    pub email: Option<DateTime<Utc>>,
    /// The name.
    pub name: Option<DateTime<Utc>>,
    /// The company's name.
    pub company: Option<DateTime<Utc>>,
    /// The company's domain.
    pub domain: Option<DateTime<Utc>>,
    /// The source's id of the person.
    pub external: Option<DateTime<Utc>>,
}

/// Kind, source (for external ids) and keyed hash of what identifies a lead.
pub type Identity = (&'static str, String, Vec<u8>);

/// Finds the leads that events are about, without a lock: by (source, external id), else by e-mail, else new. An event whose
/// two identities belong to two leads goes to the external id's.
///
/// # Errors
/// When the database fails.
pub async fn identify(connection: &mut PgConnection, named: &[NamedLead]) -> Result<Vec<Identified>> {
    let owners = find(connection, &wanted(named)).await?;
    let (leads, fresh, _) = assign(named, &owners);
    Ok(leads
        .into_iter()
        .map(|lead| Identified { lead: LeadId(lead), is_new: fresh.contains_key(&lead) })
        .collect())
}

/// Locks the leads that events are about, as [`identify`] found them; those that are new are written by [`save_leads`], once
/// all is known of them. An event that names two leads suggests to merge them.
///
/// # Errors
/// [`Error::Raced`] when an event is about another lead by now: it has to be decided again.
pub async fn lock_leads(
    connection: &mut PgConnection,
    keyring: &Keyring,
    named: &[NamedLead],
    found: &[LeadId],
) -> Result<LockedLeads> {
    let owners = find(connection, &wanted(named)).await?;
    let (leads, fresh, added) = assign(named, &owners);
    if !leads.iter().eq(found.iter().map(|lead| &lead.0)) {
        return Err(Error::Raced);
    }
    suggest_merges(connection, named, &owners).await?;
    let known: BTreeSet<Uuid> = leads.into_iter().filter(|id| !fresh.contains_key(id)).collect();
    // One that is erased at this moment has no identities any more: the next try finds or makes another lead.
    let mut locked = lock(connection, keyring, &known).await.map_err(|error| match error {
        Error::Erased => Error::Raced,
        other => other,
    })?;
    locked
        .extend(fresh.into_iter().map(|(id, named)| (LeadId(id), new_lead(keyring, id, named.received_at))));
    Ok(LockedLeads { leads: locked, added })
}

/// Locks one lead that exists.
///
/// # Errors
/// [`Error::NotFound`] when there is none, [`Error::Erased`] when the person was erased.
pub async fn lock_lead(connection: &mut PgConnection, keyring: &Keyring, lead: LeadId) -> Result<LockedLead> {
    lock(connection, keyring, &[lead.0].into()).await?.remove(&lead).ok_or(Error::NotFound("lead"))
}

fn wanted(named: &[NamedLead]) -> BTreeSet<Identity> {
    named.iter().flat_map(|named| [&named.external, &named.email]).flatten().cloned().collect()
}

/// How a lead is found by its source's id.
pub(crate) fn external_identity(keyring: &Keyring, source: &str, id: &str) -> Identity {
    ("external", source.to_owned(), keyring.lookup("identity:external", id.trim().as_bytes()).to_vec())
}

/// How a lead is found by a normalised e-mail address.
pub(crate) fn email_identity(keyring: &Keyring, email: &str) -> Identity {
    ("email", String::new(), keyring.lookup("identity:email", email.as_bytes()).to_vec())
}

/// The lead of each event, given who owns which identity; beside them the new leads and the new identities.
fn assign<'n>(
    named: &'n [NamedLead],
    owners: &BTreeMap<Identity, Uuid>,
) -> (Vec<Uuid>, BTreeMap<Uuid, &'n NamedLead>, BTreeMap<Identity, Uuid>) {
    let mut leads = Vec::with_capacity(named.len());
    let (mut fresh, mut added) = (BTreeMap::new(), BTreeMap::new());
    for named in named {
        let owner = |identity: &Option<Identity>, added: &BTreeMap<Identity, Uuid>| {
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
    named: &[NamedLead],
    owners: &BTreeMap<Identity, Uuid>,
) -> Result<()> {
    let mut found: BTreeMap<(Uuid, Uuid), &NamedLead> = BTreeMap::new();
    for named in named {
        let owner = |identity: &Option<Identity>| {
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
    // In the order of the key, so that two transactions which suggest the same merges wait for each other and never in a circle.
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
