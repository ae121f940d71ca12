//! The channels on which processes tell each other of commits (Postgres `NOTIFY`). A notification is a hint: it says that
//! there may be something to read, and nothing depends on its arrival.
//!
//! Hand-written SQL: notifications only.

use sqlx::PgConnection;

use crate::error::Result;

/// A channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
pub enum Channel {
    /// Effects were committed, or a destination may be written to again.
    #[strum(serialize = "meshline_outbox")]
    Outbox,
    /// A workflow was released, changed, stopped or resumed.
    #[strum(serialize = "meshline_release")]
    Release,
    /// A job was asked for.
    #[strum(serialize = "meshline_jobs")]
    Jobs,
    /// A run was started or canceled.
    #[strum(serialize = "meshline_runs")]
    Runs,
    /// Something that open pages show has changed; the payload is a [`crate::refresh::Topic`].
    #[strum(serialize = "meshline_refresh")]
    Refresh,
}

impl Channel {
    /// The channel's name in Postgres.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Notifies a channel when the transaction commits.
pub(crate) async fn notify(connection: &mut PgConnection, channel: Channel, payload: &str) -> Result<()> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(channel.name()).bind(payload).execute(connection).await?;
    Ok(())
}
