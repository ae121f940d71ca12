//! The two keys of an effect.
//!
//! The **effect key** makes it safe to commit a decision twice: one decision, or one verdict on it, requests
//! each write only once. The **remote key** is the external ID or UID of the record at the destination. It does
//! not depend on the decision, so a later decision about the lead updates the record instead of adding another.
//!
//! Both are SHA-256 digests over the canonical JSON of IDs, never of names, which can change.

use serde_json::json;

use crate::canonical::Digest;
use crate::ids::{DecisionId, DestinationId, LeadId, VerdictId, WorkflowId};

/// Returns the key of the write of this `kind`, for example `crm_update`, that a decision requests from a
/// destination.
pub fn effect_key(decision: DecisionId, kind: &str, destination: DestinationId) -> Digest {
    of(&json!({"decision": decision, "destination": destination, "kind": kind}))
}

/// Returns the key of the write of this `kind` that a person's verdict requests from a destination.
pub fn verdict_key(verdict: VerdictId, kind: &str, destination: DestinationId) -> Digest {
    of(&json!({"destination": destination, "kind": kind, "verdict": verdict}))
}

/// Returns the key under which a destination stores what a workflow writes about a lead for one `purpose`, for
/// example `intro_meeting`.
pub fn remote_key(lead: LeadId, workflow: WorkflowId, purpose: &str, destination: DestinationId) -> Digest {
    of(&json!({"destination": destination, "lead": lead, "purpose": purpose, "workflow": workflow}))
}

/// Returns the digest of an object of strings. Written in the order of its names the object is already
/// canonical, and unlike canonicalisation this cannot fail; a test compares the two.
fn of(object: &serde_json::Value) -> Digest {
    Digest::of(object.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::canonical;

    fn id<T: From<Uuid>>(n: u128) -> T {
        Uuid::from_u128(n).into()
    }

    #[test]
    fn the_keys_never_change() {
        assert_eq!(
            effect_key(id(1), "crm_update", id(2)),
            Digest::of(
                br#"{"decision":"00000000-0000-0000-0000-000000000001","destination":"00000000-0000-0000-0000-000000000002","kind":"crm_update"}"#
            )
        );
        assert_eq!(
            verdict_key(id(1), "crm_update", id(2)),
            Digest::of(
                br#"{"destination":"00000000-0000-0000-0000-000000000002","kind":"crm_update","verdict":"00000000-0000-0000-0000-000000000001"}"#
            )
        );
        assert_eq!(
            remote_key(id(1), id(2), "intro", id(3)),
            Digest::of(
                br#"{"destination":"00000000-0000-0000-0000-000000000003","lead":"00000000-0000-0000-0000-000000000001","purpose":"intro","workflow":"00000000-0000-0000-0000-000000000002"}"#
            )
        );
    }

    #[test]
    fn another_part_gives_another_key() {
        let effect = effect_key(id(1), "task", id(2));
        assert_ne!(effect, effect_key(id(3), "task", id(2)));
        assert_ne!(effect, effect_key(id(1), "note", id(2)));
        assert_ne!(effect, effect_key(id(1), "task", id(3)));
        assert_ne!(effect, verdict_key(id(1), "task", id(2)));
        assert_ne!(verdict_key(id(1), "task", id(2)), verdict_key(id(3), "task", id(2)));
        let remote = remote_key(id(1), id(2), "intro", id(3));
        assert_ne!(remote, remote_key(id(9), id(2), "intro", id(3)));
        assert_ne!(remote, remote_key(id(1), id(9), "intro", id(3)));
        assert_ne!(remote, remote_key(id(1), id(2), "other", id(3)));
        assert_ne!(remote, remote_key(id(1), id(2), "intro", id(9)));
    }

    proptest! {
        #[test]
        fn the_bytes_are_canonical(kind in any::<String>(), a in any::<u128>(), b in any::<u128>(), c in any::<u128>()) {
            let effect = json!({"kind": kind, "decision": id::<DecisionId>(a), "destination": id::<DestinationId>(b)});
            prop_assert_eq!(effect_key(id(a), &kind, id(b)), canonical::digest(&effect).unwrap());
            let remote = json!({
                "purpose": kind, "lead": id::<LeadId>(a), "workflow": id::<WorkflowId>(b), "destination": id::<DestinationId>(c),
            });
            prop_assert_eq!(remote_key(id(a), id(b), &kind, id(c)), canonical::digest(&remote).unwrap());
        }
    }
}
