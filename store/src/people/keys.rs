//! Bearer keys of the API.

use chrono::{DateTime, Utc};
use engine::ids::ApiKeyId;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, Set};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::secret;
use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::api_key;
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;

/// How every key begins, so that scanners of source code can find one that got out.
const PREFIX: &str = "ml_";

/// What a key may be used for; the database knows the same four.
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
    /// Telling events.
    Ingest,
    /// Reading leads and decisions.
    Read,
    /// Telling outcomes.
    Outcome,
    /// Running the installation.
    Admin,
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is called.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Makes a key and answers its text, which is stored nowhere.
///
/// # Errors
/// [`Error::Duplicate`] when the name is taken, [`Error::Refused`] without a name or a scope.
pub async fn add_key(store: &Store, actor: &Actor, name: &str, scopes: &[Scope]) -> Result<String> {
    let key = format!("{PREFIX}{}", secret::new_token());
    let id = engine::ids::mint(actor.now, rand::random());
    let mut texts: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    texts.sort_unstable();
    texts.dedup();
    let mut tx = store.pool().begin().await?;
    let row = api_key::ActiveModel {
        id: Set(id),
        name: Set(name.to_owned()),
        key_hash: Set(secret::token_hash(&key).to_vec()),
        scopes: Set(texts.clone()),
        created_at: Set(actor.now),
        ..Default::default()
    };
    api_key::Entity::insert(row).exec_without_returning(&orm(&mut tx)).await?;
    let detail = json!({ "name": name, "scopes": texts });
    audit(&mut tx, actor, Audit { action: "key.add", subject: &format!("key:{id}"), lead: None, detail })
        .await?;
    tx.commit().await?;
    Ok(key)
}

/// Takes a key back: it stops working.
///
/// # Errors
/// [`Error::NotFound`] when there is no such key, or it was taken back before.
pub async fn revoke_key(store: &Store, actor: &Actor, id: ApiKeyId) -> Result<()> {
    let mut tx = store.pool().begin().await?;
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

/// The key with this text; `None` when there is none or it was taken back.
///
/// # Errors
/// When the database fails.
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

/// All keys, by name.
///
/// # Errors
/// When the database fails.
pub async fn keys(store: &Store) -> Result<Vec<ApiKey>> {
    let rows = api_key::Entity::find().order_by_asc(api_key::Column::Name).all(store.db()).await?;
    rows.into_iter().map(ApiKey::try_from).collect()
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
        })
    }
}
