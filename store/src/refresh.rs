//! Notifications to open pages that data they show has changed. A notification carries the kind of data only, never
//! its content.
//!
//! [`crate::control::audit`] announces people's acts in their transaction. Events that happen thousands of times a
//! second (decisions, deliveries) are only marked ([`crate::Store::mark`]), and [`crate::Store::flush_marks`]
//! announces them a few times a second.
//!
//! Hand-written SQL: notifications only.

use std::sync::atomic::{AtomicU8, Ordering};

use sqlx::{PgConnection, PgPool};
use strum::VariantArray as _;

use crate::channel::{self, Channel};
use crate::error::Result;

/// Kind of data that has changed.
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
    /// Leads that wait for a person.
    Queue,
    /// Effects, deliveries and destinations.
    Sync,
    /// Leads and decisions.
    Leads,
    /// Drafts, change requests and releases.
    Changes,
    /// Periodic jobs.
    Jobs,
    /// Figures that are expensive to compute.
    Figures,
    /// Long-running work and its progress.
    Runs,
}

/// Topics that this process has yet to announce.
#[derive(Debug, Default)]
pub(crate) struct PendingTopics(AtomicU8);

impl Topic {
    fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

impl PendingTopics {
    pub(crate) fn add(&self, topics: &[Topic]) {
        let bits = topics.iter().fold(0, |bits, topic| bits | topic.bit());
        self.0.fetch_or(bits, Ordering::Relaxed);
    }

    /// Announces the marked topics. They stay marked if that fails.
    pub(crate) async fn flush(&self, pool: &PgPool) -> Result<bool> {
        let bits = self.0.swap(0, Ordering::Relaxed);
        if bits == 0 {
            return Ok(false);
        }
        let topics = Topic::VARIANTS.iter().filter(|topic| bits & topic.bit() != 0);
        let topics: Vec<&'static str> = topics.map(Into::into).collect();
        let told = sqlx::query("SELECT pg_notify($1, topic) FROM unnest($2::text[]) AS t (topic)")
            .bind(Channel::Refresh.name())
            .bind(&topics)
            .execute(pool)
            .await;
        if let Err(error) = told {
            self.0.fetch_or(bits, Ordering::Relaxed);
            return Err(error.into());
        }
        Ok(true)
    }
}

/// Announces a topic when the transaction commits; meant for infrequent events.
pub(crate) async fn notify(connection: &mut PgConnection, topic: Topic) -> Result<()> {
    channel::notify(connection, Channel::Refresh, topic.into()).await
}
