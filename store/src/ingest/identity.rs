//! Who an event is about: found, made and locked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use engine::event::LeadInput;
use engine::ids::LeadId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::keyring::{DataKey, Keyring};
use crate::log::column;

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
    let mut locked = lock(connection, keyring, &known).await?;
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
    let rows: Vec<(String, String, Vec<u8>, Uuid)> = sqlx::query_as(
        "WITH RECURSIVE found AS ( \
           SELECT i.kind, i.source, i.value_hmac, i.lead_id FROM lead_identities i \
           JOIN unnest($1::text[], $2::text[], $3::bytea[]) AS w (kind, source, value_hmac) USING (kind, source, value_hmac) \
           UNION ALL SELECT f.kind, f.source, f.value_hmac, a.merged_into FROM found f JOIN lead_aliases a ON a.lead_id = f.lead_id) \
         SELECT f.kind, f.source, f.value_hmac, f.lead_id FROM found f WHERE NOT EXISTS (SELECT 1 FROM lead_aliases a WHERE a.lead_id = f.lead_id)",
    )
    .bind(column(&wanted, |identity| identity.0.to_owned()))
    .bind(column(&wanted, |identity| identity.1.clone()))
    .bind(column(&wanted, |identity| identity.2.clone()))
    .fetch_all(connection)
    .await?;
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
    let kept = sqlx::query(
        "INSERT INTO lead_identities (kind, source, value_hmac, lead_id) SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[]) \
         ON CONFLICT DO NOTHING",
    )
    .bind(column(&rows, |(identity, _)| identity.0.to_owned()))
    .bind(column(&rows, |(identity, _)| identity.1.clone()))
    .bind(column(&rows, |(identity, _)| identity.2.clone()))
    .bind(column(&rows, |(_, lead)| **lead))
    .execute(connection)
    .await?;
    if kept.rows_affected() == added.len() as u64 { Ok(()) } else { Err(Error::Raced) }
}

async fn suggest_merges(
    connection: &mut PgConnection,
    named: &[NamedLead],
    owners: &BTreeMap<Identity, Uuid>,
) -> Result<()> {
    for named in named {
        let owner = |identity: &Option<Identity>| {
            identity.as_ref().and_then(|identity| owners.get(identity)).copied()
        };
        if let (Some(lead), Some(other)) = (owner(&named.external), owner(&named.email))
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

async fn insert(connection: &mut PgConnection, leads: &[&LockedLead]) -> Result<()> {
    if leads.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO leads (id, sequence, assignee, email, name, company, domain, external_source, external_id, first_occurred_at, data_key, created_at) \
         SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], \
           $10::timestamptz[], $11::bytea[], $12::timestamptz[])",
    )
    .bind(column(leads, |lead| lead.id.0))
    .bind(column(leads, |lead| lead.sequence))
    .bind(column(leads, |lead| lead.assignee.clone()))
    .bind(column(leads, |lead| lead.profile.email.clone()))
    .bind(column(leads, |lead| lead.profile.name.clone()))
    .bind(column(leads, |lead| lead.profile.company.clone()))
    .bind(column(leads, |lead| lead.profile.domain.clone()))
    .bind(column(leads, |lead| lead.profile.external_source.clone()))
    .bind(column(leads, |lead| lead.profile.external_id.clone()))
    .bind(column(leads, |lead| lead.first_occurred_at))
    .bind(column(leads, |lead| lead.new.as_ref().map(|new| new.data_key.clone())))
    .bind(column(leads, |lead| lead.new.as_ref().map(|new| new.created_at)))
    .execute(connection)
    .await?;
    Ok(())
}

async fn update(connection: &mut PgConnection, leads: &[&LockedLead]) -> Result<()> {
    if leads.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE leads l SET sequence = u.sequence, assignee = u.assignee, email = u.email, name = u.name, company = u.company, domain = u.domain, \
         external_source = u.external_source, external_id = u.external_id, first_occurred_at = u.first_occurred_at \
         FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[]) \
         AS u (id, sequence, assignee, email, name, company, domain, external_source, external_id, first_occurred_at) WHERE l.id = u.id",
    )
    .bind(column(leads, |lead| lead.id.0))
    .bind(column(leads, |lead| lead.sequence))
    .bind(column(leads, |lead| lead.assignee.clone()))
    .bind(column(leads, |lead| lead.profile.email.clone()))
    .bind(column(leads, |lead| lead.profile.name.clone()))
    .bind(column(leads, |lead| lead.profile.company.clone()))
    .bind(column(leads, |lead| lead.profile.domain.clone()))
    .bind(column(leads, |lead| lead.profile.external_source.clone()))
    .bind(column(leads, |lead| lead.profile.external_id.clone()))
    .bind(column(leads, |lead| lead.first_occurred_at))
    .execute(connection)
    .await?;
    Ok(())
}
