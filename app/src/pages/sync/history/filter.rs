//! The filters of the history, in the URL and on screen.

use leptos::prelude::*;
use store::sync::DestinationRecord;
use store::sync::history::{FinalState, HistoryFilter, KEY_DIGITS};

use crate::lists::HISTORY;
use crate::texts::texts;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::icon::{Icon, icon};
use crate::ui::table::ListOrder;
use crate::ui::titles;

/// Query parameters that hold the filters; the first selects the tab.
pub const NAMES: [&str; 4] = ["state", "destination", "lead", "key"];
/// Longest search text, in characters.
const TEXT_CHARS: usize = 200;

/// The parsed request for the list.
pub struct Asked {
    /// The filters as given in the URL.
    pub address: Address,
    /// The same filters, parsed. Invalid values are ignored.
    pub filter: HistoryFilter,
    /// Name of the selected destination.
    pub destination: Option<String>,
    /// The sort order.
    pub sorted: ListOrder,
}

impl Asked {
    /// Parses the filters from the URL.
    pub fn read(address: Address, destinations: &[DestinationRecord]) -> Self {
        let destination =
            address.get("destination").and_then(|name| destinations.iter().find(|known| known.name == name));
        let text = |name: &str| {
            let text: String =
                address.get(name)?.chars().filter(|c| !c.is_control()).take(TEXT_CHARS).collect();
            Some(text).filter(|text| !text.trim().is_empty())
        };
        let filter = HistoryFilter {
            destination: destination.map(DestinationRecord::id),
            state: address.parsed::<FinalState>("state"),
            lead: text("lead"),
            key: text("key"),
        };
        Self {
            filter,
            destination: destination.map(|known| known.name.clone()),
            sorted: ListOrder::read(&address, &["ended"]),
            address,
        }
    }

    /// Describes the active filters.
    pub fn chips(&self) -> Vec<Chip<String>> {
        let bare = self.address.start();
        let all = [
            (
                texts().history_column_destination(),
                "destination",
                self.destination.as_deref().map(titles::destination),
            ),
            (texts().history_lead(), "lead", self.filter.lead.clone()),
            (texts().history_key_starts(), "key", self.filter.key.clone()),
        ];
        all.into_iter()
            .filter_map(|(words, name, value)| {
                Some(Chip { name: words, value: value?, href: bare.without(&[name]).href() })
            })
            .collect()
    }
}

/// Renders the form of all filters, sent as a plain GET.
pub fn form(asked: &Asked, destinations: &[DestinationRecord]) -> impl IntoView + use<> {
    let choices: Vec<FilterOption> =
        destinations.iter().map(|known| (known.name.clone(), titles::destination(&known.name))).collect();
    let key = texts().history_find_key(KEY_DIGITS.to_string());
    view! {
        <form role="search" method="get" action=HISTORY.path>
            {asked.address.kept(&["state", "sort", "cols"])}
            <label class="search">
                {icon(Icon::Search)}
                <span class="sr">{texts().history_lead()}</span>
                <input class="field" type="search" name="lead" value=asked.filter.lead.clone() placeholder=texts().history_find_lead() maxlength="200" />
            </label>
            <input class="field" type="search" name="key" value=asked.filter.key.clone() placeholder=key aria-label=texts().history_key() maxlength="80" />
            {select(texts().history_column_destination(), "destination", texts().history_any_destination(), choices, asked.destination.as_deref())}
            <button class="btn">{texts().history_filter()}</button>
        </form>
    }
}
