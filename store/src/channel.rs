//! Postgres `NOTIFY` channels on which processes announce commits to each other. A notification is only a hint that
//! there may be something to read; correctness never depends on its delivery.
//!
//! Hand-written SQL: notifications only.

use sqlx::PgConnection;

use crate::error::Result;

/// A notification channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
pub enum Channel {
    /// Effects were committed, or a destination accepts writes again.
    #[strum(serialize = "meshline_outbox")]
    Outbox,
    /// A workflow was released, changed, stopped or resumed.
    #[strum(serialize = "meshline_release")]
    Release,
    /// A job was requested.
    #[strum(serialize = "meshline_jobs")]
    Jobs,
    /// A run was started or canceled.
    #[strum(serialize = "meshline_runs")]
    Runs,
    /// Data on open pages has changed; the payload is a [`crate::refresh::Topic`].
    #[strum(serialize = "meshline_refresh")]
    Refresh,
}

impl Channel {
    /// Returns the channel's name in Postgres.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Sends a notification on a channel when the transaction commits.
pub(crate) async fn notify(connection: &mut PgConnection, channel: Channel, payload: &str) -> Result<()> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(channel.name()).bind(payload).execute(connection).await?;
    Ok(())
}
