//! The kill switch. A stopped workflow still decides, but its leads go to people and nothing is sent. It works whatever
//! else fails: the audit row and the notices to sales leadership are written in savepoints of its transaction.
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
use sqlx::{Acquire as _, PgConnection};
use uuid::Uuid;

use crate::actor::Actor;
use crate::channel::{Channel, notify};
use crate::control::{Audit, audit};
use crate::entity::{kill_switch, workflow};
use crate::error::{Error, Result};
use crate::notices::{self, NoticeKind};
use crate::orm::orm;
use crate::pool::Store;

/// Scope of a stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopScope {
    /// Every workflow, including those created later.
    All,
    /// One workflow, by name.
    Workflow(String),
}

/// An active stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KillSwitch {
    /// The stopped workflow; `None` if all are stopped.
    pub workflow_id: Option<Uuid>,
    /// Name of the workflow.
    pub workflow: Option<String>,
    /// Reason given for the stop.
    pub reason: String,
    /// Who stopped it, as the audit log names actors.
    pub killed_by: String,
    /// When it was stopped.
    pub killed_at: DateTime<Utc>,
}

/// Returns the active stops; a stop of all workflows comes first.
///
/// # Errors
/// Returns an error if the database fails.
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

/// Something that a stop could not do. The workflows are stopped nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub enum KillProblem {
    /// The audit log has no entry for the stop.
    #[strum(to_string = "the audit log has no entry for it")]
    NotAudited,
    /// Sales leadership is not notified.
    #[strum(to_string = "sales leadership is not notified")]
    NotNotified,
    /// A commit that began before the stop has not ended; it may still add actions.
    #[strum(to_string = "decisions that were already being made may still add actions")]
    CommitsInProgress,
}

/// Stops workflows. Once this returns without problems, no decision by their rules is committed with effects and none of
/// their effects is claimed; effects of people's decisions wait. Deliveries already in progress complete. A workflow that is
/// already stopped keeps its original reason.
///
/// The switch comes first and needs no lock that others hold. What follows cannot undo it: the audit row and the notices
/// are committed with it if they can be written, and commits in progress are awaited afterwards.
///
/// # Errors
/// Returns [`Error::NotFound`] if the workflow does not exist, [`Error::Refused`] if the reason is empty or too
/// long, or [`Error::Repeated`] if the form was sent before. Nothing is stopped then.
pub async fn kill(store: &Store, actor: &Actor, scope: &StopScope, reason: &str) -> Result<Vec<KillProblem>> {
    let reason = checked(reason)?;
    let mut problems = Vec::new();
    let mut transaction = store.begin().await?;
    let workflow = named(&mut transaction, scope).await?;
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
    if inserted > 0 {
        let mut attempt = transaction.begin().await?;
        match audit_stop(&mut attempt, actor, "workflow.kill", scope, json!({ "reason": reason })).await {
            Ok(()) => attempt.commit().await?,
            Err(Error::Repeated) => return Err(Error::Repeated),
            Err(error) => {
                attempt.rollback().await?;
                problems.push(missed(KillProblem::NotAudited, &error));
            }
        }
        let mut attempt = transaction.begin().await?;
        let notified =
            notices::notify_leadership(&orm(&mut attempt), actor, NoticeKind::Stopped, workflow, reason)
                .await;
        match notified {
            Ok(()) => attempt.commit().await?,
            Err(error) => {
                attempt.rollback().await?;
                problems.push(missed(KillProblem::NotNotified, &error));
            }
        }
    }
    transaction.commit().await?;
    if let Err(error) = await_commits(store, scope).await {
        problems.push(missed(KillProblem::CommitsInProgress, &error));
    }
    Ok(problems)
}

/// Logs why a part of a stop failed.
fn missed(problem: KillProblem, error: &Error) -> KillProblem {
    tracing::error!(%error, %problem, "workflows are stopped, but not everything else was done");
    problem
}

/// Waits for commits that began before the switch was visible.
async fn await_commits(store: &Store, scope: &StopScope) -> Result<()> {
    let mut transaction = store.begin().await?;
    // Longer than the commit of an event can wait for locks of its own, and shorter than a request may take.
    sqlx::query("SELECT set_config('lock_timeout', '0', true), set_config('statement_timeout', '10s', true)")
        .execute(&mut *transaction)
        .await?;
    hold(&mut transaction, scope).await?;
    Ok(transaction.commit().await?)
}

/// Resumes workflows. Leads decided in the meantime remain with people. A workflow stays stopped while a stop of all
/// workflows is active.
///
/// # Errors
/// Returns [`Error::NotFound`] if the workflow does not exist or is not stopped, or [`Error::Refused`] if the reason is
/// empty or too long.
pub async fn resume(store: &Store, actor: &Actor, scope: &StopScope, reason: &str) -> Result<()> {
    let reason = checked(reason)?;
    let mut transaction = store.begin().await?;
    let workflow = hold(&mut transaction, scope).await?;
    let is_meant = match workflow {
        Some(id) => kill_switch::Column::WorkflowId.eq(id.0),
        None => kill_switch::Column::WorkflowId.is_null(),
    };
    let deleted = kill_switch::Entity::delete_many()
        .filter(is_meant)
        .exec_with_returning(&orm(&mut transaction))
        .await?;
    let stop = deleted.into_iter().next().ok_or(Error::NotFound("stop"))?;
    notices::notify_leadership(&orm(&mut transaction), actor, NoticeKind::Resumed, workflow, reason).await?;
    let detail = json!({ "reason": reason, "stopped_for": stop.reason });
    audit_stop(&mut transaction, actor, "workflow.resume", scope, detail).await?;
    transaction.commit().await?;
    Ok(())
}

/// Returns the reason without surrounding white space, if it has a valid length.
fn checked(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 {
        return Err(Error::Refused("give a reason of at most 500 characters".into()));
    }
    Ok(reason)
}

/// Returns the workflow that a scope names.
async fn named(connection: &mut PgConnection, scope: &StopScope) -> Result<Option<WorkflowId>> {
    let StopScope::Workflow(name) = scope else { return Ok(None) };
    let ids = workflow::Entity::find().select_only().column(workflow::Column::Id);
    let id: Option<Uuid> =
        ids.filter(workflow::Column::Name.eq(name)).into_tuple().one(&orm(connection)).await?;
    Ok(Some(id.ok_or(Error::NotFound("workflow"))?.into()))
}

/// Waits for commits in progress and blocks new ones; see `ingest::lock_epochs`.
async fn hold(connection: &mut PgConnection, scope: &StopScope) -> Result<Option<WorkflowId>> {
    let workflow = named(connection, scope).await?;
    let ids: Vec<Uuid> = match workflow {
        Some(id) => vec![id.0],
        None => {
            let ids = workflow::Entity::find().select_only().column(workflow::Column::Id);
            ids.order_by_asc(workflow::Column::Id).into_tuple().all(&orm(connection)).await?
        }
    };
    // One statement, whose timeout limits the wait for all of them.
    sqlx::query(
        "SELECT pg_advisory_xact_lock(hashtextextended(id::text, 0)) FROM unnest($1::uuid[]) AS w (id)",
    )
    .bind(ids)
    .execute(&mut *connection)
    .await?;
    Ok(workflow)
}

/// Writes the audit row and notifies every process.
async fn audit_stop(
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
