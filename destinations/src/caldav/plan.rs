//! What to do next about a meeting, from what stands in the calendars. Pure; asked again after every step, so that whoever
//! was killed between two steps, or was overtaken, is brought to the same end by the next look.

use chrono::{DateTime, Utc};

use super::event::{Event, Mark};

/// An event of a lead, as it was found.
#[derive(Clone, Debug)]
pub struct Standing<R> {
    /// Which calendar it is in, by number.
    pub calendar: usize,
    /// What it says.
    pub event: Event,
    /// Where it is, for whoever writes it.
    pub at: R,
}

/// What a decision asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A meeting in the calendar of this number.
    Meeting(usize),
    /// None. Where one was asked for and cannot be, the reason.
    Nothing(Option<String>),
}

/// The next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A later decision has been carried out.
    Superseded,
    /// All is as it should be, without a meeting.
    NoMeeting,
    /// One was made by this very decision and is there no longer: somebody cancelled it, or there was no time for it.
    Gone,
    /// All is as it should be with this meeting.
    Stands(usize),
    /// This meeting's time was chosen by this very decision: see whether somebody took it at the same moment.
    Check(usize),
    /// This one is written again at its time.
    Keep(usize),
    /// A time has to be found, for a new event or for this one.
    Book(Option<usize>),
    /// This one is cancelled in the name of that decision.
    Cancel(usize, Mark),
    /// Nothing stands, and something has to say that none is wanted.
    Tombstone,
}

