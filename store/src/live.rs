//! Telling pages that are open somewhere that something they show has changed: what kind of thing, and nothing of it.
//!
//! People's acts are told by [`crate::control::audit`], in their transaction. What happens thousands of times a second
//! (decisions, deliveries) is only marked here, and told a few times a second by [`flush`].
//!
//! Hand-written SQL: notifications only.

use std::sync::atomic::{AtomicU8, Ordering};

use sqlx::PgConnection;
use strum::VariantArray as _;

use crate::error::Result;
use crate::pool::Store;

/// The channel; the payload is a topic.
pub const LIVE_CHANNEL: &str = "meshline_live";

/// What kind of thing has changed.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "lowercase")]
pub enum Topic {
    /// What waits for a person.
    Queue,
    /// What is sent, was sent or failed, and where it goes.
    Sync,
    /// Leads and decisions.
    Leads,
    /// Drafts, change requests and releases.
    Changes,
    /// What the processes do by themselves.
    Jobs,
    /// Figures that take a while to add up.
    Figures,
    /// Long work and its progress.
    Runs,
}

/// Topics that this process has something to tell of.
#[derive(Debug, Default)]
pub(crate) struct Marks(AtomicU8);

impl Topic {
    fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// Notes that something of a topic was committed. Costs nothing; [`flush`] tells it.
pub fn mark(store: &Store, topics: &[Topic]) {
    let bits = topics.iter().fold(0, |bits, topic| bits | topic.bit());
    store.marks().0.fetch_or(bits, Ordering::Relaxed);
}

/// Tells what was marked since the last time; whether there was anything.
///
/// # Errors
/// When the database fails; what was marked then stays marked.
pub async fn flush(store: &Store) -> Result<bool> {
    let bits = store.marks().0.swap(0, Ordering::Relaxed);
    if bits == 0 {
        return Ok(false);
    }
    let topics = Topic::VARIANTS.iter().filter(|topic| bits & topic.bit() != 0);
    let topics: Vec<&'static str> = topics.map(Into::into).collect();
    let told = sqlx::query("SELECT pg_notify($1, topic) FROM unnest($2::text[]) AS t (topic)")
        .bind(LIVE_CHANNEL)
        .bind(&topics)
        .execute(store.pool())
        .await;
    if let Err(error) = told {
        store.marks().0.fetch_or(bits, Ordering::Relaxed);
        return Err(error.into());
    }
    Ok(true)
}

/// Tells of a topic when the transaction is committed; for what happens seldom.
pub(crate) async fn tell(connection: &mut PgConnection, topic: Topic) -> Result<()> {
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(LIVE_CHANNEL)
        .bind(<&'static str>::from(topic))
        .execute(connection)
        .await?;
    Ok(())
}
