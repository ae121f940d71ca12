//! Identifiers. Rows of growing tables have UUIDv7 IDs minted from the time the signal was received, so that
//! the ID alone determines the monthly partition of a row (RFC 9562 §5.7).

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Creates a UUIDv7 for the millisecond of `at`, with `random` (80 bits drawn by the caller) as its tail.
pub fn mint(at: DateTime<Utc>, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// Creates the `n`th of several UUIDv7s for one millisecond, which sort by `n` (RFC 9562 §6.2, method 1: the
/// first 18 bits after the time are a counter).
pub fn mint_nth(at: DateTime<Utc>, n: usize, mut random: [u8; 10]) -> Uuid {
    random[0] = (n >> 14) as u8 & 0x0F;
    random[1] = (n >> 6) as u8;
    random[2] = n as u8 & 0x3F;
    mint(at, random)
}

/// Returns the smallest UUIDv7 of the millisecond of `at`, which is the bound between two partitions.
pub fn lower_bound(at: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(at.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128((millis & 0xFFFF_FFFF_FFFF) << 80)
}

macro_rules! id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

id! {
    /// An inbound event.
    EventId,
    /// A potential buyer, as first committed.
    LeadId,
    /// One decision about one event.
    DecisionId,
    /// One write to one destination.
    EffectId,
    /// One attempt to carry out an effect.
    DeliveryId,
    /// A person's decision about a lead in the queue.
    VerdictId,
    /// A reported result for a lead, such as a won opportunity.
    OutcomeId,
    /// A workflow.
    WorkflowId,
    /// One version of a catalogue, map, rule set, list or pool.
    VersionId,
    /// A release of a bundle.
    ReleaseId,
    /// A system that effects are written to.
    DestinationId,
    /// A person who can sign in.
    PersonId,
    /// A bearer key of the API.
    ApiKeyId,
}
