//! Bearer keys of the API.

use chrono::{DateTime, TimeDelta, Utc};
use engine::ids::ApiKeyId;
use sea_orm::sea_query::{Expr, ExprTrait as _, PgFunc};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    Set,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::list::PeopleSort;
use super::secret;
use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::api_key;
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;
use crate::reads::keyset::{self, Order};

/// Number of keys on a page of the list.
pub const KEY_PAGE_ROWS: usize = 50;
/// Prefix of every key, so that source code scanners can detect leaked ones.
const PREFIX: &str = "ml_";
/// Number of characters of a key that stay readable: enough to recognise it, of 46.
const READABLE: usize = 7;
/// Interval at which the time of use is written. Writing it for each request would cost more than the request.
const USE_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Scope of a key. The database defines the same four.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Scope {
    /// Sending events.
    Ingest,
    /// Reading leads and decisions.
    Read,
    /// Sending outcomes.
    Outcome,
    /// Administering the installation.
    Admin,
}

/// An API key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Unique ID.
    pub id: ApiKeyId,
    /// Display name.
    pub name: String,
    /// Scopes granted to the key.
    pub scopes: Vec<Scope>,
    /// When the key was created.
    pub created_at: DateTime<Utc>,
    /// When the key was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// First characters of the key's text; `None` for keys that were created before these were kept.
    pub prefix: Option<String>,
    /// Who created the key, as the audit log names actors.
    pub created_by: Option<String>,
    /// When a request last used the key, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Creates a key and returns its secret, which is not stored.
///
/// # Errors
/// Returns [`Error::Duplicate`] if the name is taken, or [`Error::Refused`] if the name or the scopes are missing.
pub async fn add_key(store: &Store, actor: &Actor, name: &str, scopes: &[Scope]) -> Result<String> {
    let key = format!("{PREFIX}{}", secret::new_token());
    let id = engine::ids::mint(actor.now, rand::random());
    let mut texts: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    texts.sort_unstable();
    texts.dedup();
    let mut tx = store.begin().await?;
    let row = api_key::ActiveModel {
        id: Set(id),
        name: Set(name.to_owned()),
        key_hash: Set(secret::token_hash(&key).to_vec()),
        scopes: Set(texts.clone()),
        created_at: Set(actor.now),
        prefix: Set(key.get(..READABLE).map(str::to_owned)),
        created_by: Set(Some(actor.who.to_string())),
        ..Default::default()
    };
    api_key::Entity::insert(row).exec_without_returning(&orm(&mut tx)).await?;
    let detail = json!({ "name": name, "scopes": texts });
    audit(&mut tx, actor, Audit { action: "key.add", subject: &format!("key:{id}"), lead: None, detail })
        .await?;
    tx.commit().await?;
    Ok(key)
}

/// Revokes a key, which stops working at once.
///
/// # Errors
/// Returns [`Error::NotFound`] if the key does not exist or was already revoked.
pub async fn revoke_key(store: &Store, actor: &Actor, id: ApiKeyId) -> Result<()> {
    let mut tx = store.begin().await?;
    let revoked = api_key::Entity::update_many()
        .set(api_key::ActiveModel { revoked_at: Set(Some(actor.now)), ..Default::default() })
        .filter(api_key::Column::Id.eq(id.0))
        .filter(api_key::Column::RevokedAt.is_null())
        .exec_with_returning(&orm(&mut tx))
        .await?;
    let name = revoked.into_iter().next().ok_or(Error::NotFound("key"))?.name;
    let entry = Audit {
        action: "key.revoke",
        subject: &format!("key:{id}"),
        lead: None,
        detail: json!({ "name": name }),
    };
    audit(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Returns the key with this secret, or `None` if it does not exist or was revoked.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn key_by_secret(store: &Store, key: &str) -> Result<Option<ApiKey>> {
    if !key.starts_with(PREFIX) {
        return Ok(None);
    }
    let row = api_key::Entity::find()
        .filter(api_key::Column::KeyHash.eq(secret::token_hash(key).to_vec()))
        .filter(api_key::Column::RevokedAt.is_null())
        .one(store.db())
        .await?;
    row.map(ApiKey::try_from).transpose()
}

/// Records that a request used a key, unless that was recorded within the last minute.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn record_key_use(store: &Store, key: &ApiKey, now: DateTime<Utc>) -> Result<()> {
    if key.last_used_at.is_some_and(|last| now - last < USE_EVERY) {
        return Ok(());
    }
    let before = api_key::Column::LastUsedAt.lte(now - USE_EVERY).or(api_key::Column::LastUsedAt.is_null());
    api_key::Entity::update_many()
        .set(api_key::ActiveModel { last_used_at: Set(Some(now)), ..Default::default() })
        .filter(api_key::Column::Id.eq(key.id.0))
        .filter(before)
        .exec(store.db())
        .await?;
    Ok(())
}

/// State of a key.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "lowercase")]
pub enum KeyState {
    /// The key works.
    Active,
    /// The key was revoked.
    Revoked,
}

/// Filters a list of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyListFilter {
    /// Only keys with this scope.
    pub scope: Option<Scope>,
    /// Only keys in this state.
    pub state: Option<KeyState>,
}

