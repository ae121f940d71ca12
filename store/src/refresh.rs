//! Telling pages that are open somewhere that something they show has changed: what kind of thing, and nothing of it.
//!
//! People's acts are told by [`crate::control::audit`], in their transaction. What happens thousands of times a second
//! (decisions, deliveries) is only marked ([`crate::Store::mark`]), and told a few times a second by
//! [`crate::Store::flush_marks`].
//!
//! Hand-written SQL: notifications only.

use std::sync::atomic::{AtomicU8, Ordering};

use sqlx::{PgConnection, PgPool};
use strum::VariantArray as _;

use crate::channel::{self, Channel};
use crate::error::Result;

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

impl Marks {
    pub(crate) fn add(&self, topics: &[Topic]) {
        let bits = topics.iter().fold(0, |bits, topic| bits | topic.bit());
        self.0.fetch_or(bits, Ordering::Relaxed);
    }

    /// Tells what was marked; what cannot be told stays marked.
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

/// Tells of a topic when the transaction is committed; for what happens seldom.
pub(crate) async fn tell(connection: &mut PgConnection, topic: Topic) -> Result<()> {
    channel::notify(connection, Channel::Refresh, topic.into()).await
}
