//! People: who signs in, with which roles, and how they set a password.
//!
//! Hand-written SQL: an advisory lock.

pub mod attempts;
mod blocklist;
mod breached;
mod first;
mod holdings;
pub mod keys;
pub mod links;
mod list;
mod preferences;
mod roles;
pub mod secret;
pub mod sessions;

use chrono::{DateTime, Utc};
use engine::identity::{is_plain_name, plain_email, sign_in_email};
use engine::ids::PersonId;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Select, SelectExt as _, Set,
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::{Actor, ActorId, Role};
use crate::control::{Audit, audit};
use crate::entity::{person, person_role, setup_link};
use crate::error::{Error, Result};
use crate::notices::{NoticeKind, notify_of_account};
use crate::orm::orm;
use crate::pool::Store;
use crate::settings::{self, NumberFormat, Organisation};

pub use self::breached::{BreachedListError, BreachedPasswords};
pub use self::first::{add_first_admin, first_run_code, has_people, is_first_run_code};
pub use self::holdings::{Holdings, holdings};
pub use self::keys::{
    ApiKey, KEY_PAGE_ROWS, KeyCursor, KeyListFilter, KeyListPage, KeyState, Scope, add_key, key_by_secret,
    keys, record_key_use, revoke_key,
};
pub use self::links::{
    DEFAULT_VALIDITY, RESET_VALIDITY, make_reset_link, make_setup_link, person_of_setup_link, use_setup_link,
};
pub use self::list::{
    PAGE_ROWS, PeopleCursor, PeopleFilter, PeoplePage, PeopleSort, SignInStatus, holders, known_assignees,
    page,
};
pub use self::preferences::{Preferences, set_preferences};
pub use self::roles::{RoleTerm, confirm, set_roles, terms};
pub use self::secret::{HashLane, Password, PasswordProblem};

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Unique ID.
    pub id: PersonId,
    /// Address that the person signs in with, in lower case.
    pub email: String,
    /// Display name.
    pub name: String,
    /// IANA time zone that times are shown in.
    pub time_zone: String,
    /// Number format.
    pub number_format: NumberFormat,
    /// Whether single-key shortcuts are enabled.
    pub single_keys: bool,
    /// Current roles, in the order of [`Role`].
    pub roles: Vec<Role>,
    /// Whether the person is deactivated.
    pub is_disabled: bool,
    /// Whether the person has set a password.
    pub has_password: bool,
    /// When the person was added.
    pub added_at: DateTime<Utc>,
}

impl Person {
    /// Returns the person's sign-in status.
    pub fn sign_in_status(&self) -> SignInStatus {
        match (self.is_disabled, self.has_password) {
            (true, _) => SignInStatus::Deactivated,
            (false, false) => SignInStatus::Invited,
            (false, true) => SignInStatus::Active,
        }
    }
}

/// Adds a person without a password; [`make_setup_link`] creates a link for setting one.
///
/// # Errors
/// Returns [`Error::Duplicate`] if the address is taken, or [`Error::Refused`] if the address is invalid or the name
/// is empty or has control characters.
pub async fn add(store: &Store, actor: &Actor, email: &str, name: &str, roles: &[Role]) -> Result<PersonId> {
    let mut tx = store.begin().await?;
    let id = insert(&mut tx, actor, email, name, roles).await?;
    tx.commit().await?;
    Ok(id)
}

async fn insert(
    connection: &mut PgConnection,
    actor: &Actor,
    email: &str,
    name: &str,
    roles: &[Role],
) -> Result<PersonId> {
    let email =
        sign_in_email(email).ok_or_else(|| Error::Refused(format!("`{email}` is not an e-mail address")))?;
    if !is_plain_name(name) {
        return Err(Error::Refused("a name cannot contain line breaks or other control characters".into()));
    }
    let id = PersonId(engine::ids::mint(actor.now, rand::random()));
    let Organisation { time_zone, number_format, .. } = settings::read_organisation(&orm(connection)).await?;
    let row = person::ActiveModel {
        id: Set(id.0),
        email: Set(email),
        name: Set(name.trim().to_owned()),
        created_at: Set(actor.now),
        time_zone: Set(time_zone),
        number_format: Set(number_format.to_string()),
        ..Default::default()
    };
    person::Entity::insert(row).exec_without_returning(&orm(connection)).await?;
    roles::give(&orm(connection), actor, id, roles).await?;
    // Commands that add people set up the installation, and are run by its owner.
    if matches!(actor.who, ActorId::Person(_)) {
        let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
        notify_of_account(connection, actor, id, NoticeKind::RolesChanged, &roles.join(", ")).await?;
    }
    log(connection, actor, "person.add", id, json!({ "roles": roles })).await?;
    Ok(id)
}