/// Decides the next step of the decision `ours`.
///
/// * The highest sequence counts. A later decision's meeting in one calendar and an older one's in another are both
///   seen: whoever wrote last looks last, and cancels the older one.
/// * A meeting that is not wanted is cancelled and kept, so that an older decision that comes late finds the later
///   sequence. Where nothing stands, an event that only bears the sequence is left ([`Step::Tombstone`]), unless the
///   decision is the lead's first: nothing older can come then, and most leads that get no meeting never had one.
pub fn next<R>(standing: &[Standing<R>], ours: Mark, wish: &Wish, now: DateTime<Utc>) -> Step {
    let sequence = |index: usize| standing[index].event.mark.map_or(i64::MIN, |mark| mark.lead_sequence);
    let is_ours =
        |index: usize| standing[index].event.mark.is_some_and(|mark| mark.effect_key == ours.effect_key);
    let is_live = |index: usize| !standing[index].event.is_cancelled;
    let all = || 0..standing.len();
    let newest = all().max_by_key(|index| (sequence(*index), is_live(*index)));
    if let Some(later) = newest.and_then(|index| standing[index].event.mark)
        && later.lead_sequence > ours.lead_sequence
    {
        let stray = all().find(|index| is_live(*index) && is_ours(*index));
        return stray.map_or(Step::Superseded, |stray| Step::Cancel(stray, later));
    }
    match wish {
        Wish::Nothing(_) => match all().find(|index| is_live(*index)).or(newest) {
            Some(index) if is_live(index) || !is_ours(index) => Step::Cancel(index, ours),
            Some(_) => Step::NoMeeting,
            None if ours.lead_sequence > 1 => Step::Tombstone,
            None => Step::NoMeeting,
        },
        Wish::Meeting(calendar) => {
            let own = all().find(|index| standing[*index].calendar == *calendar);
            match own {
                Some(own) if is_live(own) && is_ours(own) => {
                    match all().find(|index| *index != own && is_live(*index)) {
                        Some(other) => Step::Cancel(other, ours),
                        None if standing[own].event.slot_by == Some(ours.effect_key) => Step::Check(own),
                        None => Step::Stands(own),
                    }
                }
                _ if all().any(|index| is_ours(index) && !is_live(index)) => {
                    match all().find(|index| is_live(*index)) {
                        Some(live) => Step::Cancel(live, ours),
                        None => Step::Gone,
                    }
                }
                Some(own) if is_live(own) && standing[own].event.span.start > now => Step::Keep(own),
                own => Step::Book(own),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use engine::canonical::Digest;
    use proptest::prelude::*;

    use super::*;
    use crate::caldav::slots::Span;

    fn mark(sequence: i64) -> Mark {
        Mark { effect_key: Digest::of(&sequence.to_be_bytes()), lead_sequence: sequence }
    }

    fn standing(calendar: usize, sequence: i64, is_cancelled: bool) -> Standing<()> {
        let start = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let span = Span { start, end: start + TimeDelta::minutes(30) };
        let event = Event {
            span,
            is_cancelled,
            slot_by: Some(mark(sequence).effect_key),
            ..Event::tombstone("x".into(), mark(sequence))
        };
        Standing { calendar, event, at: () }
    }

    fn plan(standing: &[Standing<()>], sequence: i64, wish: &Wish) -> Step {
        next(standing, mark(sequence), wish, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn steps_of_a_meeting() {
        let wish = Wish::Meeting(0);
        assert_eq!(plan(&[], 1, &wish), Step::Book(None));
        assert_eq!(plan(&[standing(0, 1, false)], 1, &wish), Step::Check(0));
        assert_eq!(plan(&[standing(0, 1, false)], 2, &wish), Step::Keep(0));
        assert_eq!(plan(&[standing(0, 1, true)], 2, &wish), Step::Book(Some(0)));
        assert_eq!(plan(&[standing(0, 1, true)], 1, &wish), Step::Gone);
        assert_eq!(plan(&[standing(0, 3, true)], 2, &wish), Step::Superseded);
        assert_eq!(plan(&[standing(1, 1, false)], 2, &wish), Step::Book(None));
        assert_eq!(plan(&[standing(1, 1, false), standing(0, 2, false)], 2, &wish), Step::Cancel(0, mark(2)));
        let stray = [standing(1, 1, false), standing(0, 2, false)];
        assert_eq!(plan(&stray, 1, &Wish::Meeting(1)), Step::Cancel(0, mark(2)));
        let later = DateTime::UNIX_EPOCH + TimeDelta::days(2);
        assert_eq!(next(&[standing(0, 1, false)], mark(2), &wish, later), Step::Book(Some(0)));
    }

    #[test]
    fn steps_of_no_meeting() {
        let wish = Wish::Nothing(None);
        assert_eq!(plan(&[], 1, &wish), Step::NoMeeting);
        assert_eq!(plan(&[], 2, &wish), Step::Tombstone);
        assert_eq!(plan(&[standing(0, 1, false)], 2, &wish), Step::Cancel(0, mark(2)));
        assert_eq!(plan(&[standing(0, 1, true)], 2, &wish), Step::Cancel(0, mark(2)));
        assert_eq!(plan(&[standing(0, 2, true)], 2, &wish), Step::NoMeeting);
        assert_eq!(plan(&[standing(0, 3, false)], 2, &wish), Step::Superseded);
    }

    /// Carries a step out as the server would.
    fn apply(standing: &mut Vec<Standing<()>>, ours: Mark, wish: &Wish, step: Step) -> bool {
        let live = |standing: &mut Vec<Standing<()>>, index: usize| {
            standing[index].event.is_cancelled = false;
            standing[index].event.mark = Some(ours);
        };
        match (step, wish) {
            (Step::Keep(index) | Step::Book(Some(index)), _) => live(standing, index),
            (Step::Book(None), Wish::Meeting(calendar)) => {
                standing.push(self::standing(*calendar, ours.lead_sequence, false));
            }
            (Step::Cancel(index, mark), _) => {
                standing[index].event = standing[index].event.cancelled(mark);
            }
            (Step::Tombstone, _) => standing.push(self::standing(0, ours.lead_sequence, true)),
            _ => return false,
        }
        true
    }

    proptest! {
        #[test]
        fn whatever_the_order_and_whoever_is_killed_the_last_decision_stands(
            wishes in prop::collection::vec(prop::option::of(0_usize..3), 1..4),
            turns in prop::collection::vec((0_usize..4, 0_usize..3), 0..12),
        ) {
            let mut all: Vec<Standing<()>> = Vec::new();
            let wish = |index: usize| wishes[index].map_or(Wish::Nothing(None), Wish::Meeting);
            let last = wishes.len() - 1;
            let mut run = |index: usize, steps: usize| {
                let ours = mark(index as i64 + 1);
                for _ in 0..steps {
                    let step = plan(&all, ours.lead_sequence, &wish(index));
                    if !apply(&mut all, ours, &wish(index), step) {
                        return;
                    }
                }
            };
            // Any of them begins and is killed after a step or two, in any order; then each is brought to its end.
            for (index, steps) in turns {
                run(index.min(last), steps);
            }
            for index in (0..=last).rev() {
                run(index, 10);
            }
            let live: Vec<_> = all.iter().filter(|standing| !standing.event.is_cancelled).collect();
            prop_assert_eq!(live.len(), usize::from(wishes[last].is_some()));
            if let (Some(standing), Some(calendar)) = (live.first(), wishes[last]) {
                prop_assert_eq!((standing.calendar, standing.event.mark), (calendar, Some(mark(last as i64 + 1))));
            }
        }
    }
}
