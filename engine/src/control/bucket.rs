//! Rollout buckets, which assign each lead to a share of a workflow's traffic.

use sha2::{Digest as _, Sha256};

use crate::ids::{LeadId, WorkflowId};

/// The buckets of a workflow; one percent is a hundred buckets.
pub const BUCKETS: u16 = 10_000;

/// Returns the bucket of a lead in a workflow, from 0 to [`BUCKETS`] − 1. The bucket depends only on the two
/// IDs, so a lead keeps it through every release, share, stop and rollback, and being early in one workflow
/// does not make a lead early in all of them.
pub fn bucket(workflow: WorkflowId, lead: LeadId) -> u16 {
    let mut hash = Sha256::new();
    hash.update(b"meshline.bucket.v1");
    hash.update(workflow.0.as_bytes());
    hash.update(lead.0.as_bytes());
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
    // Out of 2^32 values, 10,000 buckets differ in size by less than three in a million.
    (u32::from_be_bytes([a, b, c, d]) % u32::from(BUCKETS)) as u16
}

/// Returns whether a bucket is within the first `percent` of all buckets. A bucket in one share is also in
/// every larger share.
pub fn is_within(bucket: u16, percent: u8) -> bool {
    bucket < u16::from(percent.min(100)) * (BUCKETS / 100)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn lead(n: u128) -> LeadId {
        LeadId(Uuid::from_u128(n << 64 | n))
    }

    #[test]
    fn shares_are_even_and_grow_without_losing_a_lead() {
        let workflow = WorkflowId(Uuid::from_u128(1));
        for percent in [0_u8, 5, 25, 50, 100] {
            let within = (0..20_000).filter(|n| is_within(bucket(workflow, lead(*n)), percent)).count();
            let expected = 200 * usize::from(percent);
            assert!(within.abs_diff(expected) <= 300, "{percent} %: {within}");
        }
        for n in 0..2_000 {
            let bucket = bucket(workflow, lead(n));
            let shares: Vec<bool> = (0..=100).map(|percent| is_within(bucket, percent)).collect();
            assert!(shares.is_sorted() && !shares[0] && shares[100], "{n}");
        }
    }

    #[test]
    fn a_bucket_never_changes_and_workflows_are_independent() {
        let (one, two) = (WorkflowId(Uuid::from_u128(1)), WorkflowId(Uuid::from_u128(2)));
        assert_eq!(bucket(one, lead(7)), 155);
        let both = (0..20_000)
            .filter(|n| is_within(bucket(one, lead(*n)), 10) && is_within(bucket(two, lead(*n)), 10))
            .count();
        assert!((100..=300).contains(&both), "{both}");
    }
}