/// Deactivates a person with immediate effect, or reactivates them. Their past actions are unaffected.
///
/// # Errors
/// Returns [`Error::NotFound`] if the person does not exist, or [`Error::Refused`] if no administrator would remain.
pub async fn set_disabled(store: &Store, actor: &Actor, id: PersonId, disabled: bool) -> Result<()> {
    let mut tx = store.begin().await?;
    lock(&orm(&mut tx), id).await?;
    let before = is_admin(&orm(&mut tx), id).await?;
    let disabled_at = Set(disabled.then_some(actor.now));
    update(&orm(&mut tx), id, person::ActiveModel { disabled_at, ..Default::default() }).await?;
    if disabled {
        sessions::end_all(&orm(&mut tx), id).await?;
        if before {
            keep_an_admin(&mut tx).await?;
        }
    }
    log(&mut tx, actor, if disabled { "person.disable" } else { "person.enable" }, id, json!({})).await?;
    tx.commit().await?;
    Ok(())
}

/// Sets a person's password and ends their sessions.
///
/// # Errors
/// Returns [`Error::NotFound`] if the person does not exist.
pub async fn set_password(store: &Store, actor: &Actor, id: PersonId, password: Password) -> Result<()> {
    let hash = password.hash().await?;
    let mut tx = store.begin().await?;
    write_password(&mut tx, actor, id, &hash).await?;
    tx.commit().await?;
    Ok(())
}

/// Returns the person with this address and password, or `None` if either is wrong or the person is deactivated.
/// Takes the same time in each case, except for a password that is too long to be anyone's.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn check_password(
    store: &Store,
    email: &str,
    password: &str,
    lane: HashLane,
) -> Result<Option<Person>> {
    let email = plain_email(email).unwrap_or_default();
    let found = read(store, person::Entity::find().filter(person::Column::Email.eq(email))).await?;
    let (person, hash) = found.into_iter().next().map_or((None, None), |(person, hash)| (Some(person), hash));
    let right = secret::verify(password, hash, lane).await?;
    Ok(person.filter(|person| right && !person.is_disabled))
}

/// Records that a person signed in or out.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn record_session(store: &Store, actor: &Actor, action: &'static str) -> Result<()> {
    let ActorId::Person(id) = actor.who else { return Ok(()) };
    let mut connection = store.pool().acquire().await?;
    log(&mut connection, actor, action, id, json!({})).await
}

/// Returns a person by ID, or `None` if there is no match.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_id(store: &Store, id: PersonId) -> Result<Option<Person>> {
    Ok(read(store, person::Entity::find_by_id(id.0)).await?.into_iter().next().map(|(person, _)| person))
}

/// Returns a person by e-mail address, or `None` if there is no match.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_email(store: &Store, email: &str) -> Result<Option<Person>> {
    let Some(email) = plain_email(email) else { return Ok(None) };
    let select = person::Entity::find().filter(person::Column::Email.eq(email));
    Ok(read(store, select).await?.into_iter().next().map(|(person, _)| person))
}

/// Returns all people, by name. The result is unbounded, so pages must not use it.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn all(store: &Store) -> Result<Vec<Person>> {
    let select = person::Entity::find().order_by_asc(person::Column::Name);
    Ok(read(store, select).await?.into_iter().map(|(person, _)| person).collect())
}

