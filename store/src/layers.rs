//! The one accountable person of each layer.

use serde_json::json;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::Result;
use crate::pool::Store;

/// Names the accountable people by address: of content, rules, sync and control.
///
/// # Errors
/// [`crate::Error::Refused`] when one person would be accountable for content and for rules.
pub async fn set_owners(store: &Store, actor: &Actor, owners: [&str; 4]) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    let [content, rules, sync, control] = owners;
    sqlx::query(
        "UPDATE layers SET content_owner = (SELECT id FROM people WHERE email = $1), rules_owner = (SELECT id FROM people WHERE email = $2), \
         sync_owner = (SELECT id FROM people WHERE email = $3), control_owner = (SELECT id FROM people WHERE email = $4)",
    )
    .bind(content)
    .bind(rules)
    .bind(sync)
    .bind(control)
    .execute(&mut *tx)
    .await?;
    let detail = json!({ "content": content, "rules": rules, "sync": sync, "control": control });
    audit(&mut tx, actor, Audit { action: "layers.set_owners", subject: "layers", lead: None, detail })
        .await?;
    tx.commit().await?;
    Ok(())
}

/// The accountable people's addresses: of content, rules, sync and control.
///
/// # Errors
/// When the database fails.
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
