//! Judges whether a database continues where a process left it, or went back in time: to a backup, or to a replica that
//! had not received the last commits.
//!
//! Each process keeps a [`HighWaterMark`] outside of the database. The database counts the same number and remembers, for
//! each of its incarnations, how high it was when the incarnation began. A mark that the database has not reached proves
//! that commits are missing. A database at another place without such a proof only begins a new incarnation: a few
//! commits after the last mark may be missing all the same, and then the order of decisions must not depend on them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The last heartbeat that a process knows to be committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HighWaterMark {
    /// The installation.
    pub installation: Uuid,
    /// The incarnation in which the heartbeat was committed.
    pub incarnation: i64,
    /// The number of the heartbeat.
    pub high_water_mark: i64,
}

/// Where a database is, as far as the server tells. A dump that is restored, a replica that is promoted and an archive
/// that is replayed to a point in time each lead to another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabasePlace {
    /// The identifier of the cluster; `None` if it cannot be read.
    pub system: Option<i64>,
    /// The timeline of the write-ahead log; `None` if it cannot be read.
    pub timeline: Option<i32>,
    /// The OID of a table that exists from the first day.
    pub table_oid: i64,
}

impl DatabasePlace {
    /// Returns whether both may be the same place. Parts that cannot be read do not tell them apart.
    pub fn may_be(&self, other: &Self) -> bool {
        let agree = |ours: Option<i64>, theirs: Option<i64>| {
            ours.zip(theirs).is_none_or(|(ours, theirs)| ours == theirs)
        };
        self.table_oid == other.table_oid
            && agree(self.system, other.system)
            && agree(self.timeline.map(i64::from), other.timeline.map(i64::from))
    }
}

/// A life of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incarnation {
    /// The number; later incarnations have higher ones.
    pub number: i64,
    /// The high-water mark at which it began, and the previous one ended.
    pub high_water_mark: i64,
    /// Whether a person acknowledged that commits may be missing before it.
    pub is_acknowledged: bool,
    /// Where the database was when it began.
    pub place: DatabasePlace,
}

/// The state of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseState {
    /// The installation that it belongs to.
    pub installation: Uuid,
    /// The number of heartbeats so far.
    pub high_water_mark: i64,
    /// Where the database is now.
    pub place: DatabasePlace,
    /// The current incarnation.
    pub current: Incarnation,
    /// The incarnations before it, oldest first.
    pub earlier: Vec<Incarnation>,
}

/// The relation between a database and what a process knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// The database continues where it was.
    Same,
    /// The database is at another place, and nothing that the process knows of is missing.
    Moved,
    /// The database is at another place, and the process knows nothing that it could compare.
    Unknown,
    /// Commits are missing.
    WentBack,
}

impl DatabaseState {
    /// Compares the database with a process' mark; a mark of another installation does not count.
    pub fn compare(&self, mark: Option<&HighWaterMark>) -> Continuity {
        let mark = mark.filter(|mark| mark.installation == self.installation);
        let is_moved = !self.current.place.may_be(&self.place);
        match mark {
            Some(mark) if self.lacks(mark) => Continuity::WentBack,
            _ if !is_moved => Continuity::Same,
            Some(_) => Continuity::Moved,
            None => Continuity::Unknown,
        }
    }

