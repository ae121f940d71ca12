//! The properties that must hold in every state, and the states that must be reachable for the properties to
//! mean anything.

use stateright::Property;

use crate::protocol::Protocol;
use crate::state::{EFFECTS, Row, State};

pub const REFUSED: &str = "a finish counts only under the lease that holds the row";
pub const ONCE: &str = "each effect counts once, at the destination and in the log";
pub const TRUE: &str = "effects reported as delivered have arrived and left the outbox";
pub const ORDERED: &str = "the earlier of one lead arrives first, and nothing goes back";
pub const NOT_LOST: &str = "in the end nothing waits";

/// Returns all properties.
pub fn promises() -> Vec<Property<Protocol>> {
    vec![
        Property::always(REFUSED, |_, state: &State| !state.stale_counted),
        Property::always(ONCE, |_, state: &State| {
            (0..EFFECTS).all(|effect| {
                state.arrived.iter().filter(|arrived| **arrived == effect).count() <= 1
                    && state.delivered[effect] <= 1
            })
        }),
        Property::always(TRUE, |_, state: &State| {
            (0..EFFECTS).all(|effect| {
                (state.rows[effect] == Row::Closed) == (state.delivered[effect] == 1)
                    && (state.delivered[effect] == 0 || state.arrived.contains(&effect))
            })
        }),
        Property::always(ORDERED, |protocol: &Protocol, state: &State| {
            // An effect that a person has to look at may have arrived after all, later than its successors.
            let overtaken =
                state.arrived.first() == Some(&1) && !matches!(state.rows[0], Row::Dead) && protocol.one_lead;
            !overtaken && !state.went_back
        }),
        Property::eventually(NOT_LOST, |_, state: &State| {
            state.rows.iter().all(|row| matches!(row, Row::Closed | Row::Dead))
        }),
        Property::sometimes("a finish is refused", |_, state: &State| state.stale_refused),
        Property::sometimes("a write comes late", |_, state: &State| state.came_late),
        Property::sometimes("both arrive after all that can go wrong", |_, state: &State| {
            state.faults == 0 && state.rows == [Row::Closed; EFFECTS]
        }),
        Property::sometimes("one dies and the other arrives", |_, state: &State| {
            state.rows == [Row::Dead, Row::Closed]
        }),
    ]
}
