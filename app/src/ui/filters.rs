//! Filters in the address: reading them, links that change them, and how they look.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::texts::texts;
use crate::ui::icon::{Icon, icon};

/// A page's path with its filters, from which links with other filters are built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    path: &'static str,
    pairs: Vec<(&'static str, String)>,
}

impl Address {
    /// Reads the filters in `names` from the query and skips empty ones.
    pub fn read(path: &'static str, query: &ParamsMap, names: &[&'static str]) -> Self {
        let read = |name: &&'static str| {
            Some((*name, query.get(name)?.trim().to_owned())).filter(|(_, value)| !value.is_empty())
        };
        Self { path, pairs: names.iter().filter_map(read).collect() }
    }

    /// Like [`Self::read`], for a list, which also has columns, an order and a cursor.
    pub fn of_list(path: &'static str, query: &ParamsMap, names: &[&'static str]) -> Self {
        let mut address = Self::read(path, query, &[names, &["sort", "before", "after"]].concat());
        // A form of check boxes sends the name once for each box.
        let columns = query.get_all("cols").unwrap_or_default().join(",");
        if !columns.is_empty() {
            address.pairs.push(("cols", columns));
        }
        address
    }

    /// Returns the first page of the same list.
    pub fn start(&self) -> Self {
        self.without(&["before", "after"])
    }

    /// Returns the names of the filters that are set.
    pub fn names(&self) -> Vec<&'static str> {
        self.pairs.iter().map(|(name, _)| *name).collect()
    }

    /// Returns the path.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Creates an address without filters.
    pub fn new(path: &'static str) -> Self {
        Self { path, pairs: Vec::new() }
    }

    /// Returns a filter's text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Returns a filter's value if it parses.
    pub fn parsed<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }

    /// Returns the address with a filter set.
    pub fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut changed = self.without(&[name]);
        changed.pairs.push((name, value.into()));
        changed
    }

    /// Returns the address without some filters.
    pub fn without(&self, names: &[&str]) -> Self {
        let pairs = self.pairs.iter().filter(|(name, _)| !names.contains(name)).cloned().collect();
        Self { path: self.path, pairs }
    }

    /// Returns another page's address with the filters that both pages share.
    pub fn on(&self, path: &'static str, names: &[&str]) -> Self {
        let pairs = self.pairs.iter().filter(|(name, _)| names.contains(name)).cloned().collect();
        Self { path, pairs }
    }

    /// Returns the query string.
    pub fn query(&self) -> String {
        let pairs: Vec<String> = self
            .pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, QUERY_VALUE)))
            .collect();
        pairs.join("&")
    }

    /// Returns the address as a link.
    pub fn href(&self) -> String {
        let query = self.query();
        if query.is_empty() { self.path.to_owned() } else { format!("{}?{query}", self.path) }
    }

    /// Returns a link to another path with the same query.
    pub fn at(&self, path: &str) -> String {
        let query = self.query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Renders hidden inputs for all filters except `names`.
    pub fn hidden_inputs_except(&self, names: &[&str]) -> impl IntoView + use<> {
        let kept: Vec<&str> =
            self.pairs.iter().map(|(name, _)| *name).filter(|name| !names.contains(name)).collect();
        self.kept(&kept)
    }

    /// Renders hidden inputs that preserve some filters when a form with others is sent.
    pub fn kept(&self, names: &[&str]) -> impl IntoView + use<> {
        let kept = self.pairs.iter().filter(|(name, _)| names.contains(name)).cloned();
        kept.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view()
    }
}

/// Characters to encode in a query value: everything except the unreserved ones (RFC 3986 §2.3).
pub const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An active filter.
pub struct Chip<Name = &'static str> {
    /// The filter's label.
    pub name: Name,
    /// The filter's value in words.
    pub value: String,
    /// The page without the filter.
    pub href: String,
}

/// Renders the active filters, each with a link that removes it.
pub fn chips<Name: IntoView + 'static>(chips: Vec<Chip<Name>>, cleared: String) -> impl IntoView + use<Name> {
    let several = chips.len() > 1;
    let one = |chip: Chip<Name>| {
        view! {
            <li>
                <a class="chip" href=chip.href>
                    <span class="quiet">{chip.name}</span><span class="clip">{chip.value}</span>{icon(Icon::Cross)}
                    <span class="sr">{texts().filters_remove()}</span>
                </a>
            </li>
        }
    };
    (!chips.is_empty()).then(|| {
        view! {
            <ul class="chips" aria-label=texts().filters_active()>
                {chips.into_iter().map(one).collect_view()}
                {several.then(|| view! { <li><a class="btn plain" href=cleared>{texts().filters_clear()}</a></li> })}
            </ul>
        }
    })
}

/// An option of a [`select`]: its value in the address and its label.
pub type FilterOption = (String, String);

/// Renders a select of a filter form; the first option means no filter.
pub fn select(
    label: impl Into<Oco<'static, str>>,
    name: &'static str,
    none: impl Into<Oco<'static, str>>,
    choices: Vec<FilterOption>,
    chosen: Option<&str>,
) -> AnyView {
    let (label, none) = (label.into(), none.into());
    let chosen = chosen.map(str::to_owned);
    let option = |(value, words): FilterOption| {
        let selected = chosen.as_ref() == Some(&value);
        view! { <option value=value selected=selected>{words}</option> }
    };
    view! {
        <select class="field" name=name aria-label=label>
            <option value="">{none}</option>
            {choices.into_iter().map(option).collect_view()}
        </select>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        let mut query = ParamsMap::new();
        for (name, value) in [("q", " Åsa & Co "), ("stage", ""), ("evil", "x"), ("action", "hold")] {
            query.insert(name, value.to_owned());
        }
        Address::read("/leads", &query, &["q", "action", "stage"])
    }

    #[test]
    fn an_address_keeps_what_it_knows_and_is_encoded() {
        assert_eq!(address().href(), "/leads?q=%C3%85sa%20%26%20Co&action=hold");
        assert_eq!(address().parsed::<engine::action::Action>("action"), Some(engine::action::Action::Hold));
        assert_eq!(address().parsed::<engine::action::Action>("q"), None);
    }

    #[test]
    fn a_list_has_columns_an_order_and_a_place() {
        let mut query = ParamsMap::new();
        for (name, value) in [("cols", "lead"), ("cols", "stage"), ("before", "7"), ("sort", "first")] {
            query.insert(name, value.to_owned());
        }
        let address = Address::of_list("/leads", &query, &["q"]);
        assert_eq!(address.start().href(), "/leads?sort=first&cols=lead%2Cstage");
        assert_eq!(address.at("/leads.csv"), "/leads.csv?sort=first&before=7&cols=lead%2Cstage");
    }

    #[test]
    fn one_filter_changes_and_the_others_stay() {
        assert_eq!(address().with("action", "assign").href(), "/leads?q=%C3%85sa%20%26%20Co&action=assign");
        assert_eq!(address().without(&["q", "action"]).href(), "/leads");
        assert_eq!(address().on("/dashboard", &["action"]).href(), "/dashboard?action=hold");
    }
}
