//! Filters in the address: reading them, links that change one of them, and how they look.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::ui::icon::{Icon, icon};

/// A page's path with its filters, from which links to its neighbours are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    path: &'static str,
    pairs: Vec<(&'static str, String)>,
}

impl Address {
    /// The path with those of `names` that the query has, empty ones left out.
    pub fn read(path: &'static str, query: &ParamsMap, names: &[&'static str]) -> Self {
        let read = |name: &&'static str| {
            Some((*name, query.get(name)?.trim().to_owned())).filter(|(_, value)| !value.is_empty())
        };
        Self { path, pairs: names.iter().filter_map(read).collect() }
    }

    /// As [`Self::read`] for a list, which also has columns, an order and a place.
    pub fn of_list(path: &'static str, query: &ParamsMap, names: &[&'static str]) -> Self {
        let mut address = Self::read(path, query, &[names, &["sort", "before", "after"]].concat());
        // A form of check boxes sends the name once for each box.
        let columns = query.get_all("cols").unwrap_or_default().join(",");
        if !columns.is_empty() {
            address.pairs.push(("cols", columns));
        }
        address
    }

    /// The first page of the same list.
    pub fn start(&self) -> Self {
        self.without(&["before", "after"])
    }

    /// The names of what is in it.
    pub fn names(&self) -> Vec<&'static str> {
        self.pairs.iter().map(|(name, _)| *name).collect()
    }

    /// The path.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// A path without filters.
    pub fn new(path: &'static str) -> Self {
        Self { path, pairs: Vec::new() }
    }

    /// A filter's text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// A filter's value, when it is one.
    pub fn parsed<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }

    /// The same with a filter set.
    pub fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut changed = self.without(&[name]);
        changed.pairs.push((name, value.into()));
        changed
    }

    /// The same without some filters.
    pub fn without(&self, names: &[&str]) -> Self {
        let pairs = self.pairs.iter().filter(|(name, _)| !names.contains(name)).cloned().collect();
        Self { path: self.path, pairs }
    }

    /// Those of the filters that another page knows too.
    pub fn on(&self, path: &'static str, names: &[&str]) -> Self {
        let pairs = self.pairs.iter().filter(|(name, _)| names.contains(name)).cloned().collect();
        Self { path, pairs }
    }

    /// What stands after the question mark.
    pub fn query(&self) -> String {
        let pairs: Vec<String> = self
            .pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, QUERY_VALUE)))
            .collect();
        pairs.join("&")
    }

    /// As a link.
    pub fn href(&self) -> String {
        let query = self.query();
        if query.is_empty() { self.path.to_owned() } else { format!("{}?{query}", self.path) }
    }

    /// The same of another path.
    pub fn at(&self, path: &str) -> String {
        let query = self.query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Hidden inputs that keep everything but some.
    pub fn kept_but(&self, names: &[&str]) -> impl IntoView + use<> {
        let kept: Vec<&str> =
            self.pairs.iter().map(|(name, _)| *name).filter(|name| !names.contains(name)).collect();
        self.kept(&kept)
    }

    /// Hidden inputs that keep some filters when a form with others is sent.
    pub fn kept(&self, names: &[&str]) -> impl IntoView + use<> {
        let kept = self.pairs.iter().filter(|(name, _)| names.contains(name)).cloned();
        kept.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view()
    }
}

/// What is encoded in a query's value: all that is not unreserved (RFC 3986 §2.3).
pub const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An active filter.
pub struct Chip {
    /// Which filter.
    pub name: &'static str,
    /// What it is set to, in words.
    pub value: String,
    /// The page without it.
    pub href: String,
}

/// The active filters, each with its way out; nothing when there is none.
pub fn chips(chips: Vec<Chip>, cleared: String) -> impl IntoView {
    let several = chips.len() > 1;
    let one = |chip: Chip| {
        view! {
            <li>
                <a class="chip" href=chip.href>
                    <span class="quiet">{chip.name}</span><span class="clip">{chip.value}</span>{icon(Icon::Cross)}
                    <span class="sr">"Remove this filter"</span>
                </a>
            </li>
        }
    };
    (!chips.is_empty()).then(|| {
        view! {
            <ul class="chips" aria-label="Active filters">
                {chips.into_iter().map(one).collect_view()}
                {several.then(|| view! { <li><a class="btn plain" href=cleared>"Clear all"</a></li> })}
            </ul>
        }
    })
}

/// One choice of a [`select`]: its value in the address and its words.
pub type Choice = (String, String);

/// A select of a filter form; the first choice is no filter.
pub fn select(
    label: &'static str,
    name: &'static str,
    none: &'static str,
    choices: Vec<Choice>,
    chosen: Option<&str>,
) -> impl IntoView + use<> {
    let chosen = chosen.map(str::to_owned);
    let option = |(value, words): Choice| {
        let selected = chosen.as_ref() == Some(&value);
        view! { <option value=value selected=selected>{words}</option> }
    };
    view! {
        <select class="field" name=name aria-label=label>
            <option value="">{none}</option>
            {choices.into_iter().map(option).collect_view()}
        </select>
    }
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
