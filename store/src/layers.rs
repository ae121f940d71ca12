//! The accountable person for each layer.
//!
//! Hand-written SQL: four joins of one table.

use std::collections::HashMap;

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, Set};
use serde_json::json;
use uuid::Uuid;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::{layer_owners, person};
use crate::error::Result;
use crate::orm::orm;
use crate::pool::Store;

/// Sets the people accountable for content, rules, sync and control, by e-mail address.
///
/// # Errors
/// Returns [`crate::Error::Refused`] if the same person would be accountable for both content and rules.
pub async fn set_owners(store: &Store, actor: &Actor, owners: [&str; 4]) -> Result<()> {
    let mut tx = store.begin().await?;
    let [content, rules, sync, control] = owners;
    let ids: HashMap<String, Uuid> = person::Entity::find()
        .select_only()
        .columns([person::Column::Email, person::Column::Id])
        .filter(person::Column::Email.is_in(owners))
        .into_tuple()
        .all(&orm(&mut tx))
        .await?
        .into_iter()
        .collect();
    let owner = |email: &str| Set(ids.get(email).copied());
    let row = layer_owners::ActiveModel {
        content_owner: owner(content),
        rules_owner: owner(rules),
        sync_owner: owner(sync),
        control_owner: owner(control),
        ..Default::default()
    };
    layer_owners::Entity::update_many().set(row).exec(&orm(&mut tx)).await?;
    let detail = json!({ "content": content, "rules": rules, "sync": sync, "control": control });
    audit(&mut tx, actor, Audit { action: "layers.set_owners", subject: "layers", lead: None, detail })
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Returns the e-mail addresses of the people accountable for content, rules, sync and control.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn owners(store: &Store) -> Result<[Option<String>; 4]> {
    let (content, rules, sync, control) = sqlx::query_as(
        "SELECT c.email, r.email, s.email, o.email FROM layers l \
         LEFT JOIN people c ON c.id = l.content_owner LEFT JOIN people r ON r.id = l.rules_owner \
         LEFT JOIN people s ON s.id = l.sync_owner LEFT JOIN people o ON o.id = l.control_owner",
    )
    .fetch_one(store.pool())
    .await?;
    Ok([content, rules, sync, control])
}
