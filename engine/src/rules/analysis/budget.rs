//! Limits the work of an analysis, in steps of a few nanoseconds that every loop takes before it runs. Nothing
//! is timed, so the same rule set produces the same findings on every machine.

use std::cell::Cell;

/// Steps for a whole rule set. A table of 1,000 rows uses a fraction of them.
const OF_A_SET: u64 = 500_000_000;

/// The multiple of its equal share of the remaining steps that a rule may use, since most rules use next to
/// nothing.
const SHARES: u64 = 4;

/// The remaining steps.
pub(super) struct Budget {
    of_the_set: Cell<u64>,
    of_this: Cell<u64>,
}

impl Budget {
    pub fn new() -> Self {
        Self { of_the_set: Cell::new(OF_A_SET), of_this: Cell::new(OF_A_SET) }
    }

    /// Starts the next item, with `to_come` more items after it.
    pub fn begin(&self, to_come: usize) {
        let shares = (to_come as u64 + SHARES) / SHARES;
        self.of_this.set(self.of_the_set.get() / shares.max(1));
    }

    /// Takes steps; returns `false` if too few are left, and from then on for the rest of this item.
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

    /// Returns whether the limit was reached.
    pub fn is_spent(&self) -> bool {
        self.of_this.get() == 0
    }
}
