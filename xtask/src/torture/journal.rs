//! Compares what a destination holds with what it should hold.

use std::collections::{BTreeMap, HashMap};

/// An effect according to the outbox's tables, with hexadecimal keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The key of the write.
    pub effect_key: String,
    /// The key of the record.
    pub remote_key: String,
    /// The sequence number of the decision within its lead.
    pub sequence: i64,
}

/// The writes that a destination received, according to the destination itself.
#[derive(Default)]
pub struct Record {
    /// The writes that changed something, in order.
    pub taken: Vec<Expected>,
    /// The changes of the records' current states, in order.
    pub shown: Vec<Expected>,
    /// The number of requests that changed nothing because their key was known.
    pub repeats: usize,
}

/// The result of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Missing effects, and records that do not show their last effect.
    pub lost: usize,
    /// Changes that an effect made more than once, and changes that belong to no effect.
    pub duplicated: usize,
    /// Changes by an earlier decision after a later one for the same lead.
    pub out_of_order: usize,
}

impl Difference {
    /// Adds the differences of another destination.
    pub fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.out_of_order += other.out_of_order;
    }

    /// Returns whether there is no difference.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// Compares the expected effects with the record of a destination.
pub fn compare(expected: &[Expected], record: &Record) -> Difference {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for entry in &record.taken {
        *times.entry(&entry.effect_key).or_default() += 1;
    }
    let mut difference = Difference::default();
    let mut last: BTreeMap<&str, &Expected> = BTreeMap::new();
    for effect in expected {
        match times.remove(effect.effect_key.as_str()) {
            None => difference.lost += 1,
            Some(times) => difference.duplicated += times - 1,
        }
        let last = last.entry(&effect.remote_key).or_insert(effect);
        if effect.sequence > last.sequence {
            *last = effect;
        }
    }
    // The rest belongs to no effect.
    difference.duplicated += times.values().sum::<usize>();
    let shows: HashMap<&str, &Expected> =
        record.shown.iter().map(|entry| (entry.remote_key.as_str(), entry)).collect();
    for (remote_key, effect) in last {
        difference.lost += usize::from(shows.get(remote_key) != Some(&effect));
    }
    difference.out_of_order = backwards(&record.taken) + backwards(&record.shown);
    difference
}

/// Returns how often an earlier entry follows a later one of the same record.
fn backwards(entries: &[Expected]) -> usize {
    let mut highest: HashMap<&str, i64> = HashMap::new();
    let mut count = 0;
    for entry in entries {
        let highest = highest.entry(&entry.remote_key).or_insert(entry.sequence);
        count += usize::from(entry.sequence < *highest);
        *highest = entry.sequence.max(*highest);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<Expected> {
        let entry = |word: &str| {
            let (remote_key, sequence) = word.split_at(1);
            Expected {
                effect_key: word.into(),
                remote_key: remote_key.into(),
                sequence: sequence.parse().unwrap(),
            }
        };
        text.split_whitespace().map(entry).collect()
    }

    fn found(taken: &str, shown: &str) -> (usize, usize, usize) {
        let record = Record { taken: entries(taken), shown: entries(shown), repeats: 0 };
        let Difference { lost, duplicated, out_of_order } = compare(&entries("a1 a2 b1"), &record);
        (lost, duplicated, out_of_order)
    }

    #[test]
    fn every_kind_of_difference_is_detected() {
        assert_eq!(found("a1 b1 a2", "a1 b1 a2"), (0, 0, 0));
        assert_eq!(found("a1 a2", "a1 a2 b1"), (1, 0, 0));
        assert_eq!(found("a1 a2 b1", "a1 b1"), (1, 0, 0), "the record shows the earlier effect");
        assert_eq!(found("a1 a2 a2 b1", "a1 a2 b1"), (0, 1, 0));
        assert_eq!(found("a1 a2 b1 c9", "a1 a2 b1"), (0, 1, 0), "an unknown effect");
        assert_eq!(found("a2 a1 b1", "a2 b1"), (0, 0, 1));
        assert_eq!(found("a1 a2 b1", "a2 a1 b1"), (1, 0, 1));
    }
}
