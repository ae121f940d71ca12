//! The bound on what an analysis does: steps of a few nanoseconds, which every loop takes before it runs. Nothing is
//! timed, so that the same set is told the same wherever it is looked at.

use std::cell::Cell;

/// Steps for all of a set. A table of 1,000 rows takes a fraction.
const OF_A_SET: u64 = 500_000_000;

/// How many times its equal share of what is left a rule may take: rules are not alike, and many take next to nothing.
const SHARES: u64 = 4;

/// What is left.
pub(super) struct Budget {
    of_the_set: Cell<u64>,
    of_this: Cell<u64>,
}

impl Budget {
    pub fn new() -> Self {
        Self { of_the_set: Cell::new(OF_A_SET), of_this: Cell::new(OF_A_SET) }
    }

    /// Begins with the next thing to look at, after which so many are to come.
    pub fn begin(&self, to_come: usize) {
        let shares = (to_come as u64 + SHARES) / SHARES;
        self.of_this.set(self.of_the_set.get() / shares.max(1));
    }

    /// Takes steps; `false` where there are not that many, and none for this thing any more.
    pub fn take(&self, steps: u64) -> bool {
        match self.of_this.get().checked_sub(steps) {
            Some(left) => {
                self.of_this.set(left);
                self.of_the_set.set(self.of_the_set.get() - steps);
                true
            }
            None => {
                self.of_this.set(0);
                false
            }
        }
    }

    /// Whether the bound was met.
    pub fn is_spent(&self) -> bool {
        self.of_this.get() == 0
    }
}
