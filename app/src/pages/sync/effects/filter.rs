//! What the list can be narrowed to, in the address and on screen.

use leptos::prelude::*;
use store::sync::{DeadFilter, DestinationRecord, UnfinishedFilter, UnfinishedState};

use crate::lists::EFFECTS;
use crate::ui::filters::{Address, Chip, Choice, select};
use crate::ui::icon::{Icon, icon};
use crate::ui::table::Sorted;
use crate::ui::titles;

/// The names of all filters in the address; the first is the tab that is open.
pub const NAMES: [&str; 3] = ["state", "destination", "error"];
/// Characters of a text to look for.
const TEXT_CHARS: usize = 200;

/// What was asked for.
pub struct Asked {
    /// The filters as they stand in the address.
    pub address: Address,
    /// The same, understood. What is not understood does not filter.
    pub filter: UnfinishedFilter,
    /// The destination's name.
    pub destination: Option<String>,
    /// How it is sorted.
    pub sorted: Sorted,
}

impl Asked {
    /// Reads the address.
    pub fn read(address: Address, destinations: &[DestinationRecord]) -> Self {
        let destination =
            address.get("destination").and_then(|name| destinations.iter().find(|known| known.name == name));
        let error = address
            .get("error")
            .map(|text| text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS).collect::<String>());
        let filter = UnfinishedFilter {
            destination: destination.map(DestinationRecord::id),
            state: address.parsed::<UnfinishedState>("state"),
            error: error.filter(|text| !text.is_empty()),
        };
        Self {
            filter,
            destination: destination.map(|known| known.name.clone()),
            sorted: Sorted::read(&address, &["decided"]),
            address,
        }
    }

    /// The failed ones among them, as trying them again names them.
    pub fn dead(&self) -> DeadFilter {
        DeadFilter { destination: self.filter.destination, error: self.filter.error.clone() }
    }

    /// The active filters, in words.
    pub fn chips(&self) -> Vec<Chip> {
        let bare = self.address.start();
        let all = [
            ("To", "destination", self.destination.as_deref().map(titles::destination)),
            ("Error contains", "error", self.filter.error.clone()),
        ];
        all.into_iter()
            .filter_map(|(words, name, value)| {
                Some(Chip { name: words, value: value?, href: bare.without(&[name]).href() })
            })
            .collect()
    }
}

/// The form of all filters; a plain GET.
pub fn form(asked: &Asked, destinations: &[DestinationRecord]) -> impl IntoView + use<> {
    let choices: Vec<Choice> =
        destinations.iter().map(|known| (known.name.clone(), titles::destination(&known.name))).collect();
    view! {
        <form role="search" method="get" action=EFFECTS.path>
            {asked.address.kept(&["state", "sort", "cols"])}
            <label class="search">
                {icon(Icon::Search)}
                <span class="sr">"Last error contains"</span>
                <input class="field" type="search" name="error" value=asked.filter.error.clone() placeholder="Last error contains" maxlength="200" />
            </label>
            {select("Destination", "destination", "Any destination", choices, asked.destination.as_deref())}
            <button class="btn">"Filter"</button>
        </form>
    }
}
