//! Rules that are switched off, or muted for an account. Both happen outside releases and apply to every version of
//! the rule.
//!
//! Each act starts the workflow's next epoch, as a release does, so that decisions made without it cannot be
//! committed after it.

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

/// Maximum length of a reason, in characters.
pub const REASON_CHARS: usize = 500;

/// A rule that is switched off.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "rule_off::Entity")]
pub struct DisabledRule {
    /// ID of the rule.
    pub rule_id: String,
    /// Reason given for switching the rule off.
    pub reason: String,
    /// When the rule was switched off.
    pub since: DateTime<Utc>,
    /// When the rule switches on again automatically; `None` if a person must do it.
    pub until: Option<DateTime<Utc>>,
    /// Who switched it off, as the audit log names actors.
    pub by_whom: String,
}

/// A rule that is muted for an account.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "rule_mute::Entity")]
pub struct MutedRule {
    /// ID of the rule.
    pub rule_id: String,
    /// Company domain of the account.
    pub account: String,
    /// Reason given for muting the rule.
    pub reason: String,
    /// When the rule was muted.
    pub since: DateTime<Utc>,
    /// When the mute ends.
    pub until: DateTime<Utc>,
    /// Who muted it, as the audit log names actors.
    pub by_whom: String,
}

/// Switched-off and muted rules of a workflow, with actor and reason. May include expired entries.
#[derive(Clone, Debug, Default)]
pub struct WorkflowSwitches {
    /// Rules that are switched off, by ID.
    pub off: Vec<DisabledRule>,
    /// Mutes, by rule and account.
    pub mutes: Vec<MutedRule>,
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

/// A rule in a workflow.
#[derive(Clone, Copy, Debug)]
pub struct WorkflowRule<'a> {
    /// The workflow.
    pub workflow: WorkflowId,
    /// Name of the workflow, for the audit log.
    pub workflow_name: &'a str,
    /// ID of the rule.
    pub rule: &'a str,
}

/// Returns the switched-off and muted rules of a workflow.
///
/// # Errors
/// Returns an error if the database fails.
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

/// Switches a rule off, or updates the reason and end if it already is.
///
/// # Errors
/// Returns [`crate::Error::Refused`] if the reason is empty or too long, or the end is in the past.
pub async fn switch_off(
    connection: &mut PgConnection,
    actor: &Actor,
    of: WorkflowRule<'_>,
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

/// Switches a rule on again, and returns whether it was off.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn switch_on(connection: &mut PgConnection, actor: &Actor, of: WorkflowRule<'_>) -> Result<bool> {
    begin(connection, actor, of.workflow).await?;
    let done =
        rule_off::Entity::delete_by_id((of.workflow.0, of.rule.to_owned())).exec(&orm(connection)).await?;
    if done.rows_affected > 0 {
        log(connection, actor, "rule.switch_on", of, json!({})).await?;
    }
    Ok(done.rows_affected > 0)
}

/// Mutes a rule for an account, or updates the reason and end if it already is.
///
/// # Errors
/// Returns [`crate::Error::Refused`] if the account is not a domain, the reason is empty or too long, or the end is
/// in the past.
pub async fn mute(
    connection: &mut PgConnection,
    actor: &Actor,
    of: WorkflowRule<'_>,
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

/// Ends a mute, and returns whether there was one.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn unmute(
    connection: &mut PgConnection,
    actor: &Actor,
    of: WorkflowRule<'_>,
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

/// Starts the workflow's next epoch, notifies all processes, and deletes expired entries, which the audit log
/// retains.
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
    of: WorkflowRule<'_>,
    mut detail: Json,
) -> Result<()> {
    detail["rule"] = of.rule.into();
    let subject = format!("workflow:{}", of.workflow_name);
    audit(connection, actor, Audit { action, subject: &subject, lead: None, detail }).await
}