/// Reads people with their password hashes in one statement.
async fn read(store: &Store, select: Select<person::Entity>) -> Result<Vec<(Person, Option<String>)>> {
    let rows = select.find_with_related(person_role::Entity).all(store.db()).await?;
    rows.into_iter()
        .map(|(row, roles)| {
            let mut roles = roles
                .into_iter()
                .map(|row| {
                    row.role.parse().map_err(|_| Error::Corrupt(format!("there is no role `{}`", row.role)))
                })
                .collect::<Result<Vec<Role>>>()?;
            roles.sort_unstable();
            let person = Person {
                id: row.id.into(),
                email: row.email,
                name: row.name,
                time_zone: row.time_zone,
                number_format: row.number_format.parse().unwrap_or_default(),
                single_keys: row.single_keys,
                roles,
                is_disabled: row.disabled_at.is_some(),
                has_password: row.password_hash.is_some(),
                added_at: row.created_at,
            };
            Ok((person, row.password_hash))
        })
        .collect()
}

/// Writes the columns of a person that are set in `row`.
async fn update(db: &impl ConnectionTrait, id: PersonId, row: person::ActiveModel) -> Result<()> {
    person::Entity::update_many().set(row).filter(person::Column::Id.eq(id.0)).exec(db).await?;
    Ok(())
}

/// Stores a password hash, ends the person's sessions and revokes their unused links.
async fn write_password(
    connection: &mut PgConnection,
    actor: &Actor,
    id: PersonId,
    hash: &str,
) -> Result<()> {
    lock(&orm(connection), id).await?;
    let had_one = has_password(&orm(connection), id).await?;
    let password_hash = Set(Some(hash.to_owned()));
    update(&orm(connection), id, person::ActiveModel { password_hash, ..Default::default() }).await?;
    delete_unused_links(&orm(connection), id).await?;
    sessions::end_all(&orm(connection), id).await?;
    // A first password takes nothing from anyone.
    if had_one && actor.who != ActorId::Person(id) {
        notify_of_account(connection, actor, id, NoticeKind::PasswordSet, "").await?;
    }
    log(connection, actor, "person.set_password", id, json!({})).await
}

async fn delete_unused_links(db: &impl ConnectionTrait, id: PersonId) -> Result<()> {
    setup_link::Entity::delete_many()
        .filter(setup_link::Column::PersonId.eq(id.0))
        .filter(setup_link::Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

async fn has_password(db: &impl ConnectionTrait, id: PersonId) -> Result<bool> {
    let person = person::Entity::find_by_id(id.0).filter(person::Column::PasswordHash.is_not_null());
    Ok(person.exists(db).await?)
}

async fn is_admin(db: &impl ConnectionTrait, id: PersonId) -> Result<bool> {
    Ok(person_role::Entity::find_by_id((id.0, Role::Admin.to_string())).exists(db).await?)
}

/// Rejects a change that would leave no active administrator.
async fn keep_an_admin(connection: &mut PgConnection) -> Result<()> {
    // Two administrators who remove each other's role must not both see the other one.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('keep_an_admin'))").execute(&mut *connection).await?;
    let left = person_role::Entity::find()
        .inner_join(person::Entity)
        .filter(person_role::Column::Role.eq(Role::Admin.to_string()))
        .filter(person::Column::DisabledAt.is_null())
        .exists(&orm(connection))
        .await?;
    if left { Ok(()) } else { Err(Error::Refused("at least one person must remain an administrator".into())) }
}

/// Serializes writes to one person, and checks that the person exists.
async fn lock(db: &impl ConnectionTrait, id: PersonId) -> Result<()> {
    let found: Option<Uuid> = person::Entity::find_by_id(id.0)
        .select_only()
        .column(person::Column::Id)
        .lock_exclusive()
        .into_tuple()
        .one(db)
        .await?;
    found.map(drop).ok_or(Error::NotFound("person"))
}

async fn log(
    connection: &mut PgConnection,
    actor: &Actor,
    action: &str,
    id: PersonId,
    detail: serde_json::Value,
) -> Result<()> {
    audit(connection, actor, Audit { action, subject: &format!("person:{id}"), lead: None, detail }).await
}