    /// Returns whether the heartbeat of a mark is missing, unless a person acknowledged a loss since.
    fn lacks(&self, mark: &HighWaterMark) -> bool {
        let all = self.earlier.iter().chain([&self.current]);
        let mut later = all.filter(|one| one.number > mark.incarnation);
        let Some(next) = later.next() else {
            return (mark.incarnation, mark.high_water_mark) > (self.current.number, self.high_water_mark);
        };
        let is_acknowledged = next.is_acknowledged || later.any(|one| one.is_acknowledged);
        !is_acknowledged && mark.high_water_mark > next.high_water_mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: DatabasePlace = DatabasePlace { system: Some(7), timeline: Some(1), table_oid: 16_400 };
    const PROMOTED: DatabasePlace = DatabasePlace { timeline: Some(2), ..HOME };
    const RESTORED: DatabasePlace = DatabasePlace { table_oid: 90_000, ..HOME };

    fn incarnation(number: i64, high_water_mark: i64, place: DatabasePlace) -> Incarnation {
        Incarnation { number, high_water_mark, is_acknowledged: false, place }
    }

    fn state(incarnations: &[Incarnation], high_water_mark: i64, place: DatabasePlace) -> DatabaseState {
        let (current, earlier) = incarnations.split_last().unwrap();
        DatabaseState {
            installation: Uuid::from_u128(1),
            high_water_mark,
            place,
            current: *current,
            earlier: earlier.to_vec(),
        }
    }

    fn mark(incarnation: i64, high_water_mark: i64) -> HighWaterMark {
        HighWaterMark { installation: Uuid::from_u128(1), incarnation, high_water_mark }
    }

    const FIRST: Incarnation =
        Incarnation { number: 0, high_water_mark: 0, is_acknowledged: false, place: HOME };

    #[test]
    fn a_restart_continues_with_and_without_a_mark() {
        let state = state(&[FIRST], 100, HOME);
        assert_eq!(state.compare(Some(&mark(0, 100))), Continuity::Same);
        assert_eq!(state.compare(Some(&mark(0, 40))), Continuity::Same, "another process went on");
        assert_eq!(state.compare(None), Continuity::Same, "a new process");
    }

    #[test]
    fn a_lower_mark_went_back_wherever_the_database_is() {
        for place in [HOME, PROMOTED, RESTORED] {
            assert_eq!(state(&[FIRST], 99, place).compare(Some(&mark(0, 100))), Continuity::WentBack);
        }
    }

    #[test]
    fn a_failover_or_move_without_a_loss_goes_on() {
        for place in [PROMOTED, RESTORED, DatabasePlace { system: Some(8), ..HOME }] {
            assert_eq!(state(&[FIRST], 100, place).compare(Some(&mark(0, 100))), Continuity::Moved);
            assert_eq!(state(&[FIRST], 100, place).compare(None), Continuity::Unknown);
        }
    }

    #[test]
    fn another_database_in_the_same_folder_has_no_mark() {
        let other = HighWaterMark { installation: Uuid::from_u128(2), ..mark(0, 1_000) };
        assert_eq!(state(&[FIRST], 1, HOME).compare(Some(&other)), Continuity::Same);
    }

    #[test]
    fn what_one_process_accepted_does_not_hide_what_another_one_misses() {
        let state = state(&[FIRST, incarnation(1_000, 100, PROMOTED)], 250, PROMOTED);
        assert_eq!(state.compare(Some(&mark(0, 100))), Continuity::Same);
        assert_eq!(state.compare(Some(&mark(0, 101))), Continuity::WentBack);
        assert_eq!(state.compare(Some(&mark(1_000, 250))), Continuity::Same);
        assert_eq!(state.compare(Some(&mark(1_000, 251))), Continuity::WentBack);
    }

    #[test]
    fn an_acknowledged_loss_is_settled_until_the_next_one() {
        let acknowledged = Incarnation { is_acknowledged: true, ..incarnation(1_000, 100, RESTORED) };
        let state = state(&[FIRST, acknowledged], 100, RESTORED);
        assert_eq!(state.compare(Some(&mark(0, 900))), Continuity::Same);
        assert_eq!(state.compare(None), Continuity::Same);
        // A backup from before the acknowledgement.
        assert_eq!(self::state(&[FIRST], 500, HOME).compare(Some(&mark(1_000, 120))), Continuity::WentBack);
    }

    #[test]
    fn parts_that_cannot_be_read_do_not_tell_places_apart() {
        let hidden = DatabasePlace { system: None, timeline: None, ..HOME };
        assert!(hidden.may_be(&HOME) && HOME.may_be(&hidden) && !hidden.may_be(&RESTORED));
    }
}
