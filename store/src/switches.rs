//! Rules that are switched off or muted for an account, which happens outside releases and whatever the version.
//!
//! An act begins the workflow's next epoch, as a release does: what was decided without it is not committed after it.

use chrono::{DateTime, Utc};
use engine::control::switches::{RuleMute, RuleOff, RuleSwitches};
use engine::ids::WorkflowId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, DerivePartialModel, EntityTrait as _, QueryFilter as _, QueryOrder as _, Set,
};
use serde_json::{Value as Json, json};
use sqlx::PgConnection;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::{rule_mute, rule_off};
use crate::error::Result;
use crate::orm::orm;
use crate::workflows;

/// Characters of a reason.
pub const REASON_CHARS: usize = 500;

/// A rule that is off.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "rule_off::Entity")]
pub struct SwitchedOff {
    /// The rule's id.
    pub rule_id: String,
    /// Why it was switched off.
    pub reason: String,
    /// When.
    pub since: DateTime<Utc>,
    /// When it is on again by itself; `None` where a person switches it on.
    pub until: Option<DateTime<Utc>>,
    /// Who switched it off, as in the audit log.
    pub by_whom: String,
}

/// A rule that is muted for an account.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "rule_mute::Entity")]
pub struct Muted {
    /// The rule's id.
    pub rule_id: String,
    /// Company domain.
    pub account: String,
    /// Why it was muted.
    pub reason: String,
    /// When.
    pub since: DateTime<Utc>,
    /// When the mute ends.
    pub until: DateTime<Utc>,
    /// Who muted it, as in the audit log.
    pub by_whom: String,
}

/// What is switched off and muted in a workflow, with who did it and why; what is over by now is among it.
#[derive(Clone, Debug, Default)]
pub struct WorkflowSwitches {
    /// Rules that are off, by id.
    pub off: Vec<SwitchedOff>,
    /// Mutes, by rule and account.
    pub mutes: Vec<Muted>,
}

impl From<WorkflowSwitches> for RuleSwitches {
    fn from(all: WorkflowSwitches) -> Self {
        let off = all.off.into_iter().map(|off| RuleOff { rule: off.rule_id, until: off.until });
        let mutes = all.mutes.into_iter();
        let mutes =
            mutes.map(|mute| RuleMute { rule: mute.rule_id, account: mute.account, until: mute.until });
        Self { off: off.collect(), mutes: mutes.collect() }
    }
}

/// A rule of a workflow.
#[derive(Clone, Copy, Debug)]
pub struct RuleOf<'a> {
    /// The workflow.
    pub workflow: WorkflowId,
    /// The workflow's name, for the audit log.
    pub workflow_name: &'a str,
    /// The rule's id.
    pub rule: &'a str,
}

/// Returns what is switched off and muted in a workflow.
///
/// # Errors
/// When the database fails.
pub async fn of_workflow(connection: &mut PgConnection, workflow: WorkflowId) -> Result<WorkflowSwitches> {
    let off = rule_off::Entity::find()
        .filter(rule_off::Column::WorkflowId.eq(workflow.0))
        .order_by_asc(rule_off::Column::RuleId)
        .into_partial_model()
        .all(&orm(connection))
        .await?;
    let mutes = rule_mute::Entity::find()
        .filter(rule_mute::Column::WorkflowId.eq(workflow.0))
        .order_by_asc(rule_mute::Column::RuleId)
        .order_by_asc(rule_mute::Column::Account)
        .into_partial_model()
        .all(&orm(connection))
        .await?;
    Ok(WorkflowSwitches { off, mutes })
}

/// Switches a rule off, or changes reason and end where it is off.
///
/// # Errors
/// [`crate::Error::Refused`] when the reason is empty or too long, or the end is over.
pub async fn switch_off(
    connection: &mut PgConnection,
    actor: &Actor,
    of: RuleOf<'_>,
    reason: &str,
    until: Option<DateTime<Utc>>,
) -> Result<()> {
    begin(connection, actor, of.workflow).await?;
    let row = rule_off::ActiveModel {
        workflow_id: Set(of.workflow.0),
        rule_id: Set(of.rule.to_owned()),
        reason: Set(reason.to_owned()),
        since: Set(actor.now),
        until: Set(until),
        by_whom: Set(actor.who.to_string()),
    };
    use rule_off::Column::{ByWhom, Reason, RuleId, Since, Until, WorkflowId};
    rule_off::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([WorkflowId, RuleId])
                .update_columns([Reason, Since, Until, ByWhom])
                .to_owned(),
        )
        .exec_without_returning(&orm(connection))
        .await?;
    log(connection, actor, "rule.switch_off", of, json!({ "reason": reason, "until": until })).await
}