/// Cursor into the list of keys.
pub type KeyCursor = keyset::Cursor<ApiKeyId>;

/// A page of the list of keys.
#[derive(Clone, Debug, Default)]
pub struct KeyListPage {
    /// The keys, in list order.
    pub keys: Vec<ApiKey>,
    /// Cursors of the adjacent pages.
    pub beside: keyset::AdjacentPages<ApiKeyId>,
}

/// Returns a page of at most `limit` keys that pass the filter. IDs start with the creation time, so ID order is the
/// order of [`PeopleSort::Added`].
///
/// # Errors
/// Returns an error if the database fails.
pub async fn keys(
    store: &Store,
    filter: &KeyListFilter,
    by: PeopleSort,
    order: Order,
    cursor: KeyCursor,
    limit: usize,
) -> Result<KeyListPage> {
    let mut select = api_key::Entity::find().limit(limit as u64 + 1);
    if let Some(scope) = filter.scope {
        select =
            select.filter(Expr::val(scope.to_string()).eq(PgFunc::any(api_key::Column::Scopes.into_expr())));
    }
    select = match filter.state {
        None => select,
        Some(KeyState::Active) => select.filter(api_key::Column::RevokedAt.is_null()),
        Some(KeyState::Revoked) => select.filter(api_key::Column::RevokedAt.is_not_null()),
    };
    let is_ascending = cursor.is_ascending(order);
    select = match by {
        PeopleSort::Added => {
            let select = match cursor {
                keyset::Cursor::Start => select,
                keyset::Cursor::Before(id) => select.filter(api_key::Column::Id.lt(id.0)),
                keyset::Cursor::After(id) => select.filter(api_key::Column::Id.gt(id.0)),
            };
            select.order_by(api_key::Column::Id, direction(is_ascending))
        }
        // Names are unique. A to Z is the reverse of newest to oldest.
        PeopleSort::Name => {
            let name = |id: ApiKeyId| {
                let name = api_key::Entity::find_by_id(id.0).select_only().column(api_key::Column::Name);
                Expr::SubQuery(None, Box::new(name.into_query().into()))
            };
            let select = match cursor {
                keyset::Cursor::Start => select,
                keyset::Cursor::Before(id) => select.filter(api_key::Column::Name.into_expr().gt(name(id))),
                keyset::Cursor::After(id) => select.filter(api_key::Column::Name.into_expr().lt(name(id))),
            };
            select.order_by(api_key::Column::Name, direction(!is_ascending))
        }
    };
    let rows = select.all(store.db()).await?;
    let mut keys: Vec<ApiKey> = rows.into_iter().map(ApiKey::try_from).collect::<Result<_>>()?;
    let beside = keyset::turn(&mut keys, limit, &cursor, order, |key| key.id);
    Ok(KeyListPage { keys, beside })
}

fn direction(is_ascending: bool) -> sea_orm::Order {
    if is_ascending { sea_orm::Order::Asc } else { sea_orm::Order::Desc }
}

impl TryFrom<api_key::Model> for ApiKey {
    type Error = Error;
    fn try_from(row: api_key::Model) -> Result<Self> {
        let scope =
            |text: &String| text.parse().map_err(|_| Error::Corrupt(format!("there is no scope `{text}`")));
        let scopes = row.scopes.iter().map(scope).collect::<Result<_>>()?;
        Ok(Self {
            id: row.id.into(),
            name: row.name,
            scopes,
            created_at: row.created_at,
            revoked_at: row.revoked_at,
            prefix: row.prefix,
            created_by: row.created_by,
            last_used_at: row.last_used_at,
        })
    }
}
