//! Decides the next step for a meeting from what is in the calendars. Pure. It runs again after every step, so a write that was
//! killed between two steps, or overtaken, reaches the same end state with the next look.

use chrono::{DateTime, Utc};

use super::event::{CalendarEvent, DecisionMark};

/// An event of a lead, as found in a calendar.
#[derive(Clone, Debug)]
pub struct StoredEvent<R> {
    /// The index of the calendar that contains it.
    pub calendar: usize,
    /// The content of the event.
    pub event: CalendarEvent,
    /// Where the event is stored, for writing it again.
    pub at: R,
}

/// The outcome that a decision asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeetingGoal {
    /// A meeting in the calendar with this index.
    Meeting(usize),
    /// No meeting. Contains the reason if one was requested and is impossible.
    Nothing(Option<String>),
}

/// The next step. Numbers are indexes of stored events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanStep {
    /// Stop: a later decision has been carried out.
    Superseded,
    /// Stop: there is no meeting, as requested.
    NoMeeting,
    /// Stop: this decision's own meeting no longer exists. It was cancelled, or there was no free time.
    Gone,
    /// Stop: this meeting is as requested.
    Kept(usize),
    /// Check whether another writer claimed the slot that this decision chose for the meeting.
    Check(usize),
    /// Write this event again at its current time.
    Rewrite(usize),
    /// Find a slot for a new event or for this one.
    Book(Option<usize>),
    /// Cancel this event on behalf of that decision.
    Cancel(usize, DecisionMark),
    /// Record that no meeting is wanted, because nothing is stored yet.
    Tombstone,
}

