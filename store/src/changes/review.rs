//! Reviews: signatures, sending back, and what happens with the last signature.

use engine::canonical::Digest;
use engine::ids::VersionId;
use serde_json::json;
use sqlx::PgConnection;

use super::live::{put_live, surroundings};
use super::write::{close, locked, log, person};
use super::{Change, State, Verdict};
use crate::actor::{Actor, Role};
use crate::error::{Error, Result};
use crate::pool::Store;
use crate::workflows::{self, New};

/// What a signature came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    /// Other roles have to sign yet.
    Waits(Vec<Role>),
    /// It was the last one: the change is this version now, and these workflows (by title) decide by it.
    Live {
        /// The version.
        version: u32,
        /// The workflows.
        workflows: Vec<String>,
    },
}

/// Signs a change in a role. With the last signature it becomes a version, and every live workflow that has the earlier one
/// decides by it from the next event on: all in one transaction.
///
/// # Errors
/// [`Error::Refused`] when the database does not take the signature (another role, four eyes, other content), or when it
/// was the last one and the change does not fit what decides by now.
pub async fn sign(
    store: &Store,
    actor: &Actor,
    number: i64,
    seen: &Digest,
    role: Role,
    comment: &str,
) -> Result<Signed> {
    let mut tx = store.pool().begin().await?;
    let change = locked(&mut tx, number).await?;
    review(
        &mut tx,
        actor,
        &change,
        Review { verdict: Verdict::Approve, role: Some(role), seen: Some(seen), comment },
    )
    .await?;
    log(&mut tx, actor, "change.sign", number, json!({ "role": role, "hash": seen })).await?;
    let signed: Vec<String> =
        sqlx::query_scalar("SELECT role FROM change_reviews WHERE change_id = $1 AND verdict = 'approve'")
            .bind(change.id)
            .fetch_all(&mut *tx)
            .await?;
    let missing: Vec<Role> =
        change.required.iter().copied().filter(|role| !signed.contains(&role.to_string())).collect();
    let outcome =
        if missing.is_empty() { approve(&mut tx, actor, &change).await? } else { Signed::Waits(missing) };
    tx.commit().await?;
    Ok(outcome)
}

/// Sends a change back to its author, with what is to be different.
///
/// # Errors
/// As [`sign`].
pub async fn send_back(
    store: &Store,
    actor: &Actor,
    number: i64,
    seen: &Digest,
    comment: &str,
) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    let change = locked(&mut tx, number).await?;
    review(
        &mut tx,
        actor,
        &change,
        Review { verdict: Verdict::Return, role: None, seen: Some(seen), comment },
    )
    .await?;
    close(&mut tx, actor, &change, State::Returned).await?;
    log(&mut tx, actor, "change.return", number, json!({ "hash": seen })).await?;
    tx.commit().await?;
    Ok(())
}

/// Says something about a change.
///
/// # Errors
/// [`Error::Refused`] without words.
pub async fn comment(store: &Store, actor: &Actor, number: i64, comment: &str) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    let change = locked(&mut tx, number).await?;
    review(&mut tx, actor, &change, Review { verdict: Verdict::Comment, role: None, seen: None, comment })
        .await?;
    log(&mut tx, actor, "change.comment", number, json!({})).await?;
    tx.commit().await?;
    Ok(())
}

struct Review<'a> {
    verdict: Verdict,
    role: Option<Role>,
    seen: Option<&'a Digest>,
    comment: &'a str,
}

async fn review(
    connection: &mut PgConnection,
    actor: &Actor,
    change: &Change,
    said: Review<'_>,
) -> Result<()> {
    let written = sqlx::query(
        "INSERT INTO change_reviews (id, change_id, person_id, verdict, role, hash, comment, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(engine::ids::mint(actor.now, rand::random()))
    .bind(change.id)
    .bind(person(actor)?.0)
    .bind(<&str>::from(said.verdict))
    .bind(said.role.map(|role| role.to_string()))
    .bind(said.seen.map(|hash| hash.0.to_vec()))
    .bind(said.comment.trim())
    .bind(actor.now)
    .execute(connection)
    .await
    .map_err(Error::from);
    match written {
        Ok(_) => Ok(()),
        Err(Error::Duplicate(constraint)) if constraint == "change_reviews_a_role_signs_once" => {
            Err(Error::Refused("somebody signed in that role already".into()))
        }
        Err(Error::Duplicate(_)) => Err(Error::Refused("one person signs a change in one role".into())),
        Err(Error::Refused(constraint)) if constraint == "change_reviews_says_something" => {
            Err(Error::Refused("say what is to be different".into()))
        }
        Err(other) => Err(other),
    }
}

async fn approve(connection: &mut PgConnection, actor: &Actor, change: &Change) -> Result<Signed> {
    let (Some(body), Some(hash)) = (&change.body, change.hash) else {
        return Err(Error::Corrupt(format!("change {} was submitted without content", change.number)));
    };
    let newest = workflows::newest(connection, change.kind, &change.name).await?;
    if newest.map_or(0, |version| version.version) != change.base_version {
        return Err(Error::Refused(
            "another version was approved since this change began: it has to be begun anew".into(),
        ));
    }
    // Two last signatures at one moment: the second sees the bundle that the first one made.
    sqlx::query("SELECT 1 FROM workflows ORDER BY id FOR NO KEY UPDATE").execute(&mut *connection).await?;
    let around = surroundings(connection, change.kind, Some(&change.name)).await?;
    let new = New {
        kind: change.kind,
        name: &change.name,
        version: change.base_version + 1,
        body,
        hash,
        source: Some(&change.source),
        change: Some(change.id),
    };
    let id: VersionId = workflows::insert(connection, actor, new).await?;
    sqlx::query("UPDATE changes SET state = 'approved', version_id = $2, closed_at = $3, updated_at = $3 WHERE id = $1")
        .bind(change.id)
        .bind(id.0)
        .bind(actor.now)
        .execute(&mut *connection)
        .await?;
    let mut titles = Vec::with_capacity(around.len());
    for workflow in around {
        titles.push(workflow.title.clone());
        put_live(connection, actor, change, body, id, workflow).await?;
    }
    if !titles.is_empty() {
        workflows::announce_release(connection).await?;
    }
    Ok(Signed::Live { version: change.base_version + 1, workflows: titles })
}