/// Switches a rule on again. Returns whether it was off.
///
/// # Errors
/// When the database fails.
pub async fn switch_on(connection: &mut PgConnection, actor: &Actor, of: RuleOf<'_>) -> Result<bool> {
    begin(connection, actor, of.workflow).await?;
    let done =
        rule_off::Entity::delete_by_id((of.workflow.0, of.rule.to_owned())).exec(&orm(connection)).await?;
    if done.rows_affected > 0 {
        log(connection, actor, "rule.switch_on", of, json!({})).await?;
    }
    Ok(done.rows_affected > 0)
}

/// Mutes a rule for an account, or changes reason and end where it is muted.
///
/// # Errors
/// [`crate::Error::Refused`] when the account is no domain, the reason is empty or too long, or the end is over.
pub async fn mute(
    connection: &mut PgConnection,
    actor: &Actor,
    of: RuleOf<'_>,
    account: &str,
    reason: &str,
    until: DateTime<Utc>,
) -> Result<()> {
    begin(connection, actor, of.workflow).await?;
    let row = rule_mute::ActiveModel {
        workflow_id: Set(of.workflow.0),
        rule_id: Set(of.rule.to_owned()),
        account: Set(account.to_owned()),
        reason: Set(reason.to_owned()),
        since: Set(actor.now),
        until: Set(until),
        by_whom: Set(actor.who.to_string()),
    };
    use rule_mute::Column::{Account, ByWhom, Reason, RuleId, Since, Until, WorkflowId};
    rule_mute::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([WorkflowId, RuleId, Account])
                .update_columns([Reason, Since, Until, ByWhom])
                .to_owned(),
        )
        .exec_without_returning(&orm(connection))
        .await?;
    let detail = json!({ "account": account, "reason": reason, "until": until });
    log(connection, actor, "rule.mute", of, detail).await
}

/// Ends a mute. Returns whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn unmute(
    connection: &mut PgConnection,
    actor: &Actor,
    of: RuleOf<'_>,
    account: &str,
) -> Result<bool> {
    begin(connection, actor, of.workflow).await?;
    let id = (of.workflow.0, of.rule.to_owned(), account.to_owned());
    let done = rule_mute::Entity::delete_by_id(id).exec(&orm(connection)).await?;
    if done.rows_affected > 0 {
        log(connection, actor, "rule.unmute", of, json!({ "account": account })).await?;
    }
    Ok(done.rows_affected > 0)
}

/// Begins the workflow's next epoch, tells all processes, and forgets what is over: the audit log has it.
async fn begin(connection: &mut PgConnection, actor: &Actor, workflow: WorkflowId) -> Result<()> {
    workflows::begin_epoch(connection, workflow.0).await?;
    workflows::announce_release(connection).await?;
    rule_off::Entity::delete_many()
        .filter(rule_off::Column::WorkflowId.eq(workflow.0))
        .filter(rule_off::Column::Until.lte(actor.now))
        .exec(&orm(connection))
        .await?;
    rule_mute::Entity::delete_many()
        .filter(rule_mute::Column::WorkflowId.eq(workflow.0))
        .filter(rule_mute::Column::Until.lte(actor.now))
        .exec(&orm(connection))
        .await?;
    Ok(())
}

async fn log(
    connection: &mut PgConnection,
    actor: &Actor,
    action: &str,
    of: RuleOf<'_>,
    mut detail: Json,
) -> Result<()> {
    detail["rule"] = of.rule.into();
    let subject = format!("workflow:{}", of.workflow_name);
    audit(connection, actor, Audit { action, subject: &subject, lead: None, detail }).await
}