/// Returns the next step of the decision `ours`.
///
/// * The latest decision wins ([`engine::effect::DecisionOrder`]). If a later decision's meeting is in one calendar and an older one's in another, the last
///   writer also reads last, finds both, and cancels the older one.
/// * An unwanted meeting is cancelled and kept, so that an older decision that arrives late finds the later one. If
///   nothing is stored, an event that contains only the position is written ([`PlanStep::Tombstone`]). The lead's first
///   decision needs none: nothing older can follow it, and most leads that get no meeting never had one.
pub fn next<R>(
    stored: &[StoredEvent<R>],
    ours: DecisionMark,
    goal: &MeetingGoal,
    now: DateTime<Utc>,
) -> PlanStep {
    let order = |index: usize| stored[index].event.mark.map(|mark| mark.order);
    let is_ours =
        |index: usize| stored[index].event.mark.is_some_and(|mark| mark.effect_key == ours.effect_key);
    let is_live = |index: usize| !stored[index].event.is_cancelled;
    let all = || 0..stored.len();
    let newest = all().max_by_key(|index| (order(*index), is_live(*index)));
    if let Some(later) = newest.and_then(|index| stored[index].event.mark)
        && later.order > ours.order
    {
        let stray = all().find(|index| is_live(*index) && is_ours(*index));
        return stray.map_or(PlanStep::Superseded, |stray| PlanStep::Cancel(stray, later));
    }
    match goal {
        MeetingGoal::Nothing(_) => match all().find(|index| is_live(*index)).or(newest) {
            Some(index) if is_live(index) || !is_ours(index) => PlanStep::Cancel(index, ours),
            Some(_) => PlanStep::NoMeeting,
            None if ours.order.lead_sequence > 1 => PlanStep::Tombstone,
            None => PlanStep::NoMeeting,
        },
        MeetingGoal::Meeting(calendar) => {
            let own = all().find(|index| stored[*index].calendar == *calendar);
            match own {
                Some(own) if is_live(own) && is_ours(own) => {
                    match all().find(|index| *index != own && is_live(*index)) {
                        Some(other) => PlanStep::Cancel(other, ours),
                        None if stored[own].event.slot_by == Some(ours.effect_key) => PlanStep::Check(own),
                        None => PlanStep::Kept(own),
                    }
                }
                _ if all().any(|index| is_ours(index) && !is_live(index)) => {
                    match all().find(|index| is_live(*index)) {
                        Some(live) => PlanStep::Cancel(live, ours),
                        None => PlanStep::Gone,
                    }
                }
                Some(own) if is_live(own) && stored[own].event.span.start > now => PlanStep::Rewrite(own),
                own => PlanStep::Book(own),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use engine::canonical::Digest;
    use engine::effect::DecisionOrder;
    use proptest::prelude::*;

    use super::*;
    use crate::caldav::slots::TimeSpan;

    fn mark(sequence: i64) -> DecisionMark {
        let order = DecisionOrder { incarnation: 0, lead_sequence: sequence };
        DecisionMark { effect_key: Digest::of(&sequence.to_be_bytes()), order }
    }

    fn stored(calendar: usize, sequence: i64, is_cancelled: bool) -> StoredEvent<()> {
        let start = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let span = TimeSpan { start, end: start + TimeDelta::minutes(30) };
        let event = CalendarEvent {
            span,
            is_cancelled,
            slot_by: Some(mark(sequence).effect_key),
            ..CalendarEvent::tombstone("x".into(), mark(sequence))
        };
        StoredEvent { calendar, event, at: () }
    }

    fn plan(stored: &[StoredEvent<()>], sequence: i64, goal: &MeetingGoal) -> PlanStep {
        next(stored, mark(sequence), goal, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn steps_of_a_meeting() {
        let goal = MeetingGoal::Meeting(0);
        assert_eq!(plan(&[], 1, &goal), PlanStep::Book(None));
        assert_eq!(plan(&[stored(0, 1, false)], 1, &goal), PlanStep::Check(0));
        assert_eq!(plan(&[stored(0, 1, false)], 2, &goal), PlanStep::Rewrite(0));
        assert_eq!(plan(&[stored(0, 1, true)], 2, &goal), PlanStep::Book(Some(0)));
        assert_eq!(plan(&[stored(0, 1, true)], 1, &goal), PlanStep::Gone);
        assert_eq!(plan(&[stored(0, 3, true)], 2, &goal), PlanStep::Superseded);
        assert_eq!(plan(&[stored(1, 1, false)], 2, &goal), PlanStep::Book(None));
        assert_eq!(plan(&[stored(1, 1, false), stored(0, 2, false)], 2, &goal), PlanStep::Cancel(0, mark(2)));
        let stray = [stored(1, 1, false), stored(0, 2, false)];
        assert_eq!(plan(&stray, 1, &MeetingGoal::Meeting(1)), PlanStep::Cancel(0, mark(2)));
        let later = DateTime::UNIX_EPOCH + TimeDelta::days(2);
        assert_eq!(next(&[stored(0, 1, false)], mark(2), &goal, later), PlanStep::Book(Some(0)));
    }

    #[test]
    fn steps_of_no_meeting() {
        let goal = MeetingGoal::Nothing(None);
        assert_eq!(plan(&[], 1, &goal), PlanStep::NoMeeting);
        assert_eq!(plan(&[], 2, &goal), PlanStep::Tombstone);
        assert_eq!(plan(&[stored(0, 1, false)], 2, &goal), PlanStep::Cancel(0, mark(2)));
        assert_eq!(plan(&[stored(0, 1, true)], 2, &goal), PlanStep::Cancel(0, mark(2)));
        assert_eq!(plan(&[stored(0, 2, true)], 2, &goal), PlanStep::NoMeeting);
        assert_eq!(plan(&[stored(0, 3, false)], 2, &goal), PlanStep::Superseded);
    }

    #[test]
    fn a_meeting_that_the_database_forgot_follows_the_next_incarnation() {
        let order = DecisionOrder { incarnation: 1, lead_sequence: 2 };
        let ours = DecisionMark { effect_key: Digest::of(b"after the restore"), order };
        let forgotten = [stored(0, 3, false)];
        let step = |goal| next(&forgotten, ours, &goal, DateTime::UNIX_EPOCH);
        assert_eq!(step(MeetingGoal::Meeting(0)), PlanStep::Rewrite(0));
        assert_eq!(step(MeetingGoal::Nothing(None)), PlanStep::Cancel(0, ours));
        let late = [StoredEvent { event: forgotten[0].event.cancelled(ours), ..forgotten[0].clone() }];
        assert_eq!(plan(&late, 4, &MeetingGoal::Meeting(0)), PlanStep::Superseded);
    }

    /// Applies a step as the server would.
    fn apply(
        stored: &mut Vec<StoredEvent<()>>,
        ours: DecisionMark,
        goal: &MeetingGoal,
        step: PlanStep,
    ) -> bool {
        let live = |stored: &mut Vec<StoredEvent<()>>, index: usize| {
            stored[index].event.is_cancelled = false;
            stored[index].event.mark = Some(ours);
        };
        match (step, goal) {
            (PlanStep::Rewrite(index) | PlanStep::Book(Some(index)), _) => live(stored, index),
            (PlanStep::Book(None), MeetingGoal::Meeting(calendar)) => {
                stored.push(self::stored(*calendar, ours.order.lead_sequence, false));
            }
            (PlanStep::Cancel(index, mark), _) => {
                stored[index].event = stored[index].event.cancelled(mark);
            }
            (PlanStep::Tombstone, _) => stored.push(self::stored(0, ours.order.lead_sequence, true)),
            _ => return false,
        }
        true
    }

    proptest! {
        #[test]
        fn the_last_decision_wins_in_any_order_and_after_any_kill(
            goals in prop::collection::vec(prop::option::of(0_usize..3), 1..4),
            turns in prop::collection::vec((0_usize..4, 0_usize..3), 0..12),
        ) {
            let mut all: Vec<StoredEvent<()>> = Vec::new();
            let goal = |index: usize| goals[index].map_or(MeetingGoal::Nothing(None), MeetingGoal::Meeting);
            let last = goals.len() - 1;
            let mut run = |index: usize, steps: usize| {
                let ours = mark(index as i64 + 1);
                for _ in 0..steps {
                    let step = plan(&all, ours.order.lead_sequence, &goal(index));
                    if !apply(&mut all, ours, &goal(index), step) {
                        return;
                    }
                }
            };
            // Each one starts and is killed after a step or two, in any order; then each one runs to completion.
            for (index, steps) in turns {
                run(index.min(last), steps);
            }
            for index in (0..=last).rev() {
                run(index, 10);
            }
            let live: Vec<_> = all.iter().filter(|stored| !stored.event.is_cancelled).collect();
            prop_assert_eq!(live.len(), usize::from(goals[last].is_some()));
            if let (Some(stored), Some(calendar)) = (live.first(), goals[last]) {
                prop_assert_eq!((stored.calendar, stored.event.mark), (calendar, Some(mark(last as i64 + 1))));
            }
        }
    }
}
