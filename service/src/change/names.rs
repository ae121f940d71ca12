//! The names of people in content. Content has their e-mail addresses; pages show names.

use std::collections::BTreeMap;

use engine::change::{Difference, Kind, KnownPerson, assignees};
use serde_json::Value as Json;
use store::reads::frame::names_of;
use store::{Result, Store};

/// Names by e-mail address.
#[derive(Clone, Debug, Default)]
pub struct AssigneeNames(BTreeMap<String, String>);

impl AssigneeNames {
    /// Loads the names of the people that content of a kind hands leads to.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn load(store: &Store, kind: Kind, bodies: impl IntoIterator<Item = &Json>) -> Result<Self> {
        let named = bodies.into_iter().flat_map(|body| assignees(kind, body));
        let emails: Vec<String> = named.map(|assignee| assignee.email).collect();
        Ok(Self(names_of(store, &emails).await?))
    }

    /// Returns a person's name; an address without a person is returned unchanged.
    pub fn of<'a>(&'a self, email: &'a str) -> &'a str {
        self.0.get(email).map_or(email, String::as_str)
    }

    /// Returns a text with names in place of addresses.
    pub fn text(&self, text: &str) -> String {
        // Longer addresses first, since one can end with another.
        let mut known: Vec<(&String, &String)> = self.0.iter().collect();
        known.sort_by_key(|(email, _)| std::cmp::Reverse(email.len()));
        known.into_iter().fold(text.to_owned(), |text, (email, name)| text.replace(email.as_str(), name))
    }

    /// Returns a difference with names in place of addresses.
    pub fn difference(&self, mut difference: Difference) -> Difference {
        if self.0.is_empty() {
            return difference;
        }
        // A noun and the address.
        let person = difference.subject.split_once(' ').and_then(|(_, email)| self.0.get(email));
        if let Some(name) = person {
            difference.subject.clone_from(name);
        }
        for value in [&mut difference.before, &mut difference.after].into_iter().flatten() {
            *value = self.text(value);
        }
        difference
    }
}

impl From<&BTreeMap<String, KnownPerson>> for AssigneeNames {
    fn from(people: &BTreeMap<String, KnownPerson>) -> Self {
        Self(people.iter().map(|(email, person)| (email.clone(), person.name.clone())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_names() {
        let names = AssigneeNames(BTreeMap::from([
            ("ann@a.example".to_owned(), "Ann Lee".to_owned()),
            ("joann@a.example".to_owned(), "Jo Ann".to_owned()),
        ]));
        assert_eq!(
            names.text("person: joann@a.example, ann@a.example, x@a.example"),
            "person: Jo Ann, Ann Lee, x@a.example"
        );
        assert_eq!((names.of("ann@a.example"), names.of("x@a.example")), ("Ann Lee", "x@a.example"));
    }
}
