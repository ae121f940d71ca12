//! Notices to people: committed with the act, shown on the home page, and e-mailed by a job.

use chrono::{DateTime, TimeDelta, Utc};
use engine::ids::{PersonId, WorkflowId};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DerivePartialModel, EntityTrait as _, ExprTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select, Set,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::{Actor, ActorId, Role};
use crate::entity::{notice, person, person_role, workflow};
use crate::error::Result;
use crate::orm::orm;
use crate::pool::Store;

/// How long a notice is shown, and retried by e-mail.
pub const USE: TimeDelta = TimeDelta::hours(24);
/// Maximum number of notices e-mailed per pass; the rest follow in the next one.
const BATCH: u64 = 50;
/// Delay after a failed attempt: starts at the first value and doubles up to the second.
const BACK_OFF: (TimeDelta, TimeDelta) = (TimeDelta::seconds(30), TimeDelta::hours(1));

/// The event that a notice reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum NoticeKind {
    /// A workflow was stopped.
    Stopped,
    /// A workflow was resumed.
    Resumed,
    /// A link for setting a password was created for someone.
    LinkCreated,
    /// Someone's password was set by another person or a command.
    PasswordSet,
    /// Someone's roles were changed.
    RolesChanged,
    /// A second administrator confirmed someone's role.
    RoleConfirmed,
}

/// A notice to one person.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "notice::Entity")]
pub struct Notice {
    /// Unique ID.
    pub id: Uuid,
    /// The recipient.
    pub person_id: Uuid,
    /// The event; see [`NoticeKind`].
    pub what: String,
    /// The workflow; `None` if the notice is about all of them.
    pub workflow_id: Option<Uuid>,
    /// Title of the workflow.
    #[sea_orm(from_expr = "workflow::Column::Title")]
    pub workflow: Option<String>,
    /// Reason for a stop or its end; the roles that an account has since, or that was confirmed; empty otherwise.
    pub reason: String,
    /// Whose account it is about; `None` for workflows.
    pub about_id: Option<Uuid>,
    /// Who acted, as the audit log names actors.
    pub by_whom: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// E-mail address of the recipient.
    #[sea_orm(from_expr = "person::Column::Email")]
    pub email: String,
    /// Display name of the recipient.
    #[sea_orm(from_expr = "person::Column::Name")]
    pub name: String,
    /// IANA time zone of the recipient.
    #[sea_orm(from_expr = "person::Column::TimeZone")]
    pub time_zone: String,
    /// Number of failed attempts to e-mail it.
    pub attempts: i32,
}

