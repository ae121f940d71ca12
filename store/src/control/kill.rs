//! The kill switch: a stopped workflow decides on, but its leads go to people and nothing is sent. The notice to sales
//! leadership is committed with it.
//!
//! Hand-written SQL: advisory locks.

use chrono::{DateTime, Utc};
use engine::ids::WorkflowId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, JoinType, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    RelationTrait as _, Set,
};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::Actor;
use crate::channel::{Channel, notify};
use crate::control::{Audit, audit};
use crate::entity::{kill_switch, workflow};
use crate::error::{Error, Result};
use crate::notices::{self, What};
use crate::orm::orm;
use crate::pool::Store;

/// What is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopScope {
    /// Every workflow, those to come too.
    All,
    /// One workflow, by its name.
    Workflow(String),
}

/// A switch that is thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KillSwitch {
    /// The workflow; none when it stops them all.
    pub workflow_id: Option<Uuid>,
    /// The workflow's name.
    pub workflow: Option<String>,
    /// Why.
    pub reason: String,
    /// Who threw it.
    pub killed_by: String,
    /// When.
    pub killed_at: DateTime<Utc>,
}

/// The switches that are thrown, the one for everything first.
///
/// # Errors
/// When the database fails.
pub async fn kill_switches(store: &Store) -> Result<Vec<KillSwitch>> {
    type Row = (Option<Uuid>, Option<String>, String, String, DateTime<Utc>);
    let rows: Vec<Row> = kill_switch::Entity::find()
        .select_only()
        .column(kill_switch::Column::WorkflowId)
        .column(workflow::Column::Name)
        .column(kill_switch::Column::Reason)
        .column(kill_switch::Column::KilledBy)
        .column(kill_switch::Column::KilledAt)
        .join(JoinType::LeftJoin, kill_switch::Relation::Workflow.def())
        .order_by_asc(kill_switch::Column::WorkflowId.is_not_null())
        .order_by_asc(workflow::Column::Name)
        .into_tuple()
        .all(store.db())
        .await?;
    let switch = |(workflow_id, workflow, reason, killed_by, killed_at)| KillSwitch {
        workflow_id,
        workflow,
        reason,
        killed_by,
        killed_at,
    };
    Ok(rows.into_iter().map(switch).collect())
}

/// Stops workflows: from the return on, no decision of their rules is committed with effects, and no effect of theirs is
/// claimed; those of what people decide wait. What is being written at this moment ends. One that is stopped already keeps its first reason.
///
/// # Errors
/// [`Error::NotFound`] when there is no such workflow; [`Error::Refused`] without a reason.
pub async fn kill(store: &Store, actor: &Actor, scope: &StopScope, reason: &str) -> Result<()> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 {
        return Err(Error::Refused("a stop has a reason of at most 500 characters".into()));
    }
    let mut transaction = store.pool().begin().await?;
    let workflow = hold(&mut transaction, scope).await?;
    let row = kill_switch::ActiveModel {
        workflow_id: Set(workflow.map(|id| id.0)),
        reason: Set(reason.to_owned()),
        killed_by: Set(actor.who.to_string()),
        killed_at: Set(actor.now),
    };
    let inserted = kill_switch::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(&orm(&mut transaction))
        .await?;
    if inserted == 0 {
        return Ok(());
    }
    notices::tell_leadership(&orm(&mut transaction), actor, What::Stopped, workflow, reason).await?;
    told(&mut transaction, actor, "workflow.kill", scope, json!({ "reason": reason })).await?;
    transaction.commit().await?;
    Ok(())
}

/// Lets workflows go on. What was decided meanwhile stays with people. A workflow stays stopped while everything is.
///
/// # Errors
/// [`Error::NotFound`] when there is no such workflow, or it is not stopped.
pub async fn resume(store: &Store, actor: &Actor, scope: &StopScope) -> Result<()> {
    let mut transaction = store.pool().begin().await?;
    let workflow = hold(&mut transaction, scope).await?;
    let is_meant = match workflow {
        Some(id) => kill_switch::Column::WorkflowId.eq(id.0),
        None => kill_switch::Column::WorkflowId.is_null(),
    };
    let deleted = kill_switch::Entity::delete_many()
        .filter(is_meant)
        .exec_with_returning(&orm(&mut transaction))
        .await?;
    let reason = deleted.into_iter().next().ok_or(Error::NotFound("stop"))?.reason;
    notices::tell_leadership(&orm(&mut transaction), actor, What::Resumed, workflow, &reason).await?;
    told(&mut transaction, actor, "workflow.resume", scope, json!({ "reason": reason })).await?;
    transaction.commit().await?;
    Ok(())
}

/// Waits for the commits under way and holds back the next ones: see `ingest::lock_epochs`.
async fn hold(connection: &mut PgConnection, scope: &StopScope) -> Result<Option<WorkflowId>> {
    let ids = workflow::Entity::find().select_only().column(workflow::Column::Id);
    let (ids, workflow): (Vec<Uuid>, _) = match scope {
        StopScope::All => {
            let ids = ids.order_by_asc(workflow::Column::Id).into_tuple();
            (ids.all(&orm(connection)).await?, None)
        }
        StopScope::Workflow(name) => {
            let id = ids.filter(workflow::Column::Name.eq(name)).into_tuple();
            let id: Uuid = id.one(&orm(connection)).await?.ok_or(Error::NotFound("workflow"))?;
            (vec![id], Some(id.into()))
        }
    };
    for id in ids {
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))")
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(workflow)
}

/// Writes the audit row and tells every process.
async fn told(
    connection: &mut PgConnection,
    actor: &Actor,
    action: &str,
    scope: &StopScope,
    detail: serde_json::Value,
) -> Result<()> {
    let subject = match scope {
        StopScope::All => "workflow:*".to_owned(),
        StopScope::Workflow(name) => format!("workflow:{name}"),
    };
    audit(connection, actor, Audit { action, subject: &subject, lead: None, detail }).await?;
    notify(connection, Channel::Outbox, "").await?;
    notify(connection, Channel::Release, "").await
}
