//! The filters of the list, in the URL and on screen.

use leptos::prelude::*;
use store::sync::{DeadEffectFilter, DestinationRecord, UnfinishedFilter, UnfinishedState};
use strum::VariantArray as _;

use crate::lists::EFFECTS;
use crate::texts::texts;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::icon::{Icon, icon};
use crate::ui::table::ListOrder;
use crate::ui::titles;

/// Query parameters that hold the filters; the first selects the tab.
pub const NAMES: [&str; 3] = ["state", "destination", "error"];
/// Longest search text, in characters.
const TEXT_CHARS: usize = 200;

/// The parsed request for the list.
pub struct EffectListQuery {
    /// The filters as given in the URL.
    pub address: Address,
    /// The same filters, parsed. Invalid values are ignored.
    pub filter: UnfinishedFilter,
    /// Name of the selected destination.
    pub destination: Option<String>,
    /// The sort order.
    pub sorted: ListOrder,
}

impl EffectListQuery {
    /// Parses the filters from the URL.
    pub fn read(address: Address, destinations: &[DestinationRecord]) -> Self {
        let destination =
            address.get("destination").and_then(|name| destinations.iter().find(|known| known.name == name));
        let error = address
            .get("error")
            .map(|text| text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS).collect::<String>());
        let filter = UnfinishedFilter {
            destination: destination.map(DestinationRecord::id),
            state: address.get("state").and_then(state_named),
            error: error.filter(|text| !text.is_empty()),
        };
        Self {
            filter,
            destination: destination.map(|known| known.name.clone()),
            sorted: ListOrder::read(&address, &["decided"]),
            address,
        }
    }

    /// Returns the filter for retrying the failed effects among them.
    pub fn dead(&self) -> DeadEffectFilter {
        DeadEffectFilter { destination: self.filter.destination, error: self.filter.error.clone() }
    }

    /// Returns whether the list includes actions to this destination.
    pub fn is_of(&self, destination: uuid::Uuid) -> bool {
        self.filter.destination.is_none_or(|asked| asked.0 == destination)
    }

    /// Describes the active filters.
    pub fn chips(&self) -> Vec<Chip<String>> {
        let bare = self.address.start();
        let all = [
            (
                texts().unfinished_column_destination(),
                "destination",
                self.destination.as_deref().map(titles::destination),
            ),
            (texts().unfinished_error_contains(), "error", self.filter.error.clone()),
        ];
        all.into_iter()
            .filter_map(|(words, name, value)| {
                Some(Chip { name: words, value: value?, href: bare.without(&[name]).href() })
            })
            .collect()
    }
}

/// Returns the name of a state in URLs, which is the one that pages show.
pub fn state_name(state: UnfinishedState) -> &'static str {
    match state {
        UnfinishedState::Ready => "waiting",
        UnfinishedState::Running => "sending",
        UnfinishedState::Dead => "failed",
        UnfinishedState::Expired => "expired",
    }
}

/// Returns the state with a name. The names in the database work as well, since saved views and bookmarks have them.
fn state_named(name: &str) -> Option<UnfinishedState> {
    let known = UnfinishedState::VARIANTS.iter().copied().find(|state| state_name(*state) == name);
    known.or_else(|| name.parse().ok())
}

/// Renders the form of all filters, sent as a plain GET.
pub fn form(asked: &EffectListQuery, destinations: &[DestinationRecord]) -> impl IntoView + use<> {
    let choices: Vec<FilterOption> =
        destinations.iter().map(|known| (known.name.clone(), titles::destination(&known.name))).collect();
    view! {
        <form role="search" method="get" action=EFFECTS.path>
            {asked.address.kept(&["state", "sort", "cols"])}
            <label class="search">
                {icon(Icon::Search)}
                <span class="sr">{texts().unfinished_find_error()}</span>
                <input class="field" type="search" name="error" value=asked.filter.error.clone() placeholder=texts().unfinished_find_error() maxlength="200" />
            </label>
            {select(texts().unfinished_column_destination(), "destination", texts().unfinished_any_destination(), choices, asked.destination.as_deref())}
            <button class="btn">{texts().unfinished_filter()}</button>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_found_by_both_names() {
        for state in UnfinishedState::VARIANTS {
            assert_eq!(state_named(state_name(*state)), Some(*state));
            assert_eq!(state_named(state.into()), Some(*state));
        }
        assert_eq!(state_named("gone"), None);
    }
}