/// Creates a notice for each member of sales leadership, in the transaction of the act.
pub(crate) async fn notify_leadership(
    db: &impl ConnectionTrait,
    actor: &Actor,
    what: NoticeKind,
    workflow: Option<WorkflowId>,
    reason: &str,
) -> Result<()> {
    let leaders: Vec<Uuid> = person::Entity::find()
        .select_only()
        .column(person::Column::Id)
        .inner_join(person_role::Entity)
        .filter(person_role::Column::Role.eq(Role::SalesLeader.to_string()))
        .filter(person::Column::DisabledAt.is_null())
        .into_tuple()
        .all(db)
        .await?;
    let rows = leaders.into_iter().enumerate().map(|(n, leader)| notice::ActiveModel {
        id: Set(engine::ids::mint_nth(actor.now, n, rand::random())),
        person_id: Set(leader),
        what: Set(what.to_string()),
        workflow_id: Set(workflow.map(|id| id.0)),
        reason: Set(reason.to_owned()),
        by_whom: Set(actor.who.to_string()),
        at: Set(actor.now),
        due_at: Set(actor.now),
        ..Default::default()
    });
    notice::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// Creates a notice about an account for its owner and all administrators, in the transaction of the act. People are not told of what
/// they do themselves.
pub(crate) async fn notify_of_account(
    connection: &mut PgConnection,
    actor: &Actor,
    about: PersonId,
    what: NoticeKind,
    detail: &str,
) -> Result<()> {
    let readers: Vec<Uuid> = person::Entity::find()
        .select_only()
        .column(person::Column::Id)
        .distinct()
        .left_join(person_role::Entity)
        .filter(person_role::Column::Role.eq(Role::Admin.to_string()).or(person::Column::Id.eq(about.0)))
        .filter(person::Column::DisabledAt.is_null())
        .into_tuple()
        .all(&orm(connection))
        .await?;
    let readers = readers.into_iter().filter(|reader| actor.who != ActorId::Person(PersonId(*reader)));
    let rows = readers.enumerate().map(|(n, reader)| notice::ActiveModel {
        id: Set(engine::ids::mint_nth(actor.now, n, rand::random())),
        person_id: Set(reader),
        what: Set(what.to_string()),
        about_id: Set(Some(about.0)),
        reason: Set(detail.to_owned()),
        by_whom: Set(actor.who.to_string()),
        at: Set(actor.now),
        due_at: Set(actor.now),
        ..Default::default()
    });
    notice::Entity::insert_many(rows).exec_without_returning(&orm(connection)).await?;
    Ok(())
}

/// Selects current notices, with their recipients and workflows.
fn useful(now: DateTime<Utc>) -> Select<notice::Entity> {
    notice::Entity::find()
        .inner_join(person::Entity)
        .left_join(workflow::Entity)
        .filter(notice::Column::At.gt(now - USE))
        .limit(BATCH)
}

/// Returns a person's current notices, newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn of_person(store: &Store, person: PersonId, now: DateTime<Utc>) -> Result<Vec<Notice>> {
    Ok(useful(now)
        .filter(notice::Column::PersonId.eq(person.0))
        .order_by_desc(notice::Column::At)
        .order_by_desc(notice::Column::Id)
        .into_partial_model()
        .all(store.db())
        .await?)
}

/// Returns the notices that are due to be e-mailed, oldest first. Omits people who can no longer sign in.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn due(store: &Store, now: DateTime<Utc>) -> Result<Vec<Notice>> {
    Ok(useful(now)
        .filter(notice::Column::SentAt.is_null())
        .filter(notice::Column::DueAt.lte(now))
        .filter(person::Column::DisabledAt.is_null())
        .order_by_asc(notice::Column::DueAt)
        .order_by_asc(notice::Column::Id)
        .into_partial_model()
        .all(store.db())
        .await?)
}

/// Marks a notice as e-mailed.
///
/// # Errors
/// Returns an error if the database fails, in which case the notice is e-mailed again.
pub async fn sent(store: &Store, notice: &Notice, now: DateTime<Utc>) -> Result<()> {
    let row = notice::ActiveModel { sent_at: Set(Some(now)), last_error: Set(None), ..Default::default() };
    attempted(store, notice, row).await
}

/// Records that the mail server rejected a notice, and schedules a retry.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn failed(store: &Store, notice: &Notice, error: &str, now: DateTime<Utc>) -> Result<()> {
    let wait = (BACK_OFF.0 * (1 << notice.attempts.clamp(0, 10))).min(BACK_OFF.1);
    let last_error = Set(Some(error.to_owned()));
    let row = notice::ActiveModel { last_error, due_at: Set(now + wait), ..Default::default() };
    attempted(store, notice, row).await
}

/// Counts an attempt and writes the columns that are set in `row`.
async fn attempted(store: &Store, notice: &Notice, row: notice::ActiveModel) -> Result<()> {
    notice::Entity::update_many()
        .set(row)
        .col_expr(notice::Column::Attempts, notice::Column::Attempts.into_expr().add(1))
        .filter(notice::Column::Id.eq(notice.id))
        .exec(store.db())
        .await?;
    Ok(())
}

/// Deletes expired notices. The audit log keeps the events that they reported.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn forget(store: &Store, now: DateTime<Utc>) -> Result<()> {
    notice::Entity::delete_many().filter(notice::Column::At.lte(now - USE)).exec(store.db()).await?;
    Ok(())
}
